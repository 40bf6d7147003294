//! The stage of a flow: one simulator as a process, one data folder, the terminal program, and the pretended employees.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// All platforms.
pub(crate) const ALL: [&str; 4] = ["slack", "teams", "webex", "zoom"];

/// How the company is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setup<'a> {
    /// How many people; nought means 250.
    pub(crate) people: usize,
    /// Whether the platforms' limits are in force.
    pub(crate) limits: bool,
    /// Platforms that refuse the device grant.
    pub(crate) no_device_grant: &'a [&'a str],
    /// How employees act by themselves.
    pub(crate) employees: Option<&'a str>,
}

/// One simulator and one data folder.
pub(crate) struct Stage {
    folder: TempDir,
    simulator: Child,
    address: String,
    /// How many calls were made until the platforms were connected.
    connected: Cell<usize>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What has ended already need not be ended.
        let _ = self.simulator.kill();
        let _ = self.simulator.wait();
    }
}

/// The program with no terminal and no settings of whoever runs the tests.
pub(crate) fn usersync<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Command {
    let mut command = Command::new(user_sync_tests::program().unwrap());
    command.args(words).env_remove("USERSYNC_LOG").env_remove("COLUMNS").stdin(Stdio::null());
    command
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The one JSON document of standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The error on standard error; nothing else may stand there, and nothing on standard output.
    pub(crate) fn error(&self) -> Value {
        let error: Value = serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("no JSON error ({error}): {self:?}"));
        assert_eq!(self.stdout, "", "an error has no answer beside it");
        for member in ["kind", "remedy", "message"] {
            assert!(error["error"][member].as_str().is_some_and(|text| !text.is_empty()), "{member} is missing in {error}");
        }
        error["error"].clone()
    }
}

/// The text of a member; empty when there is none.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The members of an array.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Stage {
    /// A company of 250 without limits, connected and imported.
    pub(crate) fn new() -> Self {
        Self::ready(Setup::default())
    }

    /// Connected and imported.
    pub(crate) fn ready(setup: Setup<'_>) -> Self {
        let stage = Self::empty(setup);
        stage.connect();
        stage.ok(&["import"]);
        stage
    }

    /// Nothing is connected yet.
    pub(crate) fn empty(setup: Setup<'_>) -> Self {
        let folder = TempDir::new().unwrap();
        let people = if setup.people == 0 { 250 } else { setup.people }.to_string();
        let inside = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (ready, record) = (inside("ready.json"), inside("traffic.jsonl"));
        let mut words =
            vec!["simulator", "--people", &people, "--seed", "7", "--listen", "127.0.0.1:0", "--ready-file", &ready, "--record", &record];
        if !setup.limits {
            words.push("--no-rate-limits");
        }
        if let Some(employees) = setup.employees {
            words.extend(["--employees", employees]);
        }
        if !setup.no_device_grant.is_empty() {
            words.push("--no-device-grant");
            words.extend(setup.no_device_grant);
        }
        let mut simulator = usersync(&words).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        // It says so on standard error as soon as its doors are open.
        let mut said = String::new();
        BufReader::new(simulator.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert!(said.contains("listens on"), "the simulator did not start: {said}");
        let attach: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
        let address = text(&attach["http"]).trim_start_matches("http://").to_owned();
        Self { folder, simulator, address, connected: Cell::new(0) }
    }

    /// Ends the simulator: nobody answers any more.
    pub(crate) fn stop(&mut self) {
        self.simulator.kill().unwrap();
        self.simulator.wait().unwrap();
    }

    /// A path beside the data folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.beside("data")
    }

    /// The command with the simulator and the data folder.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        self.command_in(&self.data(), words)
    }

    /// The command with another data folder.
    pub(crate) fn command_in(&self, data: &Path, words: &[&str]) -> Command {
        let mut command = usersync(&[format!("--demo={}", self.beside("ready.json").display())]);
        command.arg("--data-dir").arg(data).args(words);
        command
    }

    /// Runs a command with `--json`.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).arg("--json").output().unwrap())
    }

    /// Runs a command as people do.
    pub(crate) fn plain(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().unwrap())
    }

    /// The answer of a command that must succeed.
    pub(crate) fn ok(&self, words: &[&str]) -> Value {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
        assert_eq!(ran.stderr, "", "{words:?}");
        ran.json()
    }

    /// Runs a command and kills it as soon as so many further requests were answered. Gives whether it was still running.
    pub(crate) fn killed_after(&self, requests: usize, words: &[&str]) -> bool {
        let mut answers = self.answers();
        let mut child = self.command(words).arg("--json").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        loop {
            let ended = child.try_wait().unwrap().is_some();
            if ended || answers.so_far() >= requests {
                // It may have ended by itself just now.
                let _ = child.kill();
                child.wait().unwrap();
                return !ended;
            }
            std::thread::yield_now();
        }
    }

    /// Works until nobody waits any more. On a very busy computer one look may find that the simulator did not answer in time.
    pub(crate) fn work_for_all(&self) -> Value {
        let mut worked = self.ok(&["work"]);
        for _ in 0..2 {
            if worked["waiting"] != 0 {
                worked = self.ok(&["work"]);
            }
        }
        worked
    }

    /// Connects all platforms; the pretended admin clicks.
    pub(crate) fn connect(&self) {
        let mut words = vec!["connect"];
        words.extend(ALL);
        self.ok(&[words, vec!["--approve"]].concat());
        self.connected.set(self.traffic().len());
    }

    /// Everybody, page by page.
    pub(crate) fn people(&self) -> Vec<Value> {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut words = vec!["people", "--limit", "1000"];
            if let Some(cursor) = &after {
                words.extend(["--after", cursor]);
            }
            let page = self.ok(&words);
            all.extend(list(&page["people"]).iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => return all,
            }
        }
    }

    /// The person by id.
    pub(crate) fn person(&self, id: &str) -> Value {
        self.ok(&["person", id])
    }

    /// How a person's sync stands: status and detail.
    pub(crate) fn sync_of(&self, id: &str, to: &str) -> (String, String) {
        let sync = self.person(id)["syncs"][to].clone();
        (text(&sync["status"]).to_owned(), text(&sync["detail"]).to_owned())
    }

    /// The company as the simulator knows it.
    pub(crate) fn world(&self) -> Vec<Value> {
        let (status, world) = self.control("GET", "world", &Value::Null);
        assert_eq!(status, 200);
        list(&world["people"]).to_vec()
    }

    /// A person as the simulator knows them, found by any of their accounts.
    pub(crate) fn in_world(&self, person: &Value) -> Value {
        let ids: BTreeSet<(&String, &str)> =
            person["accounts"].as_object().unwrap().iter().map(|(platform, account)| (platform, text(&account["id"]))).collect();
        let same = |known: &Value| {
            known["accounts"]
                .as_object()
                .is_some_and(|all| all.iter().any(|(platform, account)| ids.contains(&(platform, text(&account["id"])))))
        };
        self.world().into_iter().find(same).unwrap()
    }

    /// What a person was told on a platform, oldest first.
    pub(crate) fn heard(&self, person: &Value, platform: &str) -> Vec<String> {
        let known = self.in_world(person);
        list(&known["messages"])
            .iter()
            .filter(|message| message["platform"] == platform)
            .map(|message| text(&message["text"]).to_owned())
            .collect()
    }

    /// What stands for a person, as `(platform, kind)`.
    pub(crate) fn representations(&self, person: &Value) -> Vec<(String, String)> {
        let known = self.in_world(person);
        list(&known["representations"]).iter().map(|one| (text(&one["platform"]).to_owned(), text(&one["kind"]).to_owned())).collect()
    }

    /// A person's employee at a platform does something.
    pub(crate) fn act(&self, person: &Value, platform: &str, verb: &str, body: &Value) -> (u16, Value) {
        let account = text(&person["accounts"][platform]["id"]);
        let account: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
        self.control("POST", &format!("employee/{platform}/{account}/{verb}"), body)
    }

    /// The person approves the code they read on their primary platform.
    pub(crate) fn approve(&self, person: &Value, from: &str, to: &str) {
        let heard = self.heard(person, from).pop().unwrap();
        let (status, said) = self.act(person, to, "approve", &json!({ "user_code": code_in(&heard) }));
        assert_eq!(status, 200, "{said} {heard}");
    }

    /// The person answers the prompt.
    pub(crate) fn answer(&self, person: &Value, from: &str, words: &str) {
        let (status, said) = self.act(person, from, "send", &json!({ "text": words }));
        assert_eq!(status, 200, "{said}");
    }

    /// Plants a fault.
    pub(crate) fn fault(&self, fault: &Value) {
        let (status, said) = self.control("POST", "faults", fault);
        assert_eq!(status, 200, "{said}");
    }

    /// Lets the simulator's time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        assert_eq!(self.control("POST", "clock", &json!({ "advance_s": seconds })).0, 200);
    }

    /// One call of the control interface.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.http(method, &format!("/_control/{path}"), &[("content-type", "application/json")], &body);
        (status, serde_json::from_str(&answer).unwrap_or_default())
    }

    /// One call of the plain door.
    pub(crate) fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
        (status, body.to_owned())
    }

    /// Everything that went over the wire so far.
    pub(crate) fn traffic(&self) -> Vec<Value> {
        let recorded = std::fs::read_to_string(self.beside("traffic.jsonl")).unwrap_or_default();
        recorded.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The answers that come from now on.
    pub(crate) fn answers(&self) -> Answers {
        let mut record = std::fs::File::open(self.beside("traffic.jsonl")).unwrap();
        record.seek(std::io::SeekFrom::End(0)).unwrap();
        Answers { record, count: 0 }
    }

    /// The access tokens that a platform's employees got by a code or a link, oldest first.
    pub(crate) fn employee_tokens(&self, platform: &str) -> Vec<String> {
        let recorded = if platform == "teams" { "microsoft" } else { platform };
        let given = |call: &&Value| {
            let asked = format!("{} {}", text(&call["url"]), body_text(&call["request_body"]));
            call["platform"] == recorded && (asked.contains("device_code=") || asked.contains("grant_type=authorization_code"))
        };
        let answer = |call: &Value| serde_json::from_str::<Value>(&body_text(&call["response_body"])).ok();
        let calls = self.traffic().into_iter().skip(self.connected.get());
        calls.filter(|call| given(&call)).filter_map(|call| answer(&call)?["access_token"].as_str().map(str::to_owned)).collect()
    }

    /// Whether any file of the data folder holds this text.
    pub(crate) fn is_in_the_data_folder(&self, needle: &str) -> bool {
        std::fs::read_dir(self.data()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
        })
    }
}

/// Counts the platforms' answers while they come.
pub(crate) struct Answers {
    record: std::fs::File,
    count: usize,
}

impl Answers {
    /// How many there were until now.
    pub(crate) fn so_far(&mut self) -> usize {
        let mut news = Vec::new();
        self.record.read_to_end(&mut news).unwrap();
        self.count += news.iter().filter(|byte| **byte == b'\n').count();
        self.count
    }
}

fn body_text(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

/// The code that stands on a line of its own.
pub(crate) fn code_in(heard: &str) -> String {
    let is_code =
        |line: &&str| (5..=12).contains(&line.len()) && line.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    heard.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("no code in: {heard}")).to_owned()
}

/// The link in a message.
pub(crate) fn link_in(heard: &str) -> String {
    let word = heard.split_whitespace().find(|word| word.starts_with("https://")).unwrap_or_else(|| panic!("no link in: {heard}"));
    word.to_owned()
}
