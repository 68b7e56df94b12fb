//! Bad rows: each is said once, with file, line and reason, and counted.

use crate::progress::Console;

/// Problems kept in memory for whoever asks afterwards; the rest are only said and counted.
const KEPT: usize = 1_000;

/// Where a row came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Index of the file in the report.
    pub file: u32,
    /// Line, from 1.
    pub line: u64,
}

/// Everything that was wrong with the input.
pub struct Report {
    console: Console,
    files: Vec<String>,
    errors: u64,
    warnings: u64,
    kept: Vec<String>,
}

impl Report {
    /// An empty report that says each problem on `console`.
    pub fn new(console: Console) -> Self {
        Self { console, files: Vec::new(), errors: 0, warnings: 0, kept: Vec::new() }
    }

    /// Registers a file under the name problems are reported with.
    pub fn file(&mut self, name: &str) -> u32 {
        self.files.push(name.to_owned());
        u32::try_from(self.files.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The name of a registered file.
    pub fn name(&self, file: u32) -> &str {
        usize::try_from(file).ok().and_then(|index| self.files.get(index)).map_or("?", String::as_str)
    }

    /// A row that is left out.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn error(&mut self, origin: Origin, reason: impl ToString) {
        self.errors = self.errors.saturating_add(1);
        self.say(origin, "", &reason.to_string());
    }

    /// Something the user should look at; nothing is left out.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn warning(&mut self, origin: Origin, reason: impl ToString) {
        self.warnings = self.warnings.saturating_add(1);
        self.say(origin, "warning: ", &reason.to_string());
    }

    fn say(&mut self, origin: Origin, prefix: &str, reason: &str) {
        let text = format!("{}:{}: {prefix}{reason}", self.name(origin.file), origin.line);
        self.console.line(&text);
        if self.kept.len() < KEPT {
            self.kept.push(text);
        }
    }

    /// Rows left out.
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Things to look at.
    pub fn warnings(&self) -> u64 {
        self.warnings
    }

    /// The first problems, as they were said: `parts.csv:3: reason`.
    pub fn problems(&self) -> &[String] {
        &self.kept
    }

    /// Where progress is shown.
    pub fn console(&mut self) -> &mut Console {
        &mut self.console
    }
}
