//! What becomes of tokens: renewal with rotation, the old one refused, and the end of a grant.

use engine::Kind;
use engine::error::Remedy;
use engine::platform::GrantFacts;
use engine::secrets::{SecretStore as _, slot_handle};
use engine::signin::{self, Polled, Tokens};
use engine::transport::Subject;

use crate::device::{decide, start};
use crate::person::{Does, Opens};
use crate::platform::{DESKTOP, PROOF, USER};
use crate::world::{GRANT, World, soon};

/// Longer than an access token lives at the server.
const LONG: u64 = 700;

/// An employee's grant, kept.
async fn granted(world: &World) -> Tokens {
    let facts = world.facts();
    let code = start(world, &facts).await;
    decide(world, "ana", &code, Does::Allow).await;
    let Polled::Granted(tokens) = signin::poll(&world.paced, world.platform, &facts, &code).await.unwrap() else { panic!("not granted") };
    world.keep(&tokens).await;
    tokens
}

#[tokio::test]
async fn an_employees_token_is_renewed_with_rotation_and_the_old_one_is_refused() {
    soon(async {
        let world = World::new(&DESKTOP);
        let first = granted(&world).await;
        let mut before = first.clone();
        for renewals in 1..=3 {
            world.pass(LONG).await;
            assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
            assert_eq!(world.proxy.grants("refresh_token"), renewals);
            let now = world.kept().await;
            assert!(now.refresh.is_some() && now.refresh != before.refresh && now.access != before.access, "nothing was rotated");
            before = now;
        }
        // Somebody uses what was stored before the last renewals.
        world.keep(&first).await;
        let error = world.whoami(Subject::Grant(GRANT)).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut, "{error:?}");
        assert!(error.next_step().contains("Sync the person once more"), "{}", error.next_step());
        // The server takes that for a theft and ends the whole grant.
        world.keep(&before).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap_err().kind, Kind::SignedOut);
    })
    .await;
}

#[tokio::test]
async fn a_connections_token_is_renewed_with_rotation_and_the_old_one_is_refused() {
    soon(async {
        let world = World::new(&DESKTOP);
        let ana = world.person("ana");
        world.connect(&[("client_id", "desktop")], &Opens::new(&ana, Does::Allow)).await.unwrap();
        let handle = slot_handle(PROOF, USER);
        let first = world.secrets.get(&handle).await.unwrap().unwrap();
        let mut before = vec![first.clone()];
        for renewals in 1..=2 {
            world.pass(LONG).await;
            world.whoami(Subject::Connection).await.unwrap();
            assert_eq!(world.proxy.grants("refresh_token"), renewals);
            let stored = world.secrets.get(&handle).await.unwrap().unwrap();
            assert!(!before.contains(&stored), "what was renewed is not what is stored");
            before.push(stored);
        }
        // The same as a restart of the program after an old copy of the keychain was put back.
        world.secrets.put(&handle, &first).await.unwrap();
        let error = world.restarted().whoami(Subject::Connection).await.unwrap_err();
        assert_eq!((error.kind, error.remedy.clone()), (Kind::SignedOut, Remedy::SignInAgain), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn however_many_ask_at_once_a_token_is_renewed_once() {
    soon(async {
        let world = World::new(&DESKTOP);
        granted(&world).await;
        world.pass(LONG).await;
        // A second renewal would use a token that is used up, and the server would end the grant.
        let all = (0..20).map(|_| world.whoami(Subject::Grant(GRANT)));
        for answer in futures::future::join_all(all).await {
            assert_eq!(answer.unwrap().account, "ana");
        }
        assert_eq!(world.proxy.grants("refresh_token"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_and_the_request_sent_again() {
    soon(async {
        let world = World::new(&DESKTOP);
        granted(&world).await;
        // Only the server's clock: here the token still looks good.
        world.server.later(LONG).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
        assert_eq!(world.proxy.grants("refresh_token"), 1);
    })
    .await;
}

#[tokio::test]
async fn an_access_token_that_was_ended_at_the_server_is_dead_at_once() {
    soon(async {
        let world = World::new(&DESKTOP);
        let first = granted(&world).await;
        world.connection(Subject::Connection).revoke(&GrantFacts { id: GRANT, account: "ana".into() }).await.unwrap();
        // This server ends the one token and leaves the refresh token alive, as the standard allows. Whoever keeps it speaks on;
        // whoever revokes a grant has to destroy it.
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
        assert_eq!(world.proxy.grants("refresh_token"), 1, "the ended token was still good");
        world.keep(&Tokens { refresh: None, ..first }).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap_err().kind, Kind::SignedOut);
    })
    .await;
}
