//! `cargo xtask bench`: runs the benchmarks whose figures stand in BENCHMARKS.md.

use std::process::ExitCode;

use crate::Result;
use crate::command::{cargo, succeed};
use crate::setup;
use crate::steps::Steps;

/// `arguments` go to `cargo bench` as they are.
pub(crate) fn bench(arguments: &[&str]) -> Result<ExitCode> {
    let mut steps = Steps::new(setup::TERMINAL_STEPS + 2);
    setup::for_terminal(&mut steps)?;
    let package = ["bench", "--package", "user-sync-tests"];
    steps.step("Building the benchmarks", || succeed(cargo(&package).args(["--no-run"])))?;
    steps.step("Benchmarks", || succeed(cargo(&package).args(arguments)))?;
    println!("\nDone after {}.", steps.elapsed());
    Ok(ExitCode::SUCCESS)
}
