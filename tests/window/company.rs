//! The other side: the four simulated platforms, served from the test itself, so that a test acts as an employee.

use std::path::PathBuf;

use app::ready::Ready;
use serde_json::{Value, json};
use simulator::{Clock, Options, Served, Simulator, serve};
use tempfile::TempDir;

use super::{Result, Trouble, ensure};
use crate::employees;

/// A made-up company whose platforms answer on this computer.
pub struct Company {
    /// The platforms.
    pub simulator: Simulator,
    _served: Served,
    folder: TempDir,
}

impl Company {
    /// Opens the platforms, without rate limits; nobody acts by themselves.
    pub async fn open(people: usize) -> Result<Self> {
        let folder = TempDir::new()?;
        let record = Some(folder.path().join("traffic.jsonl"));
        Self::serve(people, folder, record).await
    }

    /// The same for measuring: what goes over the wire is not written down.
    pub async fn without_record(people: usize) -> Result<Self> {
        Self::serve(people, TempDir::new()?, None).await
    }

    async fn serve(people: usize, folder: TempDir, record: Option<PathBuf>) -> Result<Self> {
        let options = Options { people, seed: 7, rate_limits: false, clock: Clock::wall(), record, ..Options::default() };
        let simulator = Simulator::new(options)?;
        let served = serve(simulator.clone(), ([127, 0, 0, 1], 0).into()).await?;
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, &served.ca_pem)?;
        let ready = Ready {
            http: served.http_url.clone(),
            tls: served.tls_addr,
            ca,
            credentials: simulator.credentials(),
            people: simulator.world().humans(),
            seed: simulator.options().seed,
            admin: Some(simulator.admin_email().to_owned()),
            patience_ms: None,
            rate_limits: false,
        };
        ready.write(&folder.path().join("ready.json")).map_err(|error| Trouble(error.to_string()))?;
        Ok(Self { simulator, _served: served, folder })
    }

    /// The file that tells programs how to attach.
    pub fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    /// What the person with this account was told on a platform, oldest first.
    pub async fn heard(&self, platform: &str, account: &str) -> Vec<String> {
        employees::heard(&self.simulator, platform, account).await.into_iter().map(|(_, text)| text).collect()
    }

    /// The employee enters, on platform `to`, the code that they read on platform `from`, and allows it.
    pub async fn approve(&self, from: (&str, &str), to: (&str, &str)) -> Result<()> {
        let heard = self.heard(from.0, from.1).await.pop().ok_or_else(|| Trouble(format!("nobody wrote to {} on {}", from.1, from.0)))?;
        let is_code =
            |line: &&str| (5..=12).contains(&line.len()) && line.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        let code = heard.lines().map(str::trim).find(is_code).ok_or_else(|| Trouble(format!("no code in: {heard}")))?;
        self.act(to, "approve", &json!({ "user_code": code })).await
    }

    /// The employee answers the last message on a platform.
    pub async fn answer(&self, on: (&str, &str), words: &str) -> Result<()> {
        self.act(on, "send", &json!({ "text": words })).await
    }

    async fn act(&self, (platform, account): (&str, &str), verb: &str, body: &Value) -> Result<()> {
        let (status, said) = employees::act(&self.simulator, platform, account, verb, body).await;
        ensure(status == 200, || format!("{account} on {platform} cannot {verb}: {said}"))
    }

    /// Plants a fault in a platform.
    pub async fn fault(&self, fault: &Value) -> Result<()> {
        let (status, said) = employees::control(&self.simulator, "POST", "faults", fault).await;
        ensure(status == 200, || format!("the fault was not taken: {said}"))
    }

    /// Everything that opens a door: the admin's credentials, and every token that was handed out so far.
    pub fn secrets(&self) -> Result<Vec<String>> {
        let mut secrets = Vec::new();
        collect_texts(&self.simulator.credentials(), "", &mut secrets);
        let recorded = std::fs::read_to_string(self.folder.path().join("traffic.jsonl"))?;
        for call in recorded.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let body = call["response_body"]
                .as_str()
                .map_or_else(|| call["response_body"].clone(), |text| serde_json::from_str(text).unwrap_or_default());
            collect_tokens(&body, &mut secrets);
        }
        secrets.sort();
        secrets.dedup();
        Ok(secrets)
    }
}

/// Members of credentials that are no secret: names and public ids.
const PUBLIC: &[&str] = &[
    "id",
    "client_id",
    "public_client_id",
    "app_id",
    "tenant_id",
    "tenant",
    "organization_id",
    "org_id",
    "account_id",
    "team_id",
    "region",
    "email",
    "admin",
];

fn collect_texts(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 12 && !PUBLIC.contains(&name) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| collect_texts(one, name, found)),
        Value::Object(members) => members.iter().for_each(|(name, one)| collect_texts(one, name, found)),
        _ => {}
    }
}

fn collect_tokens(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| collect_tokens(one, found)),
        Value::Object(members) => {
            for (name, one) in members {
                match one {
                    Value::String(text) if text.len() >= 12 && (name.ends_with("_token") || name == "device_code") => {
                        found.push(text.clone())
                    }
                    other => collect_tokens(other, found),
                }
            }
        }
        _ => {}
    }
}
