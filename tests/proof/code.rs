//! The admin's sign-in: authorization code with PKCE, in the browser and back to this computer.

use std::sync::Mutex;

use async_trait::async_trait;
use engine::clock::Browser;
use engine::signin::{self, CheckState};
use engine::transport::Subject;
use engine::{Kind, Result};
use url::Url;

use crate::person::{Does, End, Opens, Person, Tabs, visit};
use crate::platform::{BASIC, BASIC_AND_FORM, DESKTOP, FIXED, FORM, LOCALHOST, OTHER_PORT, Pretended, USER};
use crate::world::{World, fields, soon};

#[tokio::test]
async fn every_kind_of_client_signs_in() {
    soon(async {
        let cases: [(&'static Pretended, &[(&str, &str)]); 6] = [
            (&DESKTOP, &[("client_id", "desktop")]),
            (&LOCALHOST, &[("client_id", "desktop")]),
            (&FIXED, &[("client_id", "fixed")]),
            (&BASIC, &[("client_id", "basic"), ("client_secret", "basic-hush")]),
            (&FORM, &[("client_id", "form"), ("client_secret", "form-hush")]),
            (&BASIC_AND_FORM, &[("client_id", "basic"), ("client_secret", "basic-hush")]),
        ];
        for (platform, given) in cases {
            let world = World::new(platform);
            let ana = world.person("ana");
            let browser = Opens::new(&ana, Does::Allow);
            let facts = world.connect(given, &browser).await.unwrap();
            assert_eq!(facts.identity.unwrap().account, "ana", "{given:?}");
            let scopes = ["offline_access", "openid", "people.read"].map(str::to_owned);
            assert_eq!(facts.granted[USER], scopes.into(), "{given:?}");
            assert_eq!(world.whoami(Subject::Connection).await.unwrap().account, "ana");
            // One answer: the page said so, and whoever loads the address once more finds nobody there.
            assert_eq!(browser.tabs.loaded(), [Some(200)]);
            assert_eq!(visit(browser.ended_on.lock().unwrap().as_ref().unwrap()), None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_client_secret_is_said_and_nothing_is_kept() {
    soon(async {
        for (platform, id) in [(&BASIC, "basic"), (&FORM, "form")] {
            let world = World::new(platform);
            let ana = world.person("ana");
            let given = [("client_id", id), ("client_secret", "not-it")];
            let error = world.connect(&given, &Opens::new(&ana, Does::Allow)).await.unwrap_err();
            assert_eq!(error.kind, Kind::Invalid, "{id}: {error:?}");
            assert!(error.next_step().contains("client id and secret"), "{id}: {}", error.next_step());
            assert!(world.secrets.all().is_empty(), "{id}: {:?}", world.secrets.all().keys());
        }
    })
    .await;
}

#[tokio::test]
async fn who_says_no_is_not_signed_in() {
    soon(async {
        let world = World::new(&DESKTOP);
        let ana = world.person("ana");
        let error = world.connect(&[("client_id", "desktop")], &Opens::new(&ana, Does::Refuse)).await.unwrap_err();
        assert_eq!(error.kind, Kind::Cancelled, "{error:?}");
        assert!(world.secrets.all().is_empty() && world.proxy.grants("authorization_code") == 0);
    })
    .await;
}

/// A browser that brings somebody else's state first.
struct Stray<'a> {
    person: &'a Person,
    tabs: Tabs,
}

#[async_trait]
impl Browser for Stray<'_> {
    async fn open(&self, url: &Url) -> Result<()> {
        let right = self.person.follow(url, Does::Allow).await.back();
        self.tabs.load(vec![another_state(&right), right]);
        Ok(())
    }
}

fn another_state(address: &Url) -> Url {
    let changed = |name: &str, value: String| if name == "state" { format!("{value}x") } else { value };
    let mut stray = address.clone();
    stray.set_query(None);
    stray.query_pairs_mut().extend_pairs(address.query_pairs().map(|(name, value)| (name.clone(), changed(&name, value.into_owned()))));
    stray
}

#[tokio::test]
async fn an_answer_with_another_state_is_none_and_the_right_one_still_counts() {
    soon(async {
        let world = World::new(&DESKTOP);
        let ana = world.person("ana");
        let browser = Stray { person: &ana, tabs: Tabs::new() };
        let facts = world.connect(&[("client_id", "desktop")], &browser).await.unwrap();
        assert_eq!(facts.identity.unwrap().account, "ana");
        assert_eq!(browser.tabs.loaded(), [Some(400), Some(200)]);
        assert_eq!(world.proxy.grants("authorization_code"), 1);
    })
    .await;
}

/// A browser whose code lies around until it is too old.
struct Late<'a> {
    world: &'a World,
    person: &'a Person,
    tabs: Tabs,
}

#[async_trait]
impl Browser for Late<'_> {
    async fn open(&self, url: &Url) -> Result<()> {
        let address = self.person.follow(url, Does::Allow).await.back();
        self.world.pass(120).await;
        self.tabs.load(vec![address]);
        Ok(())
    }
}

#[tokio::test]
async fn a_code_that_is_too_old_is_refused() {
    soon(async {
        let world = World::new(&DESKTOP);
        let ana = world.person("ana");
        let browser = Late { world: &world, person: &ana, tabs: Tabs::new() };
        let error = world.connect(&[("client_id", "desktop")], &browser).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut, "{error:?}");
        assert_eq!(world.proxy.grants("authorization_code"), 1, "the code was not even tried");
        assert_eq!(browser.tabs.loaded(), [Some(200)]);
        assert!(world.secrets.all().is_empty());
    })
    .await;
}

/// A browser that the server lets go nowhere, and a person who gives up.
struct Stuck<'a> {
    world: &'a World,
    person: &'a Person,
    said: Mutex<String>,
}

#[async_trait]
impl Browser for Stuck<'_> {
    async fn open(&self, url: &Url) -> Result<()> {
        let End::Page { status: 400, text } = self.person.follow(url, Does::Allow).await else { panic!("the server sent the code on") };
        *self.said.lock().unwrap() = text;
        self.world.pass_here(301);
        Ok(())
    }
}

#[tokio::test]
async fn a_port_that_is_not_registered_gets_no_code_and_five_minutes_end_it() {
    soon(async {
        let world = World::new(&OTHER_PORT);
        let ana = world.person("ana");
        let browser = Stuck { world: &world, person: &ana, said: Mutex::default() };
        let error = world.connect(&[("client_id", "fixed")], &browser).await.unwrap_err();
        assert_eq!(error.kind, Kind::Cancelled, "{error:?}");
        let said = browser.said.lock().unwrap();
        assert!(said.contains("redirect_uri"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_known_or_not_before_anybody_signs_in() {
    soon(async {
        type Case = (&'static Pretended, &'static [(&'static str, &'static str)], bool);
        let cases: [Case; 5] = [
            (&DESKTOP, &[("client_id", "desktop")], true),
            (&DESKTOP, &[("client_id", "nobody")], false),
            (&BASIC, &[("client_id", "basic"), ("client_secret", "basic-hush")], true),
            (&BASIC, &[("client_id", "basic"), ("client_secret", "not-it")], false),
            (&FORM, &[("client_id", "form"), ("client_secret", "form-hush")], true),
        ];
        for (platform, given, known) in cases {
            let world = World::new(platform);
            let checked = signin::check_field(&world.paced, platform, fields(given), None, given[given.len() - 1].0).await;
            match checked {
                Ok(checked) => assert!(known && checked.state == CheckState::Proven, "{given:?}: {checked:?}"),
                Err(error) => assert!(!known && error.kind == Kind::Invalid, "{given:?}: {error:?}"),
            }
            assert!(world.secrets.all().is_empty());
        }
    })
    .await;
}
