//! `cargo xtask run` builds the terminal program and plays its demo, without keystrokes; `cargo xtask app` builds and opens
//! the window.

use std::process::{ExitCode, Stdio};

use crate::command::{cargo, succeed};
use crate::setup;
use crate::steps::Steps;
use crate::{Failure, Result};

const PROGRAM: [&str; 4] = ["--package", "user-sync-app", "--bin", "usersync"];
const WINDOW: [&str; 4] = ["--package", "user-sync", "--bin", "user-sync"];

/// Ends with the demo's own exit code.
pub(crate) fn run() -> Result<ExitCode> {
    let mut steps = Steps::new(setup::TERMINAL_STEPS + 2);
    setup::for_terminal(&mut steps)?;
    steps.step("Building the terminal program (some minutes the first time)", || succeed(cargo(&["build"]).args(PROGRAM)))?;
    let status = steps.step("Playing the demo: a made-up company on four simulated platforms", || {
        cargo(&["run", "--quiet"])
            .args(PROGRAM)
            .args(["--", "demo"])
            .stdin(Stdio::null())
            .status()
            .map_err(|error| Failure(format!("the demo could not be started: {error}")))
    })?;
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(0) => Ok(ExitCode::SUCCESS),
        Some(code) => {
            println!("\nThe demo did not succeed: exit code {code}");
            Ok(ExitCode::from(code))
        }
        None => Err(Failure(format!("the demo was ended from outside ({status})"))),
    }
}

/// Opens the window and ends with it; `arguments` go to its program as they are.
pub(crate) fn app(arguments: &[&str]) -> Result<ExitCode> {
    let mut steps = Steps::new(setup::WINDOW_STEPS + 2);
    setup::for_window(&mut steps)?;
    steps.step("Building the window (some minutes the first time)", || succeed(cargo(&["build"]).args(WINDOW)))?;
    steps.step("The window is open", || succeed(cargo(&["run", "--quiet"]).args(WINDOW).arg("--").args(arguments)))?;
    Ok(ExitCode::SUCCESS)
}
