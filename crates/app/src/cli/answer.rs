//! What the terminal program says: one JSON document or text on standard output, errors on standard error, one exit code.

use std::io::{self, IsTerminal, Write};

use engine::{Error, Kind};
use serde::Serialize;

/// How the program ended, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; waiting for a person counts as done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong use, or not confirmed.
    Usage = 2,
    /// Some of several failed or were blocked.
    Partly = 3,
}

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// JSON instead of text.
    pub json: bool,
}

impl Answer {
    /// The whole answer: `value` as one JSON document, or what `text` makes of it.
    pub fn give<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> Result<(), Error> {
        let mut page = if self.json { serde_json::to_string_pretty(value).map_err(|error| unwritable(&error))? } else { text(value) };
        if !page.is_empty() && !page.ends_with('\n') {
            page.push('\n');
        }
        print(&page)
    }

    /// A line beside the answer: on standard error, and only for people.
    pub fn note(self, line: &str) {
        if !self.json {
            // Nothing is lost when nobody reads it.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// Whether somebody sits there who can be asked.
    pub fn can_ask(self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question with a yes or no. Anything but `y` or `yes` is no.
    pub fn ask(self, question: &str) -> bool {
        self.ask_for(&format!("{question} [y/N] ")).is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a line. `None` when the input has ended.
    pub fn ask_for(self, question: &str) -> Option<String> {
        let mut stderr = io::stderr();
        write!(stderr, "{question}").and_then(|()| stderr.flush()).ok()?;
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    /// Asks for a line that the terminal does not show while it is typed.
    pub fn ask_secret(self, question: &str) -> Option<String> {
        rpassword::prompt_password(question).ok().map(|line| line.trim().to_owned())
    }

    /// Says what went wrong and what to do.
    pub fn fail(self, error: &Error) {
        let text = if self.json {
            let kind = serde_json::to_value(error.kind).unwrap_or_default();
            serde_json::json!({ "error": { "kind": kind, "remedy": super::step::after(error), "message": error.message } }).to_string()
        } else {
            format!("{}\n  → {}", error.message, super::step::after(error))
        };
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Says that the words were wrong, in the words of the argument reader.
    pub fn misuse(self, error: &clap::Error) {
        if self.json {
            let message = error.to_string();
            let (first, _) = message.split_once("\n\n").unwrap_or((&message, ""));
            let message = first.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
            let body = serde_json::json!({ "error": { "kind": "usage", "remedy": "See usersync --help.", "message": message } });
            let _ = writeln!(io::stderr(), "{body}");
        } else {
            let _ = error.print();
        }
    }
}

/// Writes to standard output. A reader who closed the pipe has seen enough: that is no failure.
pub fn print(page: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritable(&error)),
        _ => Ok(()),
    }
}

fn unwritable(error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Storage, "answer", format!("The answer could not be written: {error}."))
        .ask_admin("Check where standard output leads.")
}
