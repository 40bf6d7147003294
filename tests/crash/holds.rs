//! What must hold when nothing is left to do: one bot, guest or prompt for each decision, none for what was undone, and both sides agree.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::Value;

use crate::report::Report;
use crate::stage::{Stage, list, text};

/// How much of what does not hold is said.
const SHOWN: usize = 12;

/// One person and one platform, as the admin confirmed it.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) person: String,
    pub(crate) to: String,
    pub(crate) carrier: String,
    pub(crate) asks: bool,
    /// Whether it was not undone since.
    pub(crate) stands: bool,
}

impl Decision {
    /// A row of a plan.
    pub(crate) fn read(row: &Value, primary: &str) -> Self {
        let word = |name: &str| text(&row[name]).to_owned();
        Self { person: word("person"), to: word("to"), carrier: primary.to_owned(), asks: row["action"] == "prompt", stands: true }
    }
}

/// Everything that was confirmed so far.
#[derive(Default)]
pub(crate) struct Confirmed {
    /// By person and platform, undone or not.
    pub(crate) decisions: BTreeMap<(String, String), Decision>,
    /// How many prompts each person was to get.
    asked: BTreeMap<String, u64>,
    /// How many bots and guests were to be made on each platform, those that were undone since included.
    made: BTreeMap<String, u64>,
}

impl Confirmed {
    /// It was confirmed, perhaps once more.
    pub(crate) fn add(&mut self, decision: &Decision) {
        if decision.asks {
            *self.asked.entry(decision.person.clone()).or_default() += 1;
        } else {
            *self.made.entry(decision.to.clone()).or_default() += 1;
        }
        self.decisions.insert((decision.person.clone(), decision.to.clone()), decision.clone());
    }

    /// It was undone: to one platform, or to all.
    pub(crate) fn undo(&mut self, person: &str, to: Option<&str>) {
        for decision in self.decisions.values_mut().filter(|decision| decision.person == person && to.is_none_or(|to| decision.to == to)) {
            decision.stands = false;
        }
    }
}

pub(crate) fn open(stage: &Stage) -> Connection {
    Connection::open(stage.data().join("user-sync.db")).unwrap()
}

fn count(db: &Connection, sql: &str, words: &[&str]) -> u64 {
    db.query_row(sql, rusqlite::params_from_iter(words), |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
}

/// Steps that need nobody but the platforms.
pub(crate) fn open_steps(stage: &Stage) -> u64 {
    count(&open(stage), "SELECT count(*) FROM steps WHERE state IN ('todo', 'sending') AND not_before < 9223372036854775807", &[])
}

/// People who are being reset, and syncs that are being undone.
pub(crate) fn open_undoing(stage: &Stage) -> u64 {
    count(&open(stage), "SELECT (SELECT count(*) FROM resets) + (SELECT count(*) FROM syncs WHERE detail = 'cancelling')", &[])
}

/// The number of the newest run.
pub(crate) fn last_run(stage: &Stage) -> u64 {
    count(&open(stage), "SELECT ifnull(max(id), 0) FROM runs", &[])
}

/// People whose answer is there or on its way: whoever does nothing stays where they are.
pub(crate) fn still_deciding(stage: &Stage) -> u64 {
    let ignoring = ignoring(stage);
    let db = open(stage);
    let mut pending = db.prepare("SELECT person FROM syncs WHERE status = 'pending' AND ifnull(detail, '') <> 'code_expired'").unwrap();
    let people = pending.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    people.filter(|person| !ignoring.contains(&format!("p{}", person.as_ref().unwrap()))).count() as u64
}

/// Person and platform of every sync that is open.
pub(crate) fn pending(stage: &Stage) -> BTreeSet<(String, String)> {
    syncs(&open(stage)).into_iter().filter(|(_, sync)| sync.status == "pending").map(|(whose, _)| whose).collect()
}

/// Those who were asked, and did nothing.
fn ignoring(stage: &Stage) -> BTreeSet<String> {
    let world = World::read(stage);
    stage.people().iter().filter(|person| world.of(person).habit == "does_nothing").map(|person| text(&person["id"]).to_owned()).collect()
}

/// The rows that are open, for whoever reads why it did not end.
pub(crate) fn what_is_open(stage: &Stage) -> String {
    let sql = "SELECT format('p%d %s %s %s | %s at %s: %s, attempt %d, until %s, held %d', syncs.person, syncs.platform, syncs.status, syncs.detail,
        steps.kind, steps.platform, steps.state, steps.attempt, datetime(steps.not_before / 1000, 'unixepoch'), steps.held)
        FROM syncs LEFT JOIN steps ON steps.sync = syncs.id AND steps.state NOT IN ('done', 'failed')
        WHERE syncs.status = 'pending' OR syncs.detail = 'cancelling' ORDER BY steps.state LIMIT 20";
    let db = open(stage);
    let mut rows = db.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

/// What the simulator knows of one human.
#[derive(Debug, Default)]
struct Known {
    /// How many messages they ever got.
    told: u64,
    /// What they read now, by platform.
    messages: Vec<(String, String)>,
    /// What they do with what they read: `approves`, `declines` or `does_nothing`.
    habit: String,
}

/// The simulator's world, by account.
struct World {
    people: Vec<Known>,
    by_account: BTreeMap<String, usize>,
    /// Platform and id of every bot and guest.
    representations: BTreeSet<(String, String)>,
}

impl World {
    fn read(stage: &Stage) -> Self {
        let (mut people, mut by_account, mut representations) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for person in stage.world() {
            for account in person["accounts"].as_object().unwrap().values() {
                by_account.insert(text(&account["id"]).to_owned(), people.len());
            }
            let pair = |known: &Value| (text(&known["platform"]).to_owned(), text(&known["id"]).to_owned());
            representations.extend(list(&person["representations"]).iter().map(pair));
            let messages =
                list(&person["messages"]).iter().map(|told| (text(&told["platform"]).to_owned(), text(&told["text"]).to_owned()));
            people.push(Known {
                told: person["told"].as_u64().unwrap(),
                messages: messages.collect(),
                habit: text(&person["habit"]).to_owned(),
            });
        }
        Self { people, by_account, representations }
    }

    fn of(&self, person: &Value) -> &Known {
        let account = person["accounts"].as_object().unwrap().values().next().unwrap();
        &self.people[self.by_account[text(&account["id"])]]
    }
}

/// A sync as the store has it.
#[derive(Debug)]
struct Sync {
    status: String,
    detail: String,
    reason: String,
    stand_in: Option<String>,
}

fn syncs(db: &Connection) -> BTreeMap<(String, String), Sync> {
    let mut rows = db.prepare("SELECT person, platform, status, detail, reason ->> 'kind', stand_in ->> 'id' FROM syncs").unwrap();
    let rows = rows.query_map([], |row| {
        let person: i64 = row.get(0)?;
        let word = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
        let sync = Sync { status: word(2)?, detail: word(3)?, reason: word(4)?, stand_in: row.get(5)? };
        Ok(((format!("p{person}"), word(1)?), sync))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Everything that must hold.
pub(crate) fn all(stage: &Stage, confirmed: &Confirmed, report: &Report) {
    let mut wrong: Vec<String> = Vec::new();
    let db = open(stage);
    let integrity: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    if integrity != "ok" {
        wrong.push(format!("the database is damaged: {integrity}"));
    }
    let world = World::read(stage);
    let people: BTreeMap<String, Value> = stage.people().into_iter().map(|person| (text(&person["id"]).to_owned(), person)).collect();
    let syncs = syncs(&db);
    let decisions: Vec<&Decision> = confirmed.decisions.values().collect();
    for decision in decisions.iter().copied() {
        let Decision { person, to, carrier, asks, stands } = decision;
        let known = world.of(&people[person]);
        let sync = syncs.get(&(person.clone(), to.clone()));
        match (sync, stands) {
            (None, false) => report.add("outcome: undone", 1),
            (None, true) => wrong.push(format!("lost: {decision:?}")),
            (Some(sync), false) => wrong.push(format!("not undone: {decision:?} {sync:?}")),
            (Some(sync), true) => {
                let is_good = match (sync.status.as_str(), known.habit.as_str()) {
                    ("synced", _) if !asks => sync.stand_in.is_some() || to == "slack",
                    ("synced", "approves") => *asks,
                    ("failed", "declines") => *asks && sync.reason == "declined",
                    // The answer with the tokens never arrived: the person is shown, by an edit, how to get a new code.
                    ("pending", "approves") => *asks && sync.detail == "code_expired",
                    ("pending", "does_nothing") => *asks && matches!(sync.detail.as_str(), "prompted" | "code_expired"),
                    _ => false,
                };
                if !is_good {
                    let read: Vec<&str> =
                        known.messages.iter().map(|(_, text)| text.split_once('.').map_or(text.as_str(), |(first, _)| first)).collect();
                    wrong.push(format!("no good outcome: {decision:?} {sync:?}, who {}, reads {read:?}", known.habit));
                }
                let how = [sync.detail.as_str(), sync.reason.as_str()].concat();
                report.add(format!("outcome: {} {how}", sync.status).trim_end(), 1);
            }
        }
        let still_asks = known.messages.iter().filter(|(platform, text)| platform == carrier && is_asking(text)).count();
        let open =
            decisions.iter().filter(|other| other.person == *person && other.stands && other.asks && known.habit == "does_nothing").count();
        if still_asks > open {
            wrong.push(format!("{still_asks} prompts stand open for {open} decisions: {decision:?} {:?}", known.messages));
        }
    }
    for (id, person) in &people {
        let (told, expected) = (world.of(person).told, confirmed.asked.get(id).copied().unwrap_or_default());
        if told != expected {
            wrong.push(format!("{id} got {told} messages for {expected} prompts: {:?}", world.of(person).messages));
        }
    }
    represented(&decisions, &syncs, &world, &mut wrong);
    audit(stage, &db, confirmed, &world, &mut wrong);
    let all = wrong.len();
    wrong.truncate(SHOWN);
    assert!(wrong.is_empty(), "{all} things do not hold:\n{}", wrong.join("\n"));
}

/// One bot or guest for each decision, the one that the store knows, and no other.
fn represented(decisions: &[&Decision], syncs: &BTreeMap<(String, String), Sync>, world: &World, wrong: &mut Vec<String>) {
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for ((person, platform), sync) in syncs {
        // In the shared app of Slack nothing is made for a person.
        let Some(id) = sync.stand_in.as_ref().filter(|_| platform != "slack") else { continue };
        let one = (platform.clone(), id.clone());
        if !world.representations.contains(&one) {
            wrong.push(format!("{platform} does not know the bot or guest of {person}: {id}"));
        }
        if !known.insert(one) {
            wrong.push(format!("two people have the same bot or guest at {platform}: {person}, {id}"));
        }
    }
    for platform in ["teams", "webex"] {
        // Webex removes no guest, and says so beforehand; whoever is synced once more has the same one again.
        let expected = decisions.iter().filter(|one| !one.asks && one.to == platform && (one.stands || platform == "webex")).count();
        let there: Vec<_> = world.representations.iter().filter(|(at, _)| at == platform).collect();
        if there.len() != expected {
            let unknown: Vec<_> = there.iter().filter(|one| !known.contains(one)).collect();
            wrong.push(format!(
                "{platform} has {} bots and guests for {expected} decisions; the store does not know {unknown:?}",
                there.len()
            ));
        }
    }
}

/// How many effects there were, as the log of the company tells them.
pub(crate) fn figures(stage: &Stage, report: &Report) {
    let db = open(stage);
    let mut rows = db.prepare("SELECT action, count(*) FROM audit GROUP BY action").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
    for (word, count) in rows.map(Result::unwrap) {
        report.add(format!("log: {word}"), count.unsigned_abs());
    }
}

/// A prompt that still asks has a code on a line of its own, or a link.
fn is_asking(text: &str) -> bool {
    text.contains("https://")
}

/// The log is whole, and tells each effect once.
fn audit(stage: &Stage, db: &Connection, confirmed: &Confirmed, world: &World, wrong: &mut Vec<String>) {
    let ran = stage.run(&["audit", "verify"]);
    if ran.code != 0 {
        wrong.push(format!("the audit log does not verify: {ran:?}"));
    }
    let told = |word: &str| count(db, "SELECT count(*) FROM audit WHERE action = ?1", &[word]);
    let messages: u64 = world.people.iter().map(|known| known.told).sum();
    if told("prompt_sent") + told("message_sent") != messages {
        let (prompts, others) = (told("prompt_sent"), told("message_sent"));
        wrong.push(format!("the audit log tells of {prompts} prompts and {others} other messages, and people got {messages}"));
    }
    for (platform, made, removed) in [("webex", "bot_made", None), ("teams", "guest_invited", Some("guest_removed"))] {
        let of = |word: &str| count(db, "SELECT count(*) FROM audit WHERE action = ?1 AND platform = ?2", &[word, platform]);
        let expected = confirmed.made.get(platform).copied().unwrap_or_default();
        if of(made) != expected {
            wrong.push(format!("the audit log tells of {} made at {platform} for {expected} decisions", of(made)));
        }
        let there = world.representations.iter().filter(|(at, _)| at == platform).count() as u64;
        if let Some(removed) = removed
            && of(removed) + there != expected
        {
            wrong.push(format!("the audit log tells of {} removed at {platform}, {there} are left of {expected}", of(removed)));
        }
    }
}
