//! The admin's computer: the session, the company's proxy with the simulator behind it, a browser, and the terminal program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use app::cli::credentials::Credentials;
use engine::signin::Source;
use serde_json::{Value, json};
use tempfile::TempDir;
use user_sync_tests::leaks::{Finding, Search};

use crate::proxy::Proxy;
use crate::session::Session;

pub(crate) const ALL: [&str; 4] = ["slack", "teams", "webex", "zoom"];

/// Everything of one test.
pub(crate) struct Stage {
    pub(crate) session: Session,
    pub(crate) proxy: Proxy,
    simulator: Child,
    http: String,
    tls: SocketAddr,
    authority: PathBuf,
    /// What every command said, in order, and its log.
    said: RefCell<Vec<u8>>,
    /// Last, so that it goes last.
    folder: TempDir,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What has ended already need not be ended.
        let _ = self.simulator.kill();
        let _ = self.simulator.wait();
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The one JSON document of standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The error of standard error, after the log.
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.code, 1, "{self:?}");
        let begin = self.stderr.rfind("{\"error\"").or_else(|| self.stderr.rfind("{\n  \"error\"")).unwrap_or_else(|| panic!("{self:?}"));
        let error: Value = serde_json::from_str(&self.stderr[begin..]).unwrap();
        error["error"].clone()
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Stage {
    /// A company of 250 and an admin who has done nothing yet.
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// The same, where the proxy lets in only those who show this.
    pub(crate) fn with(password: Option<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let session = Session::new(folder.path());
        let vendors = folder.path().join("vendors");
        std::fs::create_dir(&vendors).unwrap();
        let ready = vendors.join("ready.json");
        let mut simulator = Command::new(user_sync_tests::program().unwrap())
            .args(["simulator", "--people", "250", "--seed", "7", "--listen", "127.0.0.1:0", "--no-rate-limits", "--ready-file"])
            .arg(&ready)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(simulator.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        let attach: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap_or_else(|error| panic!("{error}: {said}"));
        let (http, tls): (String, SocketAddr) =
            (text(&attach["http"]).trim_start_matches("http://").to_owned(), text(&attach["tls"]).parse().unwrap());
        let authority = PathBuf::from(text(&attach["ca"]));
        let proxy = Proxy::start(tls, &authority, password);
        let stage = Self { session, proxy, simulator, http, tls, authority, said: RefCell::default(), folder };
        stage.trust(&[&stage.proxy.root]);
        stage.hand_out_credentials(&attach);
        stage.put_up_browser(text(&attach["admin"]));
        stage
    }

    /// Another proxy before the same vendors.
    pub(crate) fn another_proxy(&self) -> Proxy {
        Proxy::start(self.tls, &self.authority, None)
    }

    /// Connected and imported.
    pub(crate) fn ready() -> Self {
        let stage = Self::new();
        stage.ok(&stage.connect_words());
        stage.ok(&["import"]);
        stage
    }

    /// `connect` for all platforms with the credentials that the admin brought.
    pub(crate) fn connect_words(&self) -> Vec<&'static str> {
        [vec!["connect"], ALL.to_vec(), vec!["--credentials", "credentials.json"]].concat()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What this computer trusts: the usual authorities, and these.
    pub(crate) fn trust(&self, roots: &[&str]) {
        let mut all = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        roots.iter().for_each(|root| all.push_str(root));
        std::fs::write(self.folder().join("trusted.pem"), all).unwrap();
    }

    /// What an admin brings: no token that signing in gives.
    fn hand_out_credentials(&self, attach: &Value) {
        let mut all = BTreeMap::new();
        for platform in platforms::all().iter() {
            let info = platform.info();
            let mut fields = Credentials::new(attach["credentials"].clone()).of(info, true).unwrap();
            for slot in info.slots.iter().filter(|slot| !matches!(slot.source, Source::Given | Source::Minted(_))) {
                fields.remove(slot.field);
            }
            let open: BTreeMap<String, String> = fields.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect();
            all.insert(info.id.as_str(), open);
        }
        std::fs::write(self.folder().join("credentials.json"), json!(all).to_string()).unwrap();
    }

    /// The system's browser: hands each address to a pretended admin, who signs in and agrees.
    fn put_up_browser(&self, admin: &str) {
        let (program, pipe) = (self.folder().join("bin/xdg-open"), self.folder().join("opened"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::fs::write(&program, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > '{}'\n", pipe.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (http, admin) = (self.http.clone(), admin.to_owned());
        // Ends with the folder.
        std::thread::spawn(move || {
            while let Ok(opened) = std::fs::read_to_string(&pipe) {
                for address in opened.lines() {
                    let url = url::Url::parse(address).unwrap();
                    let host = url.host_str().unwrap_or_default();
                    let all = platforms::all();
                    let platform = all.iter().map(|platform| platform.info()).find(|info| info.hosts.contains(&host)).unwrap();
                    let path = format!("/_control/employee/{}/{admin}/follow", platform.id);
                    call(&http, "POST", &path, &json!({ "url": address }).to_string());
                }
            }
        });
    }

    /// The program on this computer: live, behind the proxy.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(user_sync_tests::program().unwrap());
        self.session.inside(&mut command);
        command
            .arg("--json")
            .args(words)
            .current_dir(self.folder())
            .env("HTTPS_PROXY", format!("http://{}", self.proxy.address))
            .env("SSL_CERT_FILE", self.folder().join("trusted.pem"))
            .env_remove("SSL_CERT_DIR")
            .env("RUST_BACKTRACE", "1");
        command
    }

    /// Runs a command and keeps what it said.
    pub(crate) fn run(&self, mut command: Command) -> Ran {
        self.heard(command.output().unwrap())
    }

    /// Keeps what a command said.
    pub(crate) fn heard(&self, output: Output) -> Ran {
        let mut said = self.said.borrow_mut();
        said.extend(&output.stdout);
        said.extend(&output.stderr);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The answer of a command that must succeed.
    pub(crate) fn ok(&self, words: &[&str]) -> Value {
        let ran = self.run(self.command(words));
        assert_eq!(ran.code, 0, "{words:?}: {ran:?}");
        ran.json()
    }

    /// The error of a command that must fail.
    pub(crate) fn fails(&self, words: &[&str]) -> Value {
        self.run(self.command(words)).error()
    }

    /// How many people the company has.
    pub(crate) fn world(&self) -> usize {
        self.control("GET", "world", &Value::Null)["people"].as_array().map_or(0, Vec::len)
    }

    /// One call of the simulator's control interface.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        serde_json::from_str(&call(&self.http, method, &format!("/_control/{path}"), &body)).unwrap()
    }

    /// Every secret that the vendors ever gave out.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let all = self.control("GET", "secrets", &Value::Null);
        all["secrets"].as_array().unwrap().iter().map(|secret| text(secret).to_owned()).collect()
    }

    /// Secrets in any file of this computer but the admin's own credentials, or in anything that was said. The keyring seals its file.
    pub(crate) fn leaks(&self, search: &Search) -> Vec<Finding> {
        let (vendors, credentials) = (self.folder().join("vendors"), self.folder().join("credentials.json"));
        let (mut findings, read) = search.below(self.folder(), &|file| file.starts_with(&vendors) || file == credentials).unwrap();
        assert!(read > 3, "only {read} files were searched");
        findings.extend(search.in_bytes("what was said", &self.said.borrow()));
        findings
    }
}

fn call(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
    body.to_owned()
}
