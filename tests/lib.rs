//! What the suites share: the simulator in process, the real engine parts over it, the pretended employees, and the built
//! terminal program.

pub mod bed;
pub mod employees;

use std::path::PathBuf;

/// `usersync` of the same profile, beside the folder of the running test or benchmark. The error says how to build it.
pub fn program() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("the running program does not know where it lies: {error}"))?;
    let program = own.ancestors().nth(2).unwrap_or(&own).join(format!("usersync{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let release = if cfg!(debug_assertions) { "" } else { "--release " };
    Err(format!("{} is missing; build it with: cargo build {release}--package user-sync-app --bin usersync", program.display()))
}
