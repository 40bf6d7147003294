//! An adapter over hostile answers: whatever a platform says, a call ends, and a request leaves for the platform's own hosts only.

use std::sync::Arc;

use async_trait::async_trait;
use engine::error::Result;
use engine::model::{Conversation, Identity, PlatformId};
use engine::platform::{CLOUD, ConnectionFacts, Platform};
use engine::transport::{Http, Lane, Realm, Request, Response, Subject, Transport};
use jiff::Timestamp;

use crate::answers::{Answers, at_once};

/// How far a list is followed: pages that lead on and on are the engine's business, one call is the adapter's.
const PAGES: usize = 20;

struct Hostile {
    platform: &'static dyn Platform,
    answers: Answers,
}

#[async_trait]
impl Transport for Hostile {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn send(&self, _: PlatformId, request: Request, _: Subject, _: Lane) -> Result<Response> {
        let info = self.platform.info();
        let host = request.url.host_str().unwrap_or_default();
        let is_own = request.url.scheme() == "https" && request.url.port().is_none() && info.hosts.contains(&host);
        assert!(is_own, "a request to {}", request.url);
        assert!(info.rates.iter().any(|rate| rate.counts(request.class)), "the rate class {} is not declared", request.class);
        let operation = request.operation;
        let answer = self.answers.next();
        match self.platform.read_error(&answer, operation) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }
}

/// One input for the adapter `slug`. Its first line is a letter for the call, and the cursor to begin at, if any.
pub fn page(slug: &str, input: &[u8]) {
    let platforms = platforms::all();
    let Some(platform) = platforms.iter().find(|platform| platform.info().id.as_str() == slug) else { panic!("no platform {slug}") };
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (asked, text) = (String::from_utf8_lossy(&input[..end]), input.get(end + 1..).unwrap_or_default());
    let mut letters = asked.chars();
    let call = letters.next().unwrap_or('a');
    let cursor = Some(letters.as_str().trim()).filter(|cursor| !cursor.is_empty()).map(str::to_owned);
    let speaker = if call.is_ascii_uppercase() { Subject::Grant(engine::model::GrantId(1)) } else { Subject::Connection };
    let transport = Arc::new(Hostile { platform, answers: Answers::read(text) });
    let connection = platform.connect(facts(platform), Http::new(transport, platform.info().id, speaker, Lane::Import));
    match call.to_ascii_lowercase() {
        'w' => drop(at_once(connection.whoami())),
        't' => follow(cursor, |cursor| at_once(connection.teams(cursor)).ok().and_then(|page| page.next)),
        'm' => follow(cursor, |cursor| at_once(connection.accounts(Some("team-1"), cursor)).ok().and_then(|page| page.next)),
        'f' => drop(at_once(connection.find_account("ana@harbor.example"))),
        'i' => {
            let talk = Conversation { id: "talk-1".into(), with: "person-1".into() };
            follow(cursor, |cursor| at_once(connection.inbox(&talk, Timestamp::UNIX_EPOCH, cursor)).ok().and_then(|page| page.next));
        }
        'p' => drop(at_once(connection.prove(platform.info().slots.first().map_or("", |slot| slot.name)))),
        'v' => drop(at_once(connection.advise())),
        _ => follow(cursor, |cursor| at_once(connection.accounts(None, cursor)).ok().and_then(|page| page.next)),
    }
}

/// Follows a list as an import does: a cursor that leads to itself is its end.
fn follow(mut cursor: Option<String>, mut page: impl FnMut(Option<&str>) -> Option<String>) {
    for _ in 0..PAGES {
        let next = page(cursor.as_deref());
        if next.is_none() || next == cursor {
            return;
        }
        cursor = next;
    }
}

/// A connection of this platform, in its first cloud.
pub fn facts(platform: &dyn Platform) -> ConnectionFacts {
    let fields = platform.info().fields.iter().filter(|field| !field.secret && field.name != CLOUD);
    let identity = Identity {
        tenant: "tenant-1".into(),
        tenant_name: "Harbor".into(),
        account: "sender-1".into(),
        name: "User Sync".into(),
        email: Some("sync@harbor.example".into()),
        scopes: Default::default(),
        facts: Default::default(),
    };
    ConnectionFacts {
        fields: fields.map(|field| (field.name.to_owned(), "given-1".to_owned())).collect(),
        identity: Some(identity),
        ..ConnectionFacts::default()
    }
}
