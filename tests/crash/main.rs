//! The plug is pulled: the real program as a process, over HTTPS to a simulator in bad weather, killed at moments that nobody chose.
//!
//! `cargo test` kills 20 times with fixed seeds. More of it: `cargo test --workspace --test crash -- nothing_is_there_twice --kills 200 --seed 4711`,
//! which is what `cargo xtask test --full` does with a seed that nobody chose. A run that finds something says its seed, and leaves its data
//! folder, the simulator's record and what it was asked below `target/crash/`.
#![cfg_attr(
    unix,
    expect(
        clippy::unwrap_used,
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "a program of tests: it fails by panicking, and says its figures"
    )
)]

#[cfg(unix)]
mod company;
#[cfg(unix)]
mod days;
#[cfg(unix)]
mod holds;
#[cfg(unix)]
mod life;
#[cfg(unix)]
mod quiet;
#[cfg(unix)]
mod report;
#[cfg(unix)]
#[path = "../flows/stage.rs"]
#[expect(dead_code, reason = "what the flows need of it is more")]
mod stage;
#[cfg(unix)]
mod suite;

fn main() {
    #[cfg(unix)]
    suite::run();
}
