//! How much memory the web process holds, and when the program was started, as Linux tells it.

use std::path::PathBuf;

use user_sync_tests::window::{Result, Trouble};

/// The processes of this name, the youngest last.
fn processes(name: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<(u64, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name))
        .filter_map(|path| Some((started(&path)?, path)))
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// When a process began, in hundredths of a second since the computer did.
fn started(process: &std::path::Path) -> Option<u64> {
    let text = std::fs::read_to_string(process.join("stat")).ok()?;
    // The name in brackets may hold anything; the 22nd field is the 20th after it.
    text.rsplit_once(") ")?.1.split_whitespace().nth(19)?.parse().ok()
}

/// For how many milliseconds the window's program runs.
pub(crate) fn program_runs_since() -> Result<f64> {
    let process = processes("user-sync").pop().ok_or_else(|| Trouble("the program of the window does not run".to_owned()))?;
    let began = started(&process).ok_or_else(|| Trouble("the program has ended".to_owned()))?;
    let up = std::fs::read_to_string("/proc/uptime")?;
    let up: f64 = up.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    Ok(up * 1000.0 - began as f64 * 10.0)
}

/// The web process's proportional share of memory, in MiB.
pub(crate) fn of_web_process() -> Result<f64> {
    // The kernel shortens names to 15 letters.
    let process = processes("WebKitWebProces").pop().ok_or_else(|| Trouble("there is no web process".to_owned()))?;
    let text = std::fs::read_to_string(process.join("smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
    let kibibytes: f64 =
        line.trim().trim_end_matches(" kB").parse().map_err(|_| Trouble("the system does not tell the memory".to_owned()))?;
    Ok(kibibytes / 1024.0)
}
