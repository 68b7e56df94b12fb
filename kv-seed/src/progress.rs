//! What the user sees while a long step runs: a bar on a terminal, a line every five seconds elsewhere.

use std::io::IsTerminal;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The console of one run. Everything goes to standard error.
pub struct Console {
    mode: Mode,
    bar: ProgressBar,
    step: String,
    total: u64,
    spoken: DateTime<Utc>,
}

#[derive(PartialEq)]
enum Mode {
    Terminal,
    Plain,
    Silent,
}

impl Console {
    /// A console that draws on a terminal and writes plain lines elsewhere.
    pub fn stderr() -> Self {
        Self::new(if std::io::stderr().is_terminal() { Mode::Terminal } else { Mode::Plain })
    }

    /// A console that says nothing.
    pub fn silent() -> Self {
        Self::new(Mode::Silent)
    }

    fn new(mode: Mode) -> Self {
        Self { mode, bar: ProgressBar::hidden(), step: String::new(), total: 0, spoken: Utc::now() }
    }

    /// Begins a step of `total` units.
    pub fn start(&mut self, step: &str, total: u64) {
        step.clone_into(&mut self.step);
        self.total = total;
        self.spoken = Utc::now();
        if self.mode == Mode::Terminal {
            let style = ProgressStyle::with_template("{msg:32} {wide_bar} {percent:>3} % {eta:>4}");
            self.bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(step.to_owned());
        } else {
            self.line(step);
        }
    }

    /// The step has done `position` units.
    pub fn advance_to(&mut self, position: u64) {
        self.bar.set_position(position);
        if self.mode == Mode::Plain && Utc::now().signed_duration_since(self.spoken) > TimeDelta::seconds(5) {
            self.spoken = Utc::now();
            let percent = position.saturating_mul(100).checked_div(self.total).unwrap_or(100);
            self.line(&format!("{}: {percent} %", self.step));
        }
    }

    /// Ends the step.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
    }

    /// Writes a line above the bar.
    pub fn line(&self, text: &str) {
        if self.mode != Mode::Silent {
            self.bar.suspend(|| eprintln!("{text}"));
        }
    }
}
