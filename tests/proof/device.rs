//! The device grant: a code that a person enters on the server's own page while we ask.

use std::time::Duration;

use engine::platform::ConnectionFacts;
use engine::signin::{self, DeviceCode, Polled, Started};
use engine::transport::Subject;

use crate::person::{Does, End};
use crate::platform::DESKTOP;
use crate::world::{GRANT, World, soon};

pub(crate) const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(crate) async fn start(world: &World, facts: &ConnectionFacts) -> DeviceCode {
    match signin::start(&world.paced, world.platform, facts).await.unwrap() {
        Started::Code(code) => code,
        Started::Refused(error) => panic!("{error:?}"),
    }
}

async fn poll(world: &World, facts: &ConnectionFacts, code: &DeviceCode) -> Polled {
    signin::poll(&world.paced, world.platform, facts, code).await.unwrap()
}

/// A person enters the code and decides.
pub(crate) async fn decide(world: &World, name: &'static str, code: &DeviceCode, does: Does) {
    let end = world.person(name).follow(code.complete_url.as_ref().unwrap(), does).await;
    assert!(matches!(end, End::Page { status: 200, .. }), "{end:?}");
}

#[tokio::test]
async fn a_code_is_pending_at_the_servers_pace_until_the_person_allows_it() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        // It is kept sealed while somebody waits for the person.
        let code = DeviceCode::from_secret(&start(&world, &facts).await.to_secret().unwrap()).unwrap();
        // The server names no pace; the standard then says five seconds.
        assert_eq!(code.interval, Duration::from_secs(5));
        assert_eq!(code.url.as_str(), "https://login.proof.example/device");
        for _ in 0..3 {
            let polled = poll(&world, &facts, &code).await;
            assert!(matches!(polled, Polled::Waiting { interval } if interval == code.interval), "{polled:?}");
            world.pass(5).await;
        }
        decide(&world, "ana", &code, Does::Allow).await;
        let Polled::Granted(tokens) = poll(&world, &facts, &code).await else { panic!("not granted") };
        world.keep(&tokens).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
        assert_eq!(world.proxy.grants(DEVICE), 4);
        // It was good for one grant.
        let again = signin::poll(&world.paced, world.platform, &facts, &code).await;
        assert!(!matches!(again, Ok(Polled::Granted(_) | Polled::Waiting { .. })), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn who_says_no_has_declined() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let code = start(&world, &facts).await;
        decide(&world, "ana", &code, Does::Refuse).await;
        let polled = poll(&world, &facts, &code).await;
        assert!(matches!(polled, Polled::Declined), "{polled:?}");
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_too_old_has_expired_whichever_clock_is_right() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        // Our clock says so, and the server is not asked.
        let code = start(&world, &facts).await;
        world.pass_here(301);
        assert!(matches!(poll(&world, &facts, &code).await, Polled::Expired));
        assert_eq!(world.proxy.grants(DEVICE), 0);
        // Our clock is late, and the server says so.
        let code = start(&world, &facts).await;
        world.server.later(301).await;
        let polled = poll(&world, &facts, &code).await;
        assert!(matches!(polled, Polled::Expired), "{polled:?}");
        assert_eq!(world.proxy.grants(DEVICE), 1);
        // And nobody can enter it any more.
        let End::Page { text, .. } = world.person("ana").follow(code.complete_url.as_ref().unwrap(), Does::Allow).await else {
            panic!("the server sent the browser away")
        };
        assert!(text.contains("op.deviceInputForm"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_may_not_is_refused_at_once() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = ConnectionFacts { fields: [("client_id".to_owned(), "no-device".to_owned())].into(), ..world.facts() };
        let started = signin::start(&world.paced, world.platform, &facts).await.unwrap();
        assert!(matches!(started, Started::Refused(_)), "{started:?}");
    })
    .await;
}
