//! No secret lies open anywhere: a full run of everything that the terminal program does, with its log at its loudest, and then a search
//! of every file, log, answer, export and last word of an ended program for every secret that the platforms ever gave out.
//!
//! Only what belongs to the platforms' side is left out: the simulator's ready file and its recording. The demo's key file and the sealed
//! rows of the database are searched as well: they hold secrets, but not open ones.
#![cfg(unix)]

use std::cell::Cell;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use app::browser::NoBrowser;
use app::compose::World;
use engine::Selection;
use engine::people::list::Filter;
use engine::people::listing::Sort;
use serde_json::{Value, json};
use user_sync_tests::leaks::{Finding, Search};

use crate::cells::somebody;
use crate::stage::{ALL, Ran, Setup, Stage, code_in, link_in, list, text};

/// A stage whose every word is kept in a file.
struct Witness {
    stage: Stage,
    heard: Cell<usize>,
}

impl Witness {
    fn new(setup: Setup<'_>) -> Self {
        let stage = Stage::empty(setup);
        std::fs::create_dir(stage.beside("said")).unwrap();
        Self { stage, heard: Cell::new(0) }
    }

    /// A command that logs everything; a core file of an ended program would be the system's doing.
    fn command(&self, words: &[&str]) -> Command {
        let quiet = self.stage.command(words);
        let mut loud = Command::new("sh");
        loud.args(["-c", "ulimit -c 0; exec \"$0\" \"$@\""]).arg(quiet.get_program()).args(quiet.get_args());
        loud.current_dir(self.stage.beside("said")).env("USERSYNC_LOG", "trace").env("RUST_BACKTRACE", "full").stdin(Stdio::null());
        loud
    }

    fn keep(&self, output: Output) -> Ran {
        self.heard.set(self.heard.get() + 1);
        let bytes = [output.stdout.as_slice(), b"\n", output.stderr.as_slice()].concat();
        std::fs::write(self.stage.beside("said").join(format!("{}.log", self.heard.get())), bytes).unwrap();
        Ran::of(output)
    }

    /// Says it for programs; whatever comes of it.
    fn says(&self, words: &[&str]) -> Ran {
        let ran = self.keep(self.command(words).arg("--json").output().unwrap());
        assert!(!ran.stderr.contains("\"usage\""), "{words:?}: {ran:?}");
        ran
    }

    /// The same for what must succeed.
    fn ok(&self, words: &[&str]) -> Value {
        let ran = self.says(words);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr.lines().last().unwrap_or_default());
        ran.json()
    }

    /// What people see.
    fn plain(&self, words: &[&str]) {
        self.keep(self.command(words).output().unwrap());
    }

    /// Ends the program by a signal as soon as so many further requests were answered.
    fn ended(&self, signal: &str, requests: usize, words: &[&str]) {
        let mut answers = self.stage.answers();
        let log = self.stage.beside("said").join(format!("ended by {signal} {}.log", words[0]));
        let file = || Stdio::from(std::fs::File::options().create(true).append(true).open(&log).unwrap());
        let mut child = self.command(words).arg("--json").stdout(file()).stderr(file()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && answers.so_far() < requests {
            std::thread::yield_now();
        }
        // It may have ended by itself just now.
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        child.wait().unwrap();
    }

    /// Every secret that the platforms ever gave out or were started with.
    fn secrets(&self) -> Vec<String> {
        let (status, all) = self.stage.control("GET", "secrets", &Value::Null);
        assert_eq!(status, 200, "{all}");
        list(&all["secrets"]).iter().map(|secret| text(secret).to_owned()).collect()
    }

    /// Looks everywhere.
    fn leaks(&self, search: &Search) -> Vec<Finding> {
        let theirs = ["ready.json", "traffic.jsonl"].map(|name| self.stage.beside(name));
        let (findings, read) = search.below(&self.stage.beside(""), &|file| theirs.iter().any(|one| file == one)).unwrap();
        assert!(read > 10 + self.heard.get(), "only {read} files were searched");
        findings
    }

    /// The lists that the window saves.
    fn exports(&self) {
        let folder = self.stage.beside("exports");
        std::fs::create_dir(&folder).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let saved = runtime.block_on(async {
            let ready = app::ready::Ready::read(&self.stage.beside("ready.json")).unwrap();
            let parts = World::Demo(ready).parts(&self.stage.data(), Arc::new(NoBrowser)).unwrap();
            let engine = engine::Engine::open(parts).await.unwrap();
            let place = app::export::Place { folder, day: jiff::civil::date(2026, 11, 22) };
            let exports = app::export::Exports::default();
            let all = Selection::Matching(Filter::default());
            let mut rows = exports.people(&engine, &platforms::all(), all, Sort::default(), &place).await.unwrap().rows;
            for run in engine.reading().runs().await.unwrap() {
                rows += exports.run(&engine, &platforms::all(), run.id, &place).await.unwrap().rows;
            }
            rows
        });
        assert!(saved > 250, "only {saved} rows were saved");
    }
}

/// Everything that can go wrong before there is a connection.
fn troubles_at_the_door(witness: &Witness) -> Vec<String> {
    let planted = ["wrong-secret-planted-by-the-admin", "a-bearer-token-planted-by-a-platform"].map(str::to_owned);
    let credentials: Value = serde_json::from_slice(&std::fs::read(witness.stage.beside("ready.json")).unwrap()).unwrap();
    let mut wrong = credentials["credentials"].clone();
    for fields in wrong.as_object_mut().unwrap().values_mut() {
        for (name, value) in fields.as_object_mut().unwrap() {
            if value.is_string() && (name.contains("secret") || name.contains("token")) {
                *value = json!(planted[0]);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.json");
    std::fs::write(&file, json!({ "credentials": wrong }).to_string()).unwrap();
    for platform in ALL {
        for words in [["connect", platform], ["check", platform]] {
            witness.says(&[words.as_slice(), &["--credentials", file.to_str().unwrap()]].concat());
        }
        witness.ok(&["guide", platform]);
        witness.plain(&["guide", platform]);
        // No terminal, no credentials.
        witness.says(&["connect", platform]);
    }
    // A platform that quotes what it was sent.
    let quote = format!("the token {} is malformed", planted[1]);
    for (host, path) in [("slack.com", "/api/*"), ("graph.microsoft.com", "/v1.0/*"), ("webexapis.com", "/v1/*"), ("zoom.us", "/oauth/*")] {
        let body = json!({ "ok": false, "error": "invalid_auth", "message": quote, "error_description": quote, "reason": quote,
                           "errors": [{ "description": quote }] });
        witness.stage.fault(&json!({ "host": host, "path": path, "status": 400, "times": 3, "body": body }));
        let wrapped = json!({ "error": { "code": "BadRequest", "message": quote } });
        witness.stage.fault(&json!({ "host": host, "path": path, "status": 400, "times": 1, "body": wrapped }));
    }
    for platform in ALL {
        witness.says(&["connect", platform, "--approve"]);
    }
    witness.stage.control("DELETE", "faults", &Value::Null);
    planted.to_vec()
}

/// A prompt of each kind with each answer, bots and guests.
fn syncs(witness: &Witness) -> Vec<String> {
    let stage = &witness.stage;
    let mut taken = Vec::new();
    let mut ask = |from: &'static str, to: &'static str, has_account: bool| {
        let person = somebody(stage, from, to, has_account, &mut taken);
        let id = text(&person["id"]).to_owned();
        witness.ok(&["plan", &id, "--to", to]);
        witness.ok(&["sync", &id, "--to", to, "--yes"]);
        (person, id)
    };
    let (approving, a) = ask("slack", "teams", true);
    let (declining, b) = ask("teams", "webex", true);
    let (mistaken, c) = ask("slack", "webex", true);
    let (other, d) = ask("webex", "teams", true);
    let (following, e) = ask("slack", "zoom", true);
    let (expiring, f) = ask("zoom", "webex", true);
    let (_, g) = ask("slack", "webex", false);
    let (_, h) = ask("zoom", "teams", false);
    let heard = |person: &Value, from: &str| stage.heard(person, from).pop().unwrap();
    stage.approve(&approving, "slack", "teams");
    stage.act(&declining, "webex", "decline", &json!({ "user_code": code_in(&heard(&declining, "teams")) }));
    // The wrong person: somebody else enters the code.
    let (status, said) = stage.act(&other, "webex", "approve", &json!({ "user_code": code_in(&heard(&mistaken, "slack")) }));
    assert_eq!(status, 200, "{said}");
    let (status, ended) = stage.act(&following, "zoom", "follow", &json!({ "url": link_in(&heard(&following, "slack")) }));
    assert_eq!(status, 200, "{ended}");
    stage.answer(&following, "slack", text(&ended["ended_on"]));
    // Asking costs less than waiting: the platforms' pace is kept by the program itself.
    for _ in 0..3 {
        witness.says(&["work"]);
    }
    assert_eq!((stage.sync_of(&a, "teams").0.as_str(), stage.sync_of(&e, "zoom").0.as_str()), ("synced", "synced"));
    assert_ne!(stage.sync_of(&c, "webex").0, "synced", "the wrong person authorised");
    // The right person, where they are asked again.
    let again = heard(&mistaken, "slack");
    if again.lines().any(|line| line.trim().len() == 9 && line.trim().chars().filter(|letter| *letter == '-').count() == 1) {
        stage.act(&mistaken, "webex", "approve", &json!({ "user_code": code_in(&again) }));
    }
    stage.pass(20 * 60);
    witness.says(&["work"]);
    stage.answer(&expiring, "zoom", "please");
    witness.says(&["work"]);
    [a, b, c, d, e, f, g, h].to_vec()
}

#[test]
fn no_secret_lies_open_anywhere_after_a_full_run() {
    let witness = Witness::new(Setup { no_device_grant: &["zoom"], ..Setup::default() });
    let stage = &witness.stage;
    let planted = troubles_at_the_door(&witness);
    witness.ok(&[&["connect"], ALL.as_slice(), &["--approve"]].concat());
    witness.ended("-KILL", 3, &["import"]);
    witness.ended("-ABRT", 3, &["import"]);
    witness.ok(&["import"]);
    for words in [["connections"], ["status"], ["people"], ["conflicts"], ["runs"], ["security"], ["key"]] {
        witness.ok(&words);
        witness.plain(&words);
    }
    let people = syncs(&witness);

    // Every token dies and is replaced; then even the sign-ins have died.
    stage.pass(26 * 60 * 60);
    let renewed = witness.says(&["import"]);
    assert!(renewed.stderr.contains("renewing a token") && renewed.stderr.contains("TRACE"), "the log is not loud: {renewed:?}");
    witness.says(&["work"]);
    witness.ended("-KILL", 1, &["sync", &people[0], "--to", "zoom", "--yes"]);
    witness.says(&["work"]);
    witness.ok(&["key", "renew"]);
    for path in ["/api/users.list", "/v1.0/users*", "/v1/people*", "/v2/users*"] {
        stage.fault(&json!({ "host": "*", "path": path, "status": 401, "times": 4, "body": { "ok": false, "error": "token_revoked" } }));
    }
    witness.says(&["import"]);
    stage.control("DELETE", "faults", &Value::Null);
    // Nobody reads what is said.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    witness.keep(witness.command(&["people", "--json"]).stdout(full).output().unwrap());
    witness.exports();

    let look = |moment: &str| {
        let secrets = witness.secrets();
        assert!(secrets.len() > 30, "only {} secrets are known", secrets.len());
        let search = Search::new(secrets.into_iter().chain(planted.iter().cloned())).unwrap();
        assert_eq!(witness.leaks(&search), [], "{moment}: {} secrets", search.len());
        search
    };
    look("while everything stands");
    for id in &people {
        witness.says(&["person", id]);
    }
    let reset: Vec<&str> = people.iter().map(String::as_str).collect();
    witness.ended("-KILL", 2, &[&["reset"], reset.as_slice(), &["--yes"]].concat());
    witness.says(&["work"]);
    witness.says(&[&["reset"], reset.as_slice(), &["--yes"]].concat());
    for platform in ALL {
        witness.ok(&["disconnect", platform]);
    }
    let search = look("after everything was undone");

    // The search works: whatever is planted is found, wherever.
    let secrets = witness.secrets();
    std::fs::write(stage.data().join("planted"), secrets.first().unwrap()).unwrap();
    std::fs::write(
        stage.beside("said").join("planted"),
        secrets.last().unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    )
    .unwrap();
    assert_eq!(witness.leaks(&search).len(), 2);
}
