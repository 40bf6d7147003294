//! Starting other programs: one place that says what was started, where, and why it failed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::{Failure, Result};

/// The folder of the workspace, whatever folder the command was given in.
pub(crate) fn root() -> PathBuf {
    // At run time, as cargo sets it: two clones may share one target folder, and with it this very program.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let manifest = PathBuf::from(manifest);
    manifest.parent().map(Path::to_path_buf).unwrap_or(manifest)
}

/// A program with its arguments, to be run in the workspace's folder.
pub(crate) fn command<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// `cargo`, by the very path that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs to the end with the terminal's own output; anything but success is a failure.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    expect_success(command, status)
}

/// Runs to the end and gives back what it wrote to stdout, or nothing when it is missing or failed.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs to the end, shows each line of stdout as it comes and hands it to `see`.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(command, &error))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        // Bytes, not `lines()`: a test may print what is not UTF-8.
        while lines.read_until(b'\n', &mut line).map_err(|error| Failure(format!("the output broke off: {error}")))? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            see(&text);
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    expect_success(command, status)
}

fn expect_success(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failure(format!("`{}` failed ({status}); its own words stand above", shown(command))))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure(format!("`{}` could not be started: {error}", shown(command)))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_its_arguments() {
        let mut failing = cargo(&["no-such-command-of-cargo"]);
        failing.stderr(Stdio::null());
        let Failure(reason) = succeed(&mut failing).unwrap_err();
        assert!(reason.starts_with("`cargo no-such-command-of-cargo` failed (exit"), "{reason}");
    }

    #[test]
    fn a_missing_program_is_said_to_be_missing() {
        let Failure(reason) = succeed(&mut command("no-such-program-here", ["now"])).unwrap_err();
        assert!(reason.starts_with("`no-such-program-here now` could not be started"), "{reason}");
        assert_eq!(ask(&mut command("no-such-program-here", ["now"])), None);
    }

    #[test]
    fn watched_lines_arrive_in_order_and_a_failure_stays_a_failure() {
        let mut seen = Vec::new();
        watch(&mut cargo(&["--version"]), |line| seen.push(line.to_owned())).unwrap();
        assert!(seen.first().is_some_and(|line| line.starts_with("cargo ")), "{seen:?}");
        let mut failing = cargo(&["no-such-command-of-cargo"]);
        failing.stderr(Stdio::null());
        assert!(watch(&mut failing, |_| ()).is_err());
    }
}
