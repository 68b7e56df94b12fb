//! Finds a shorter history that fails too.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::plan::{Setup, Step};
use crate::world::{self, Failure};

/// How long to look.
const PATIENCE: Duration = Duration::from_mins(1);

/// The seed, the shortest history that could be found, and what was delivered in it.
pub fn report(setup: &Setup, steps: &[Step], failure: &Failure) -> String {
    let (steps, failure) = shortest(setup, steps, failure);
    let mut text = format!("seed {}: {}\n{setup:?}\n{} steps:\n", setup.seed, failure.why, steps.len());
    for step in &steps {
        let _ = writeln!(text, "{:>9} #{} {:?}", step.at, step.number, step.wish);
    }
    let tail = failure.log.len().saturating_sub(200);
    let _ = writeln!(text, "delivered:\n{}", failure.log[tail..].join("\n"));
    text
}

/// Leaves out what came after the failure, then ever smaller parts as long as something fails (Zeller, Hildebrandt:
/// "Simplifying and isolating failure-inducing input", 2002).
fn shortest(setup: &Setup, steps: &[Step], failure: &Failure) -> (Vec<Step>, Failure) {
    let until = Instant::now() + PATIENCE;
    let mut best: Vec<Step> = steps.iter().filter(|step| step.at <= failure.at).cloned().collect();
    if world::play(setup, &best, false).is_ok() {
        best = steps.to_vec();
    }
    let mut size = best.len() / 2;
    while size > 0 && Instant::now() < until {
        let (mut from, mut shorter) = (0, false);
        while from < best.len() && Instant::now() < until {
            let mut rest = best.clone();
            rest.drain(from..(from + size).min(best.len()));
            if world::play(setup, &rest, false).is_err() {
                (best, shorter) = (rest, true);
            } else {
                from += size;
            }
        }
        size = if size == 1 && shorter { 1 } else { size / 2 };
    }
    match world::play(setup, &best, true) {
        Err(failure) => (best, failure),
        Ok(_) => (best, Failure { at: failure.at, why: failure.why.clone(), log: vec![] }),
    }
}
