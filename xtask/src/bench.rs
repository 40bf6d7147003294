//! `cargo xtask bench` and `cargo xtask bench ui`: run the benchmarks whose figures stand in BENCHMARKS.md.

use std::process::ExitCode;

use crate::Result;
use crate::command::{cargo, succeed};
use crate::setup;
use crate::steps::Steps;

/// The program that is measured and the one that measures, built together so that both use one set of features.
const BUILD: &str =
    "build --release --locked --package user-sync-app --package user-sync-tests --bin usersync --bench benchmarks --bench kernels";
const RUN: &str = "bench --locked --package user-sync-tests --bench benchmarks";

const RUN_KERNELS: &str = "bench --locked --package user-sync-tests --bench kernels";

const BUILD_WINDOW: &str = "build --release --locked --package user-sync --package user-sync-app --package user-sync-tests --bin user-sync --bin usersync --bench window";
const RUN_WINDOW: &str = "bench --locked --package user-sync --package user-sync-app --package user-sync-tests --bench window";

/// The window with many people; `arguments` go to the benchmark as they are.
pub(crate) fn window(arguments: &[&str]) -> Result<ExitCode> {
    let mut steps = Steps::new(setup::EVERYTHING_STEPS + 2);
    setup::for_everything(&mut steps)?;
    steps.step("Building the window and its benchmark (a quarter of an hour the first time)", || {
        succeed(cargo(&[]).args(BUILD_WINDOW.split_whitespace()))
    })?;
    steps.step("The window, measured", || succeed(cargo(&[]).args(RUN_WINDOW.split_whitespace()).arg("--").args(arguments)))?;
    println!("\nDone after {}.", steps.elapsed());
    Ok(ExitCode::SUCCESS)
}

/// `arguments` go to `cargo bench` as they are. Without any, the small things that are done often are measured as well.
pub(crate) fn bench(arguments: &[&str]) -> Result<ExitCode> {
    let mut steps = Steps::new(setup::TERMINAL_STEPS + 2 + usize::from(arguments.is_empty()));
    setup::for_terminal(&mut steps)?;
    steps.step("Building the program and the benchmarks (some minutes the first time)", || {
        succeed(cargo(&[]).args(BUILD.split_whitespace()))
    })?;
    steps.step("Benchmarks", || succeed(cargo(&[]).args(RUN.split_whitespace()).args(arguments)))?;
    if arguments.is_empty() {
        steps.step("The small things that are done often", || succeed(cargo(&[]).args(RUN_KERNELS.split_whitespace())))?;
    }
    println!("\nDone after {}.", steps.elapsed());
    Ok(ExitCode::SUCCESS)
}
