//! What the suites share: the simulator in process, the real engine parts over it, the pretended employees, the search for
//! secrets, and the built terminal program.

pub mod bed;
pub mod bulk;
pub mod employees;
pub mod leaks;
#[cfg(target_os = "linux")]
pub mod window;

use std::path::PathBuf;

/// `usersync` of the same profile, beside the folder of the running test or benchmark. The error says how to build it.
pub fn program() -> Result<PathBuf, String> {
    built("usersync", "user-sync-app")
}

/// The program of the window, likewise.
pub fn window_program() -> Result<PathBuf, String> {
    built("user-sync", "user-sync")
}

fn built(name: &str, package: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("the running program does not know where it lies: {error}"))?;
    let program = own.ancestors().nth(2).unwrap_or(&own).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let release = if cfg!(debug_assertions) { "" } else { "--release " };
    Err(format!("{} is missing; build it with: cargo build {release}--package {package} --bin {name}", program.display()))
}

/// A folder of cargo's target folder, for what a run leaves to whoever looks afterwards.
pub fn kept(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("the running program does not know where it lies: {error}"))?;
    let target = own.ancestors().nth(3).ok_or_else(|| format!("{} lies in no target folder", own.display()))?;
    let folder = target.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    Ok(folder)
}
