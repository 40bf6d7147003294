//! The other side and the program under measurement, each a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use app::ready::Ready;
use tempfile::TempDir;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How often a process is asked for its memory. Its peak only grows, so that no more than its last moment is missed.
const LOOK: Duration = Duration::from_millis(5);

/// A simulator with its limits off, ended when this goes.
pub(crate) struct Rig {
    simulator: Child,
    /// How to reach it.
    pub(crate) ready: Ready,
    scratch: TempDir,
}

/// What a run of the program took.
pub(crate) struct Ran {
    pub(crate) time: Duration,
    /// Largest memory in use (VmHWM), in MiB, where the system tells.
    pub(crate) peak: Option<f64>,
}

impl Rig {
    pub(crate) fn start(people: usize) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let file = scratch.path().join("ready.json");
        println!("Starting a simulator with {people} people");
        let begun = Instant::now();
        let mut simulator = Command::new(user_sync_tests::program()?)
            .args([
                "simulator",
                "--people",
                &people.to_string(),
                "--seed",
                "1",
                "--listen",
                "127.0.0.1:0",
                "--no-rate-limits",
                "--ready-file",
            ])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(simulator.stderr.take().ok_or("the simulator has no stderr")?);
        let mut said = String::new();
        lines.read_line(&mut said)?;
        if !file.exists() {
            lines.read_to_string(&mut said)?;
            return Err(format!("the simulator did not start: {said}").into());
        }
        println!("  it listens after {:.1} s", begun.elapsed().as_secs_f64());
        let ready = Ready::read(&file)?;
        Ok(Self { simulator, ready, scratch })
    }

    fn ready_file(&self) -> PathBuf {
        self.scratch.path().join("ready.json")
    }

    /// A data folder of the program with all four platforms connected and nobody imported.
    pub(crate) fn connected(&self) -> Result<TempDir> {
        let folder = tempfile::tempdir()?;
        let ready = self.ready_file();
        let words = ["connect", "slack", "teams", "webex", "zoom", "--credentials"].map(OsStr::new);
        self.run(folder.path(), words.into_iter().chain([ready.as_os_str()]))?;
        Ok(folder)
    }

    /// Runs the program on a data folder and measures it; anything but success is an error.
    pub(crate) fn run<'a>(&self, folder: &Path, words: impl IntoIterator<Item = &'a OsStr>) -> Result<Ran> {
        let mut demo = std::ffi::OsString::from("--demo=");
        demo.push(self.ready_file());
        let begun = Instant::now();
        let mut child = Command::new(user_sync_tests::program()?)
            .arg(demo)
            .arg("--data-dir")
            .arg(folder)
            .arg("--json")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = child.stdout.take().ok_or("the program has no stdout")?;
        let (ended, ends) = channel();
        let reader = std::thread::spawn(move || {
            let read = std::io::copy(&mut output, &mut std::io::sink());
            // Nobody listens any more only when measuring has failed.
            let _ = ended.send(());
            read
        });
        let mut peak = None;
        while let Err(RecvTimeoutError::Timeout) = ends.recv_timeout(LOOK) {
            peak = peak_memory(child.id()).or(peak);
        }
        let status = child.wait()?;
        let time = begun.elapsed();
        reader.join().map_err(|_| "reading the program's answer broke off")??;
        // 3 is: some people could not, which the company is made for.
        if !status.success() && status.code() != Some(3) {
            return Err(format!("the program ended with {status}; its own words stand above").into());
        }
        Ok(Ran { time, peak })
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.simulator.kill();
        let _ = self.simulator.wait();
    }
}

fn peak_memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes / 1024.0)
}
