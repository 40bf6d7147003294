//! The guided tour: the real engine and adapters at work on a made-up company, without a keystroke.

use std::time::Duration;

use engine::cancel::Cancel;
use engine::engine::Confirmed;
use engine::model::{PersonId, PlatformId};
use engine::people::list::Filter;
use engine::people::views::PersonView;
use engine::sync::Until;
use engine::{Engine, Error, Kind, Result, Selection};
use serde_json::{Value, json};

use super::answer::{Answer, Exit, print};
use super::args::Cli;
use super::connections::run_import;
use super::credentials::Credentials;
use super::session::{Session, demo_admin};
use super::tables;
use crate::compose::World;
use crate::https;
use crate::ready::Ready;

/// Connects every platform with the simulator's credentials and imports everybody.
pub(super) async fn prepare(session: &Session) -> Result<()> {
    let World::Demo(ready) = &session.world else { return Ok(()) };
    let engine = session.engine_with(demo_admin(ready)).await?;
    connect(&engine, ready, &|_, _| {}).await?;
    let quiet = Answer { json: true };
    run_import(quiet, &engine, &[]).await.map(|_| ())
}

async fn connect(engine: &Engine, ready: &Ready, told: &(dyn Fn(&str, &str) + Sync)) -> Result<()> {
    for platform in platforms::all().iter() {
        let info = platform.info();
        let mut given = Credentials::new(ready.credentials.clone()).of(info, true)?;
        for slot in
            info.slots.iter().filter(|slot| !matches!(slot.source, engine::signin::Source::Given | engine::signin::Source::Minted(_)))
        {
            given.remove(slot.field);
        }
        let view = engine.connect(info.id, given, Default::default(), &|_| {}).await?;
        told(info.name, view.tenant_name.as_deref().unwrap_or_default());
    }
    Ok(())
}

/// The tour.
pub(super) async fn run(answer: Answer) -> Result<Exit> {
    let words = ["usersync", "--demo", "status"];
    let folder = std::env::temp_dir().join(format!("user-sync-tour-{}", std::process::id()));
    let mut cli = <Cli as clap::Parser>::parse_from(words);
    cli.data_dir = Some(folder.clone());
    let session = Session::open(&cli, answer).await?;
    let outcome = tour(&session).await;
    session.close().await;
    // Among the temporary files: what cannot be removed now is cleared with them.
    let _ = std::fs::remove_dir_all(folder);
    outcome.map(|()| Exit::Done)
}

/// What a person hears and does at the other side, through the simulator's control interface.
struct Stage<'a> {
    answer: Answer,
    engine: Engine,
    ready: &'a Ready,
}

async fn tour(session: &Session) -> Result<()> {
    let World::Demo(ready) = &session.world else { return Err(Error::new(Kind::Bug, "demo", "The tour needs a simulator.")) };
    let engine = session.engine_with(demo_admin(ready)).await?;
    let stage = Stage { answer: session.answer, engine, ready };
    stage.say(
        "User Sync: a tour with the made-up company Harbor & Pine. Everything happens on this computer; nothing reaches a real platform.",
    )?;

    stage.act("Connect", "The IT admin signs in to the four platforms.")?;
    connect(&stage.engine, ready, &|name, tenant| stage.answer.note(&format!("  ✓ {name}: {tenant}"))).await?;

    stage.act("Import", "Every account is read; accounts with the same verified address are one person.")?;
    let imported = run_import(stage.answer, &stage.engine, &[]).await?;
    stage.say(&tables::imported(&imported))?;
    stage.say(&tables::people(&stage.engine.reading().people(Filter::default(), 8, None).await?))?;

    let all: Vec<PlatformId> = platforms::all().iter().map(|platform| platform.info().id).collect();
    stage.own_account(&all).await?;
    stage.stand_ins(&all).await?;
    stage.blocked(&all).await?;
    let failed = stage.failure(&all).await?;
    stage.reset(failed).await?;

    stage.act("Status", "That is all an admin needs to know at a glance.")?;
    stage.say(&tables::status(&stage.engine.reading().status().await?))?;
    stage.say("Go on by yourself: `usersync --help`, and `usersync simulator` keeps such a company running.")
}

impl Stage<'_> {
    fn say(&self, text: &str) -> Result<()> {
        if self.answer.json { Ok(()) } else { print(&format!("{}\n", text.trim_end())) }
    }

    fn act(&self, title: &str, text: &str) -> Result<()> {
        self.say(&format!("\n── {title} ──\n{text}"))
    }

    /// Somebody for whom a sync from a primary platform to another would do what is wanted.
    async fn find(
        &self,
        all: &[PlatformId],
        wanted: impl Fn(&str) -> bool,
        skip: &[PersonId],
    ) -> Result<Option<(PersonView, PlatformId, PlatformId)>> {
        let mut after = None;
        loop {
            let page = self.engine.reading().people(Filter::default(), 200, after).await?;
            for person in page.people.iter().filter(|person| person.offered && !skip.contains(&person.id)) {
                for (from, to) in
                    person.primary_choices.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))).filter(|(from, to)| from != to)
                {
                    let fits = person.primary == Some(from) || (person.primary.is_none() && person.primary_choices.len() > 1);
                    if fits && wanted(&describe(person, to)) && self.would(person, from, to).await? {
                        return Ok(Some((person.clone(), from, to)));
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether the plan, with that primary platform, would let the sync begin. Chooses the primary platform.
    async fn would(&self, person: &PersonView, from: PlatformId, to: PlatformId) -> Result<bool> {
        if person.syncs.values().any(|sync| sync.status != engine::model::Status::NotSynced) {
            return Ok(false);
        }
        let selection = Selection::People(vec![person.id]);
        self.engine.set_primary(&selection, from, Confirmed::Nothing).await?;
        Ok(!self.engine.reading().plan(&selection, to).await?.steps.is_empty())
    }

    async fn sync(&self, person: &PersonView, from: PlatformId, to: PlatformId) -> Result<()> {
        let selection = Selection::People(vec![person.id]);
        self.say(&format!("{} works on {from}; sync to {to}:", person.name))?;
        let plan = self.engine.reading().plan(&selection, to).await?;
        self.say(&tables::plan(&plan))?;
        let view = self.engine.sync(&selection, to, Until::Idle, &Cancel::new()).await?;
        self.say(&tables::synced(&view))
    }

    async fn own_account(&self, all: &[PlatformId]) -> Result<()> {
        self.act("Own accounts", "Who has an account on the other platform is asked, in their own app, to authorise it.")?;
        let mut asked = Vec::new();
        for to in all {
            let found = self.find(std::slice::from_ref(to), |action| action == "own account", &asked).await?;
            let Some((person, from, to)) = found else { continue };
            if platforms::all().get(to)?.info().employee.is_none() {
                continue;
            }
            asked.push(person.id);
            self.sync(&person, from, to).await?;
            let heard = self.heard(&person, from).await?;
            self.say(&format!("{} reads on {from}:\n{}", person.name, quoted(&heard)))?;
            self.approve(&person, to, &heard).await?;
            self.say(&format!("{} enters the code and allows it.", person.name))?;
            self.engine.work(Until::For(Duration::from_secs(6)), &Cancel::new()).await?;
            self.say(&tables::person(&self.engine.reading().person(person.id).await?))?;
        }
        Ok(())
    }

    async fn stand_ins(&self, all: &[PlatformId]) -> Result<()> {
        self.act("Bots and guests", "Who has none is represented by a bot or a guest that carries their name.")?;
        let mut done = Vec::new();
        for to in all {
            if let Some((person, from, to)) = self.find(std::slice::from_ref(to), |action| action == "stand-in", &done).await? {
                done.push(person.id);
                self.sync(&person, from, to).await?;
            }
        }
        Ok(())
    }

    async fn blocked(&self, all: &[PlatformId]) -> Result<()> {
        self.act("What cannot be", "What a platform would refuse is said before anything is sent.")?;
        let page = self.engine.reading().people(Filter::default(), 1000, None).await?;
        let mut shown = std::collections::BTreeSet::new();
        for person in page.people.iter().filter(|person| person.offered && person.primary.is_some()) {
            for to in all.iter().filter(|to| Some(**to) != person.primary) {
                let plan = self.engine.reading().plan(&Selection::People(vec![person.id]), *to).await?;
                let new = plan.blocked.iter().any(|row| shown.insert(row.reason.clone()));
                if new {
                    self.say(&tables::plan(&plan))?;
                }
                if shown.len() >= 4 {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A sync that fails at the platform, and is tried again.
    async fn failure(&self, all: &[PlatformId]) -> Result<PersonView> {
        self.act(
            "A failure",
            "A refusal of the platform becomes a red triangle with its reason and the next step; trying again is one click.",
        )?;
        let found = self.find(all, |action| action == "stand-in", &[]).await?;
        let (person, from, to) =
            found.ok_or_else(|| Error::new(Kind::Bug, "demo", "The company has nobody left to show a failure with."))?;
        self.refuse(to).await?;
        self.sync(&person, from, to).await?;
        self.say("The admin mends it at the platform and tries again.")?;
        self.control("DELETE", "faults", &Value::Null).await?;
        self.sync(&person, from, to).await?;
        Ok(person)
    }

    async fn reset(&self, person: PersonView) -> Result<()> {
        self.act("Reset", "Everything of a person is undone; what a platform cannot undo is listed.")?;
        self.say(&tables::previews(&[self.engine.reset_preview(person.id).await?]))?;
        self.say(&tables::undone(&self.engine.reset(person.id).await?))
    }

    /// The platform refuses everything until further notice, as it does when a right was taken away.
    async fn refuse(&self, to: PlatformId) -> Result<()> {
        for host in platforms::all().get(to)?.info().hosts {
            let fault = json!({ "host": host, "path": "/*", "status": 403, "times": 1000, "body": { "ok": false, "error": "access_denied", "message": "Forbidden" } });
            self.control("POST", "faults", &fault).await?;
        }
        Ok(())
    }

    /// The last thing a person was told on a platform.
    async fn heard(&self, person: &PersonView, platform: PlatformId) -> Result<String> {
        let world = self.control("GET", "world", &Value::Null).await?;
        let id = person.accounts.get(&platform).map(|account| account.id.as_str()).unwrap_or_default();
        let people = world["people"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = people.iter().find(|known| known["accounts"][platform.as_str()]["id"] == json!(id));
        let last =
            found.and_then(|known| known["messages"].as_array()?.iter().rfind(|message| message["platform"] == json!(platform.as_str())));
        Ok(last.and_then(|message| message["text"].as_str()).unwrap_or_default().to_owned())
    }

    /// The person finds the code in the message and allows it, or follows the link and answers with the address.
    async fn approve(&self, person: &PersonView, to: PlatformId, heard: &str) -> Result<()> {
        let who = person.accounts.get(&to).map(|account| account.id.clone()).unwrap_or_default();
        let who = url::form_urlencoded::byte_serialize(who.as_bytes()).collect::<String>();
        for line in heard.lines().map(str::trim).filter(|line| !line.is_empty() && line.len() <= 12 && !line.contains(' ')) {
            if self.control("POST", &format!("employee/{to}/{who}/approve"), &json!({ "user_code": line })).await.is_ok() {
                return Ok(());
            }
        }
        Err(Error::new(Kind::Bug, "demo", "The message holds no code that the platform knows."))
    }

    async fn control(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let failed = |what: String| Error::new(Kind::Network, "demo", format!("The simulator's control interface failed: {what}."));
        let url = self.ready.control(path);
        let method = method.parse().map_err(|_| failed("no such method".into()))?;
        let mut request = https::loopback()?.request(method, url);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| failed(error.to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| failed(error.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("{path} answered {}", status.as_u16())));
        }
        serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))
    }
}

/// Which kind of sync product.md's table gives this person, without asking the plan yet.
fn describe(person: &PersonView, to: PlatformId) -> String {
    let Ok(known) = platforms::all().get(to) else { return String::new() };
    let capabilities = known.info().capabilities;
    match person.accounts.contains_key(&to) {
        true if capabilities.own_account && !capabilities.stand_in_always => "own account".into(),
        _ if capabilities.stand_in.is_some() => "stand-in".into(),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("  │ {line}\n")).collect()
}
