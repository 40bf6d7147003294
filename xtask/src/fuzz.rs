//! Hostile input: builds the targets in `fuzz/` once, all together, and lets each run for a while on what the seeds and earlier
//! runs have found. `cargo xtask test` gives them a minute in sum, `cargo xtask test --full` five minutes each.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use crate::command::{ask, command, root, succeed};
use crate::setup;
use crate::steps::Steps;
use crate::tools;
use crate::{Failure, Result};

/// What all targets together get in a usual run.
const IN_SUM: u64 = 60;
/// What each gets in a full one, and by hand.
const EACH: u64 = 5 * 60;
/// The target fails when one input takes longer than this many seconds.
const SLOW: u64 = 10;
/// The end of a failed target's words that is shown.
const SHOWN: usize = 40;

/// How long the targets run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// A minute in sum.
    Short,
    /// Five minutes each.
    Long,
}

/// `cargo xtask fuzz TARGET [SECONDS]`.
pub(crate) fn by_hand(target: &str, seconds: Option<&str>) -> Result<ExitCode> {
    if !cfg!(target_os = "linux") {
        return Err(Failure("the fuzz targets are run on Linux only".to_owned()));
    }
    let all = targets()?;
    if !all.iter().any(|known| known == target) {
        return Err(Failure(format!("there is no target `{target}`. There are: {}", all.join(", "))));
    }
    let number = seconds.map_or(Ok(EACH), str::parse);
    let seconds = number.map_err(|_| Failure(format!("`{}` is no number of seconds", seconds.unwrap_or_default())))?;
    let mut steps = Steps::new(setup::FUZZER_STEPS + 2);
    setup::for_fuzzing(&mut steps)?;
    steps.step("Building the fuzz targets (some minutes the first time)", build)?;
    steps.step(&format!("{target}, for {seconds} s"), || succeed(&mut started(target, seconds)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Builds them, lets all run, and gives back how many ended well and what became of the others.
pub(crate) fn all(time: Time) -> Result<(u64, Vec<String>)> {
    build()?;
    let targets = targets()?;
    let seconds = match time {
        Time::Short => IN_SUM.div_ceil(targets.len() as u64),
        Time::Long => EACH,
    };
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    println!("      {} targets, {seconds} s each, {at_once} at once", targets.len());
    let (mut well, mut broken) = (0, Vec::new());
    for some in targets.chunks(at_once) {
        let running = some.iter().map(|target| {
            let child = started(target, seconds)?.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
            child.map_err(|error| Failure(format!("{target} could not be started: {error}")))
        });
        // All are started before the first is waited for.
        let running: Vec<_> = running.collect();
        for (target, child) in some.iter().zip(running) {
            let ended = child.and_then(|child| child.wait_with_output().map_err(|error| Failure(format!("{target} was lost: {error}"))));
            match ended.map(|output| judged(target, &output)) {
                Ok(Ok(line)) => {
                    println!("      {line}");
                    well += 1;
                }
                Ok(Err(Failure(reason))) | Err(Failure(reason)) => broken.push(reason),
            }
        }
    }
    Ok((well, broken))
}

/// A target that ended, in one line, or its last words.
fn judged(target: &str, output: &Output) -> Result<String> {
    let words = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = words.lines().collect();
    if output.status.success() {
        let runs = lines.iter().rev().find_map(|line| line.strip_prefix("Done ")).unwrap_or("an unknown number of runs");
        return Ok(format!("{target}: {runs}"));
    }
    let shown = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
    Err(Failure(format!("{target} found something ({}). Its last words:\n{shown}", output.status)))
}

/// One build in one folder. Neither a sanitizer nor an unstable flag: the code is safe Rust, and what is looked for are panics,
/// overflows, endless work and what the targets assert.
fn build() -> Result<()> {
    let cargo_fuzz = tools::bin("cargo-fuzz");
    let words = ["build", "--fuzz-dir", "fuzz", "--sanitizer", "none", "--codegen-units", "16", "--target", host()?, "--target-dir"];
    succeed(command(&cargo_fuzz.to_string_lossy(), words).arg(folder()))
}

fn started(target: &str, seconds: u64) -> Result<Command> {
    let (corpus, found) = (folder().join("corpus").join(target), folder().join("found"));
    for new in [&corpus, &found] {
        std::fs::create_dir_all(new).map_err(|error| Failure(format!("{} could not be made: {error}", new.display())))?;
    }
    let program = folder().join(host()?).join("release").join(target);
    let mut command = command(&program.to_string_lossy(), [corpus, root().join("fuzz").join("seeds").join(target)]);
    command.args([format!("-max_total_time={seconds}"), format!("-timeout={SLOW}")]);
    command.arg(format!("-artifact_prefix={}", found.join(format!("{target}-")).display()));
    Ok(command)
}

fn folder() -> PathBuf {
    root().join("target").join("fuzz")
}

/// What is there, in order of names.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz").join("targets");
    let entries = folder.read_dir().map_err(|error| Failure(format!("{} cannot be read: {error}", folder.display())))?;
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| name(&entry.path())).collect();
    names.sort();
    Ok(names)
}

fn name(path: &Path) -> Option<String> {
    path.extension().filter(|ending| *ending == "rs")?;
    Some(path.file_stem()?.to_string_lossy().into_owned())
}

/// This machine as rustc names it; `cargo fuzz` builds into a folder of that name.
fn host() -> Result<&'static str> {
    static HOST: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let found = HOST.get_or_init(|| {
        let words = ask(&mut command("rustc", ["--version", "--verbose"]))?;
        words.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
    });
    found.as_deref().ok_or_else(|| Failure("rustc does not say for which machine it builds".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_built_and_has_seeds() {
        let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
        let targets = targets().unwrap();
        assert!(targets.len() >= 9, "{targets:?}");
        for target in &targets {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "fuzz/Cargo.toml does not know {target}");
            let seeds = root().join("fuzz/seeds").join(target);
            assert!(seeds.read_dir().is_ok_and(|mut seeds| seeds.next().is_some()), "{target} has no seeds");
        }
        assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
    }

    #[test]
    fn a_usual_run_is_a_minute_and_a_few_seconds() {
        let all = targets().unwrap().len() as u64;
        assert!((IN_SUM..IN_SUM + all).contains(&(IN_SUM.div_ceil(all) * all)));
    }

    #[cfg(unix)]
    #[test]
    fn a_target_that_found_something_shows_its_last_words() {
        use std::os::unix::process::ExitStatusExt as _;
        let output = |code: i32, words: &str| Output {
            status: std::process::ExitStatus::from_raw(code << 8),
            stdout: Vec::new(),
            stderr: words.as_bytes().to_vec(),
        };
        assert_eq!(judged("page", &output(0, "INFO: x\nDone 12 runs in 7 second(s)\n")).unwrap(), "page: 12 runs in 7 second(s)");
        let long = format!("first\n{}panicked at x\n", "more\n".repeat(60));
        let Failure(reason) = judged("page", &output(77, &long)).unwrap_err();
        assert!(reason.starts_with("page found something") && reason.ends_with("panicked at x") && !reason.contains("first"), "{reason}");
    }
}
