//! Other bad days of the computer that the program runs on: in the middle of a bulk sync the disk is full, somebody starts the program a
//! second time, the computer sleeps, the network is gone.
//!
//! Not tried here: a disk that becomes read-only while the database is open for writing (systems refuse that to everybody but themselves;
//! the engine's own tests do it), and a clock that jumps (the engine's tests too).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::company::Company;
use crate::life::{Met, Moment, Numbers, killed, start};
use crate::stage::{Ran, Setup, Stage, text};

/// The trials by name.
pub(crate) const DAYS: &[(&str, fn())] = &[
    ("a_first_start_that_is_killed_leaves_a_folder_that_opens", first_start),
    ("an_import_that_is_killed_goes_on_where_it_was", import),
    ("two_engines_on_one_folder_the_second_is_refused_and_works_when_the_first_is_gone", two_engines),
    ("interrupted_it_ends_soon_and_what_was_done_is_kept", interrupted),
    ("terminated_it_is_gone_on_with", terminated),
    ("a_computer_that_sleeps_through_the_life_of_its_tokens_goes_on", asleep),
    ("a_network_that_is_gone_for_longer_than_the_retries_is_waited_for", offline),
    ("a_disk_that_is_full_in_the_middle_loses_nothing", full),
    ("a_file_that_may_not_grow_in_the_middle_loses_nothing", too_large),
    ("a_folder_that_may_not_be_written_says_so_and_stays_as_it_is", read_only),
];

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until so many requests were answered.
fn answered(stage: &Stage, count: usize, mut begin: impl FnMut() -> Child) -> Child {
    let mut answers = stage.answers();
    let mut child = begin();
    let begun = Instant::now();
    while answers.so_far() < count {
        assert!(begun.elapsed() < PATIENCE, "only {} requests were answered", answers.so_far());
        assert!(child.try_wait().unwrap().is_none(), "it ended before {count} requests were answered");
        sleep(Duration::from_millis(2));
    }
    child
}

fn started(stage: &Stage, words: &[&str]) -> Child {
    stage.command(words).arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What it said at its end, which must come in time.
fn ended(mut child: Child) -> Ran {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        sleep(Duration::from_millis(10));
    }
    Ran::of(child.wait_with_output().unwrap())
}

/// Sends a signal by its name: the shell has the one program for it that is everywhere.
fn signal(child: &Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(sent.success(), "{name} could not be sent");
}

fn first_start() {
    let stage = Stage::empty(Setup::default());
    let mut numbers = Numbers::new(3);
    for round in 0..12 {
        let data = stage.beside(&format!("new-{round}"));
        let command = |words: &[&str]| {
            let mut command = stage.command_in(&data, words);
            command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        // The folder, its key, its database and all its migrations come to be in these milliseconds.
        for _ in 0..3 {
            let mut child = command(&["connect", "webex", "--approve"]).spawn().unwrap();
            sleep(Duration::from_millis(numbers.below(60) as u64));
            let _ = child.kill();
            child.wait().unwrap();
        }
        let ran = Ran::of(command(&["connect", "slack", "--approve"]).output().unwrap());
        assert_eq!(ran.code, 0, "round {round}: {ran:?}");
        let ran = Ran::of(command(&["audit", "verify"]).output().unwrap());
        assert_eq!(ran.code, 0, "round {round}: {ran:?}");
    }
}

fn import() {
    let stage = Stage::empty(Setup { people: 2_000, ..Setup::default() });
    stage.connect();
    let mut numbers = Numbers::new(3);
    let mut killed_so_far = 0;
    for _ in 0..5 {
        killed_so_far += usize::from(killed(&stage, &["import"], Moment::Answers(1 + numbers.below(5))) != Met::Alive);
    }
    assert!(killed_so_far >= 3, "only {killed_so_far} of five imports were killed before their end");
    stage.ok(&["import"]);
    assert_eq!(stage.ok(&["status"])["people"], json!(stage.world().len()));
}

fn two_engines() {
    Company::new(31, 0).day(|stage, words| {
        let mut first = answered(stage, 8, || start(stage, words));
        let second = stage.run(&["work"]);
        let error = second.error();
        assert_eq!((second.code, text(&error["kind"])), (1, "conflict"), "{second:?}");
        assert!(text(&error["message"]).contains("Another User Sync is working with this data folder"), "{error}");
        assert_eq!(stage.run(&["status"]).code, 0, "looking is possible meanwhile");
        assert!(first.try_wait().unwrap().is_none(), "the first goes on");
        first.kill().unwrap();
        first.wait().unwrap();
        assert_eq!(stage.run(&["work"]).code, 0);
    });
}

fn interrupted() {
    Company::new(32, 0).day(|stage, words| {
        let child = answered(stage, 8, || started(stage, words));
        let asked = Instant::now();
        signal(&child, "INT");
        let ran = ended(child);
        assert!(asked.elapsed() < Duration::from_secs(15), "it took {:?} to end", asked.elapsed());
        let error = ran.error();
        assert_eq!((ran.code, text(&error["kind"])), (1, "cancelled"), "{ran:?}");
        assert!(text(&error["remedy"]).contains("usersync work"), "{error}");
    });
}

fn terminated() {
    Company::new(33, 0).day(|stage, words| {
        let child = answered(stage, 8, || started(stage, words));
        signal(&child, "TERM");
        ended(child);
    });
}

fn asleep() {
    Company::new(34, 0).day(|stage, words| {
        let child = answered(stage, 8, || started(stage, words));
        signal(&child, "STOP");
        // Answers are on their way for longer than the program waits for them, and an hour's tokens die.
        sleep(Duration::from_secs(3));
        stage.pass(3_700);
        signal(&child, "CONT");
        let ran = ended(child);
        assert!(matches!(ran.code, 0 | 3), "{ran:?}");
    });
}

fn offline() {
    Company::new(35, 0).day(|stage, words| {
        let ready: Value = serde_json::from_slice(&std::fs::read(stage.beside("ready.json")).unwrap()).unwrap();
        let cable = Cable::new(text(&ready["tls"]).parse().unwrap());
        let plugged = json!({ "tls": cable.address.to_string() });
        let mut through = ready.clone();
        through.as_object_mut().unwrap().extend(plugged.as_object().unwrap().clone());
        std::fs::write(stage.beside("ready.json"), through.to_string()).unwrap();
        let child = answered(stage, 8, || started(stage, words));
        cable.pull();
        let ran = ended(child);
        assert!(matches!(ran.code, 0 | 1 | 3), "{ran:?}");
        assert!(crate::holds::open_steps(stage) > 0, "nothing was left to do when the network went: {ran:?}");
        // Somebody who keeps at it is there when it comes back.
        let child = started(stage, &["work", "--for", "40"]);
        sleep(Duration::from_secs(6));
        let failed = stage.ok(&["people", "--status", "failed"]);
        assert_eq!(failed["total"], 0, "nobody fails for the network: {failed}");
        cable.plug();
        let ran = ended(child);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(crate::holds::open_steps(stage), 0, "{ran:?}");
        std::fs::write(stage.beside("ready.json"), ready.to_string()).unwrap();
    });
}

/// A way to the simulator that can be pulled out and plugged in again.
struct Cable {
    address: SocketAddr,
    pulled: Arc<AtomicBool>,
}

impl Cable {
    fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pulled = Arc::new(AtomicBool::new(false));
        let is_pulled = pulled.clone();
        std::thread::spawn(move || carry(listener, to, &is_pulled));
        Self { address, pulled }
    }

    fn pull(&self) {
        self.pulled.store(true, Ordering::SeqCst);
    }

    fn plug(&self) {
        self.pulled.store(false, Ordering::SeqCst);
    }
}

/// Carries until the test is over. While it is pulled nobody listens, and what was open is cut.
fn carry(listener: TcpListener, to: SocketAddr, pulled: &Arc<AtomicBool>) {
    let address = listener.local_addr().unwrap();
    let mut listener = Some(listener);
    loop {
        if pulled.load(Ordering::SeqCst) {
            listener = None;
            sleep(Duration::from_millis(5));
            continue;
        }
        let here = listener.get_or_insert_with(|| TcpListener::bind(address).unwrap());
        here.set_nonblocking(true).unwrap();
        match here.accept() {
            Ok((near, _)) => {
                near.set_nonblocking(false).unwrap();
                let Ok(far) = TcpStream::connect(to) else { continue };
                for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    let pulled = pulled.clone();
                    std::thread::spawn(move || pour(from, to, &pulled));
                }
            }
            Err(_) => sleep(Duration::from_millis(2)),
        }
    }
}

/// One direction of a connection.
fn pour(mut from: TcpStream, mut to: TcpStream, pulled: &AtomicBool) {
    from.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let mut bytes = vec![0; 16 * 1024];
    while !pulled.load(Ordering::SeqCst) {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) if to.write_all(&bytes[..count]).is_ok() => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            _ => break,
        }
    }
    // It may be gone already.
    let _ = (from.shutdown(std::net::Shutdown::Both), to.shutdown(std::net::Shutdown::Both));
}

/// Whether this computer lets a test mount something that only its own children see.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["-rm", "sh", "-c", "mount -t tmpfs none /mnt"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Runs a command of the program behind a few lines of shell, which find it in `"$@"`.
fn behind(stage: &Stage, shell: &[&str], script: &str, data: &Path, words: &[&str]) -> Ran {
    let command = stage.command_in(data, words);
    let mut outer = Command::new(shell[0]);
    outer.args(&shell[1..]).args(["-c", script, "sh"]).arg(command.get_program()).args(command.get_args()).arg("--json");
    ended(outer.env_remove("USERSYNC_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// What somebody reads whose disk is full.
fn says_full(ran: &Ran) {
    let error = ran.error();
    assert_eq!((ran.code, text(&error["kind"])), (1, "storage"), "{ran:?}");
    assert!(text(&error["message"]).contains("disk"), "{error}");
    assert!(text(&error["remedy"]).contains("disk"), "{error}");
}

fn full() {
    if !may_mount() {
        println!("skipped: this computer lets nobody mount a small disk");
        return;
    }
    Company::new(36, 0).day(|stage, words| {
        let (data, small) = (stage.data(), stage.beside("small"));
        std::fs::create_dir(&small).unwrap();
        let kilobytes = size(&data) / 1024 + 400;
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k none '{small}' && cp -a '{data}/.' '{small}' || exit 99\n\"$@\"\ncode=$?\ncp -a '{small}/.' '{data}' || exit 98\nexit $code",
            small = small.display(),
            data = data.display()
        );
        let ran = behind(stage, &["unshare", "-rm", "sh"], &script, &small, words);
        says_full(&ran);
        assert!(text(&ran.error()["message"]).contains("The disk is full"), "{ran:?}");
    });
}

fn too_large() {
    Company::new(37, 0).day(|stage, words| {
        // In blocks of 512 bytes; the log of the database is the file that grows.
        let blocks = std::fs::metadata(stage.data().join("user-sync.db")).unwrap().len() / 512 + 200;
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let ran = behind(stage, &["sh"], &script, &stage.data(), words);
        says_full(&ran);
    });
}

fn read_only() {
    if !may_mount() {
        println!("skipped: this computer lets nobody mount a folder that cannot be written");
        return;
    }
    Company::new(38, 0).day(|stage, words| {
        let mut child = answered(stage, 8, || start(stage, words));
        child.kill().unwrap();
        child.wait().unwrap();
        let data = stage.data();
        let before = size(&data);
        let script = format!("mount --bind '{0}' '{0}' && mount -o remount,bind,ro '{0}' || exit 99\nexec \"$@\"", data.display());
        for words in [&["work"][..], &["sync", "--all-matching", "--to", "webex", "--yes"]] {
            let ran = behind(stage, &["unshare", "-rm", "sh"], &script, &data, words);
            let error = ran.error();
            assert_eq!((ran.code, text(&error["kind"])), (1, "storage"), "{ran:?}");
            assert!(!text(&error["remedy"]).is_empty(), "{error}");
        }
        assert_eq!(size(&data), before);
    });
}
