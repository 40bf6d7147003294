use super::*;

fn heard(sim: &Simulator, account: &Account) -> Vec<(String, String)> {
    sim.ledger().heard(Platform::Teams, &account.id).iter().map(|heard| (heard.from.clone(), heard.text.clone())).collect()
}

async fn say(sim: &Simulator, chat: &str, body: Value) -> Got {
    write(sim, "POST", &format!("/chats/{chat}/messages"), json!({ "body": body })).await
}

#[tokio::test(start_paused = true)]
async fn a_chat_of_two_is_one_and_groups_are_many() {
    let sim = simulator();
    let admin = sim.world().admin(Platform::Teams);
    let (one, other) = (colleagues(&sim)[0], colleagues(&sim)[1]);
    assert_eq!(chat_with(&sim, one).await, chat_with(&sim, one).await);
    assert_ne!(chat_with(&sim, one).await, chat_with(&sim, other).await);
    let group = json!({ "chatType": "group", "topic": "A group", "members": [member(admin, "owner"), member(one, "owner"), member(other, "owner")] });
    let (first, second) = (write(&sim, "POST", "/chats", group.clone()).await, write(&sim, "POST", "/chats", group).await);
    assert_eq!((first.status, second.status, first.json["id"] == second.json["id"]), (201, 201, false));
    assert_eq!(write(&sim, "POST", "/me/chats", json!({})).await.status, 405);
}

#[tokio::test(start_paused = true)]
async fn members_and_roles_are_checked() {
    let sim = simulator();
    let admin = sim.world().admin(Platform::Teams);
    let (one, other) = (colleagues(&sim)[0], colleagues(&sim)[1]);
    let guest = account(&sim, |account| account.kind == Kind::Guest);
    let unlicensed = account(&sim, |account| account.active && account.kind == Kind::Member && !account.licensed);
    let mut without_role = member(one, "owner");
    without_role["roles"] = json!([]);
    let mut elsewhere = member(one, "owner");
    elsewhere["user@odata.bind"] = json!(format!("https://evil.example/v1.0/users('{}')", one.id));
    for (members, status) in [
        (vec![member(admin, "owner"), member(guest, "guest")], 201),
        (vec![member(admin, "owner"), member(guest, "owner")], 400),
        (vec![member(admin, "owner"), member(one, "guest")], 400),
        (vec![member(admin, "owner"), without_role], 400),
        (vec![member(admin, "owner"), elsewhere], 400),
        (vec![member(admin, "owner")], 400),
        (vec![member(admin, "owner"), member(admin, "owner")], 400),
        (vec![member(admin, "owner"), member(one, "owner"), member(other, "owner")], 400),
        (vec![member(one, "owner"), member(other, "owner")], 403),
        (vec![member(admin, "owner"), member(unlicensed, "owner")], 403),
    ] {
        let got = write(&sim, "POST", "/chats", json!({ "chatType": "oneOnOne", "members": members })).await;
        assert_eq!(got.status, status, "{members:?} {}", got.text);
    }
    for (caller, scopes) in [(unlicensed, ["Chat.ReadWrite"]), (guest, ["Chat.ReadWrite"]), (one, ["ChatMessage.Send"])] {
        let token = token_of(&sim, caller, &scopes);
        let got = with_json(
            &sim,
            "POST",
            &format!("{V1}/chats"),
            &token,
            &json!({ "chatType": "oneOnOne", "members": [member(caller, "owner"), member(other, "owner")] }),
        )
        .await;
        assert_eq!((got.status, code_of(&got)), (403, "Forbidden"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_is_heard_edited_and_deleted() {
    let sim = simulator();
    let one = colleagues(&sim)[0];
    let chat = chat_with(&sim, one).await;
    let said = say(&sim, &chat, json!({ "contentType": "html", "content": "<p>Your code:<br>ABCD</p>" })).await;
    assert_eq!(said.status, 201, "{}", said.text);
    let id = said.json["id"].as_str().unwrap();
    let admin = sim.world().admin(Platform::Teams);
    assert_eq!(heard(&sim, one), [(admin.name(), "Your code:\nABCD".to_owned())]);
    let edited =
        write(&sim, "PATCH", &format!("/chats/{chat}/messages/{id}"), json!({ "body": { "contentType": "text", "content": "expired" } }))
            .await;
    assert_eq!((edited.status, edited.text.as_str()), (204, ""));
    assert_eq!(heard(&sim, one)[0].1, "expired");
    let shown = get(&sim, &format!("/chats/{chat}/messages/{id}")).await;
    assert!(shown.json["lastEditedDateTime"].is_string() && shown.json["body"]["content"] == "expired");
    let theirs = token_of(&sim, one, &["Chat.ReadWrite"]);
    let foreign =
        with_json(&sim, "PATCH", &format!("{V1}/chats/{chat}/messages/{id}"), &theirs, &json!({ "body": { "content": "x" } })).await;
    assert_eq!(foreign.status, 403, "only the sender edits");
    assert_eq!(write(&sim, "POST", &format!("/users/{}/chats/{chat}/messages/{id}/softDelete", one.id), Value::Null).await.status, 403);
    assert_eq!(write(&sim, "POST", &format!("/users/{}/chats/{chat}/messages/{id}/softDelete", admin.id), Value::Null).await.status, 204);
    assert!(heard(&sim, one).is_empty());
    let listed = get(&sim, &format!("/chats/{chat}/messages")).await;
    assert!(listed.json["value"][0]["deletedDateTime"].is_string() && listed.json["value"][0]["body"]["content"] == "");
    assert_eq!(
        write(&sim, "POST", &format!("/users/{}/chats/{chat}/messages/{id}/undoSoftDelete", admin.id), Value::Null).await.status,
        204
    );
    assert_eq!(heard(&sim, one).len(), 1);
    let outsider = token_of(&sim, colleagues(&sim)[1], &["Chat.ReadWrite"]);
    assert_eq!(
        with_json(&sim, "GET", &format!("{V1}/chats/{chat}/messages"), &outsider, &Value::Null).await.status,
        403,
        "who is not in the chat reads nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn posts_have_a_body_a_size_and_known_members() {
    let sim = simulator();
    let chat = chat_with(&sim, colleagues(&sim)[0]).await;
    assert_eq!(say(&sim, &chat, json!({ "content": "x".repeat(28_672) })).await.status, 201);
    assert_eq!(say(&sim, &chat, json!({ "content": "x".repeat(28_673) })).await.status, 413);
    assert_eq!(say(&sim, &chat, json!({ "content": " " })).await.status, 400);
    assert_eq!(say(&sim, &chat, json!({ "content": "x", "contentType": "markdown" })).await.status, 400);
    assert_eq!(
        write(&sim, "POST", &format!("/chats/{chat}/messages"), json!({ "body": { "content": "x" }, "channelData": 1 })).await.status,
        400
    );
    let bearer = format!("Bearer {}", admin_token(&sim));
    let text =
        call(&sim, "POST", &format!("{V1}/chats/{chat}/messages"), &[("authorization", &bearer), ("content-type", "text/plain")], "x")
            .await;
    assert_eq!(text.status, 400);
    let none = say(&sim, "19:unknown@unq.gbl.spaces", json!({ "content": "x" })).await;
    assert_eq!((none.status, code_of(&none)), (404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn messages_come_newest_first_in_pages_that_new_ones_do_not_shift() {
    let sim = simulator();
    let chat = chat_with(&sim, colleagues(&sim)[0]).await;
    for number in 0..15 {
        say(&sim, &chat, json!({ "content": number.to_string() })).await;
        sim.clock().advance(Duration::from_secs(1));
    }
    let first = get(&sim, &format!("/chats/{chat}/messages?$top=10")).await;
    say(&sim, &chat, json!({ "content": "new" })).await;
    let second = with_json(&sim, "GET", first.json["@odata.nextLink"].as_str().unwrap(), &admin_token(&sim), &Value::Null).await;
    let texts: Vec<String> = [&first, &second]
        .iter()
        .flat_map(|got| got.json["value"].as_array().unwrap())
        .map(|message| message["body"]["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, (0..15).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(get(&sim, &format!("/chats/{chat}/messages?$top=51")).await.status, 400);
    let since = "$filter=lastModifiedDateTime%20gt%202026-01-05T08:00:12Z";
    let with_order = get(&sim, &format!("/chats/{chat}/messages?$top=50&$orderby=lastModifiedDateTime%20desc&{since}")).await;
    assert_eq!(with_order.json["value"].as_array().unwrap().len(), 3, "13, 14 and the new one");
    let without = get(&sim, &format!("/chats/{chat}/messages?$top=50&{since}")).await;
    assert_eq!(without.json["value"].as_array().unwrap().len(), 16, "$filter without $orderby is ignored");
}

#[tokio::test(start_paused = true)]
async fn chats_are_listed_with_members_and_the_last_message() {
    let sim = simulator();
    let one = colleagues(&sim)[0];
    let chat = chat_with(&sim, one).await;
    say(&sim, &chat, json!({ "content": "hello" })).await;
    let listed = get(&sim, "/me/chats?$expand=members,lastMessagePreview&$top=50").await;
    let shown = &listed.json["value"][0];
    assert_eq!((shown["id"].as_str(), shown["members"].as_array().unwrap().len()), (Some(chat.as_str()), 2));
    assert_eq!(shown["lastMessagePreview"]["body"]["content"], "hello");
    let plain = get(&sim, "/me/chats").await;
    assert!(plain.json["value"][0].get("members").is_none());
    assert_eq!(get(&sim, "/me/chats?$top=51").await.status, 400);
    assert_eq!(get(&sim, "/me/chats?$expand=tabs").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn an_employee_answers_whoever_wrote() {
    let sim = simulator();
    let one = colleagues(&sim)[0];
    let admin = sim.world().admin(Platform::Teams);
    let chat = chat_with(&sim, one).await;
    say(&sim, &chat, json!({ "content": "yes or no?" })).await;
    let to = sim.ledger().heard(Platform::Teams, &one.id)[0].answer_to.clone();
    assert_eq!(speak(&sim, one, &to, "no"), Ok(()));
    assert_eq!(speak(&sim, one, admin.email.as_deref().unwrap(), "really"), Ok(()));
    assert_eq!(speak(&sim, one, &admin.name(), "really not"), Ok(()));
    let texts: Vec<Value> =
        all(&sim, &format!("/chats/{chat}/messages")).await.iter().map(|message| message["body"]["content"].clone()).collect();
    assert_eq!(texts, ["really not", "really", "no", "yes or no?"]);
    assert_eq!(heard(&sim, admin).len(), 3);
    assert!(speak(&sim, one, "Nobody At All", "x").is_err());
    let unlicensed = account(&sim, |account| account.active && account.kind == Kind::Member && !account.licensed);
    assert!(speak(&sim, unlicensed, &admin.id, "x").is_err());
}

#[tokio::test(start_paused = true)]
async fn a_group_of_sender_unredeemed_guest_and_recipient_can_talk() {
    let sim = simulator();
    let (admin, one) = (sim.world().admin(Platform::Teams), colleagues(&sim)[0]);
    let invited = invite(&sim, "ada@tidewater.example").await;
    let guest = json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["guest"], "user@odata.bind": format!("{V1}/users/{}", invited.json["invitedUser"]["id"].as_str().unwrap()) });
    let made =
        write(&sim, "POST", "/chats", json!({ "chatType": "group", "members": [member(admin, "owner"), guest, member(one, "owner")] }))
            .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let chat = made.json["id"].as_str().unwrap();
    assert_eq!(say(&sim, chat, json!({ "content": "for Ada" })).await.status, 201);
    assert_eq!(heard(&sim, one).len(), 1);
    let kinds: Vec<Value> =
        all(&sim, &format!("/chats/{chat}/messages")).await.iter().map(|message| message["messageType"].clone()).collect();
    assert_eq!(kinds, ["message", "unknownFutureValue"]);
    let newer = get_with(&sim, &format!("/chats/{chat}/messages"), &[("prefer", "include-unknown-enum-members")]).await;
    assert_eq!(newer.json["value"][1]["messageType"], "systemEventMessage");
}

#[tokio::test(start_paused = true)]
async fn messages_are_ordered_by_their_last_change_unless_asked_otherwise() {
    let sim = simulator();
    let chat = chat_with(&sim, colleagues(&sim)[0]).await;
    let first = say(&sim, &chat, json!({ "content": "first" })).await.json["id"].as_str().unwrap().to_owned();
    sim.clock().advance(Duration::from_secs(1));
    say(&sim, &chat, json!({ "content": "second" })).await;
    sim.clock().advance(Duration::from_secs(1));
    assert_eq!(
        write(&sim, "PATCH", &format!("/chats/{chat}/messages/{first}"), json!({ "body": { "content": "first, changed" } })).await.status,
        204
    );
    for (order, expected) in [("", ["first, changed", "second"]), ("?$orderby=createdDateTime%20desc", ["second", "first, changed"])] {
        let got = get(&sim, &format!("/chats/{chat}/messages{order}")).await;
        let texts: Vec<&str> =
            got.json["value"].as_array().unwrap().iter().map(|message| message["body"]["content"].as_str().unwrap()).collect();
        assert_eq!(texts, expected, "{order}");
    }
}
