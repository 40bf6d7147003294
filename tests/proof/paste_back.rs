//! An employee who follows a link and answers with the address on which their browser ended.

use engine::Kind;
use engine::platform::ConnectionFacts;
use engine::secrets::Secret;
use engine::signin::{self, Answer, PasteLink, Tokens};
use engine::transport::Subject;
use url::Url;

use crate::person::{Does, Person};
use crate::platform::DESKTOP;
use crate::world::{GRANT, World, soon};

fn invite(world: &World, facts: &ConnectionFacts) -> PasteLink {
    signin::invite(&world.paced, world.platform, facts, Some("ana")).unwrap()
}

async fn ended_on(person: &Person, link: &PasteLink, does: Does) -> Url {
    let address = person.follow(&link.url, does).await.back();
    assert_eq!((address.host_str(), address.port()), (Some("localhost"), Some(43918)));
    address
}

fn code(link: &PasteLink, text: &str) -> Secret {
    match signin::read_answer(link, text) {
        Answer::Code(code) => code,
        other => panic!("{other:?} in {text}"),
    }
}

async fn finish(world: &World, facts: &ConnectionFacts, link: PasteLink, code: Secret) -> engine::Result<Tokens> {
    signin::finish(&world.paced, world.platform, facts, link, code).await
}

#[tokio::test]
async fn the_address_on_which_the_browser_ended_signs_in() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (link, ana) = (invite(&world, &facts), world.person("ana"));
        // The link is kept sealed between the prompt and its answer.
        let link = PasteLink::from_secret(&link.to_secret().unwrap()).unwrap();
        let address = ended_on(&ana, &link, Does::Allow).await;
        let code = code(&link, &format!("it says it cannot load this:\n{address}\nwhat now?"));
        let tokens = finish(&world, &facts, link, code).await.unwrap();
        world.keep(&tokens).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_with_the_verifier_of_another_link() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (first, second, ana) = (invite(&world, &facts), invite(&world, &facts), world.person("ana"));
        let address = ended_on(&ana, &first, Does::Allow).await.to_string();
        assert!(matches!(signin::read_answer(&second, &address), Answer::OtherPrompt));
        let stolen = code(&first, &address);
        let error = finish(&world, &facts, second, stolen.clone()).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut, "{error:?}");
        assert_eq!(world.proxy.grants("authorization_code"), 1, "the code was not even tried");
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_used_again_is_refused_and_ends_what_it_brought() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (link, ana) = (invite(&world, &facts), world.person("ana"));
        let code = code(&link, ended_on(&ana, &link, Does::Allow).await.as_str());
        let tokens = finish(&world, &facts, link.clone(), code.clone()).await.unwrap();
        world.keep(&tokens).await;
        world.whoami(Subject::Grant(GRANT)).await.unwrap();
        let error = finish(&world, &facts, link, code).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut, "{error:?}");
        // The server takes a code that comes twice for a stolen one, and ends both.
        let error = world.whoami(Subject::Grant(GRANT)).await.unwrap_err();
        assert_eq!(error.kind, Kind::SignedOut, "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_followed_twice_brings_two_codes_for_one_prompt() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (link, ana, ben) = (invite(&world, &facts), world.person("ana"), world.person("ben"));
        let (of_ana, of_ben) = (ended_on(&ana, &link, Does::Allow).await, ended_on(&ben, &link, Does::Allow).await);
        assert_ne!(code(&link, of_ana.as_str()).expose(), code(&link, of_ben.as_str()).expose());
        // Whose code it was is told by the server only: hence the look at the account before a grant counts.
        let tokens = finish(&world, &facts, link.clone(), code(&link, of_ben.as_str())).await.unwrap();
        world.keep(&tokens).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ben");
        let tokens = finish(&world, &facts, link.clone(), code(&link, of_ana.as_str())).await.unwrap();
        world.keep(&tokens).await;
        assert_eq!(world.whoami(Subject::Grant(GRANT)).await.unwrap().account, "ana");
    })
    .await;
}

#[tokio::test]
async fn a_code_that_was_answered_too_late_is_refused() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (link, ana) = (invite(&world, &facts), world.person("ana"));
        let code = code(&link, ended_on(&ana, &link, Does::Allow).await.as_str());
        world.pass(120).await;
        assert_eq!(finish(&world, &facts, link, code).await.unwrap_err().kind, Kind::SignedOut);
    })
    .await;
}

#[tokio::test]
async fn who_says_no_on_the_servers_page_has_declined() {
    soon(async {
        let world = World::new(&DESKTOP);
        let facts = world.facts();
        let (link, ana) = (invite(&world, &facts), world.person("ana"));
        let address = ended_on(&ana, &link, Does::Refuse).await;
        assert!(matches!(signin::read_answer(&link, address.as_str()), Answer::Declined), "{address}");
    })
    .await;
}
