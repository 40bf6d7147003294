//! How a company registers its own Slack app: the manifest that makes it, the pages to walk through, the clouds, and the page
//! that ends everything.
//!
//! The manifest is made of `INFO`, so that scopes and redirect addresses are never told twice. The hosts are those of Slack's page
//! about GovSlack (docs.slack.dev/govslack). UNCONFIRMED: that the page for new apps takes a manifest from its address, which many
//! tools rely on and Slack does not document; so the manifest can be pasted as well.

use engine::guide::{Copied, Guide, Holder, Open, Part, redirects};
use engine::platform::{CLOUD, Cloud, OffSwitch};
use serde_json::json;

use super::Slack;
use super::info::{BOT, INFO, USER};

/// Where apps are made, changed and deleted.
pub(super) const APPS: &str = "https://api.slack.com/apps";

/// Slack's clouds; nothing leads from one to the other.
pub(super) const CLOUDS: &[Cloud] = &[
    Cloud::COMMERCIAL,
    Cloud {
        name: "govslack",
        title: "GovSlack",
        hosts: &[("slack.com", "slack-gov.com")],
        pages: &[("api.slack.com", "api.slack-gov.com"), ("slack.com", "slack-gov.com")],
        limits: "",
    },
];

/// The way through Slack's pages.
pub(super) const GUIDE: Guide = Guide {
    needs: &[
        "You may install apps in the workspace; where apps are approved first (Require App Approval), an owner approves this one.",
        "The workspace has room for one more app: the free plan holds ten.",
        "You are a full member of the workspace: Slack refuses the sign-in of a guest.",
    ],
    parts: &[
        Part {
            title: "Make the app",
            text: &[
                "Open Slack with the manifest below: it names every scope, redirect address and setting that User Sync needs.",
                "Pick the workspace, press Next, read the summary, and press Create.",
                "If the page comes up without the manifest, press Create New App, choose From a manifest, and paste it.",
                "The manifest turns PKCE on, so that signing in needs no client secret; only Slack's support can turn it off again.",
                "Then copy the Client ID from App Credentials on the page Basic Information.",
            ],
            open: Some(Open {
                label: "Open Slack with the manifest",
                url: "https://api.slack.com/apps?new_app=1&manifest_json={manifest}",
            }),
            copy: &[Copied::Manifest],
            fields: &[CLOUD, "client_id"],
            without: None,
        },
        Part {
            title: "Install it in the workspace",
            text: &[
                "Open the app's page Install App, press Install to Workspace, and press Allow.",
                "If the button reads Request to Install, apps are approved first: an owner finds the request under Tools & settings, Manage apps, and you install the app after that.",
                "Then copy the Bot User OAuth Token, which begins with xoxb-.",
            ],
            open: Some(Open { label: "Open your Slack apps", url: APPS }),
            copy: &[Copied::Scopes(Holder::Slot(BOT))],
            fields: &["bot_token"],
            without: None,
        },
        Part {
            title: "Sign in to read the directory",
            text: &[
                "There is nothing to enter here: when you connect, the browser opens at Slack, lists these scopes, and you press Allow.",
                "Slack gives a desktop program no bot scopes, so the directory is read with a token of your own account.",
                "That token ends when your account is deactivated, or when User Sync does not renew it for 30 days.",
                "The redirect addresses stand in the manifest; an app made by hand takes them on its page OAuth & Permissions, with PKCE on.",
            ],
            open: None,
            copy: &[Copied::Redirects(Holder::Slot(USER)), Copied::Scopes(Holder::Slot(USER))],
            fields: &[],
            without: None,
        },
        Part {
            title: "Make the app-level token",
            text: &[
                "Open the app's page Basic Information and press Generate Token and Scopes under App-Level Tokens.",
                "Give it any name, press Add Scope, choose connections:write, and press Generate.",
                "Then copy the token, which begins with xapp-.",
            ],
            open: Some(Open { label: "Open your Slack apps", url: APPS }),
            copy: &[Copied::Text { label: "Scope of the app-level token", text: "connections:write" }],
            fields: &["app_token"],
            without: Some(
                "Nothing is missing today: User Sync asks Slack for answers by itself. Hearing of messages at once will need it.",
            ),
        },
        Part {
            title: "You have a token already",
            text: &[
                "A user token (xoxp-…) with the user scopes above takes the place of signing in; the app's page OAuth & Permissions shows it as User OAuth Token.",
                "The client secret stays empty: an app with PKCE needs none.",
            ],
            open: None,
            copy: &[],
            fields: &["user_token", "client_secret"],
            without: Some("The browser opens when you connect, and you sign in there."),
        },
    ],
};

/// Deleting the app ends every token of it.
pub(super) const OFF_SWITCH: OffSwitch = OffSwitch {
    how: "Open the app, and press Delete App on its page Basic Information: the bot and every token end at once. An owner who did not make the app removes it under Tools & settings, Manage apps.",
    link: APPS,
};

/// The app as Slack's page for new apps reads it. Without the messages tab nobody could write with the bot, and a read-only one
/// takes no answers. Token rotation stays off: a bot token from the admin's hand cannot be renewed.
pub(super) fn manifest() -> String {
    let scopes = |name| -> Vec<&str> {
        INFO.slots.iter().filter(|slot| slot.name == name).flat_map(|slot| slot.scopes).map(|scope| scope.name).collect()
    };
    json!({
        "display_information": {
            "name": "User Sync",
            "description": "Shows people of other chat platforms here, and asks members to authorise their accounts there.",
        },
        "features": {
            "app_home": { "home_tab_enabled": false, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
            "bot_user": { "display_name": "User Sync", "always_online": false },
        },
        "oauth_config": {
            "redirect_urls": redirects(&Slack, Holder::Slot(USER)),
            "scopes": { "user": scopes(USER), "bot": scopes(BOT) },
            "pkce_enabled": true,
        },
        "settings": {
            "event_subscriptions": { "bot_events": ["message.im", "app_uninstalled", "tokens_revoked"] },
            "interactivity": { "is_enabled": false },
            "org_deploy_enabled": false,
            "socket_mode_enabled": true,
            "token_rotation_enabled": false,
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine::guide::view;
    use engine::platform::Platform;
    use serde_json::Value;

    use super::*;

    fn texts(value: &Value) -> Vec<&str> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    }

    /// Limits of Slack's JSON schema of manifests, major version 2.
    #[test]
    fn the_manifest_keeps_within_slacks_limits() {
        let manifest: Value = serde_json::from_str(&manifest()).unwrap();
        let length = |pointer: &str| manifest.pointer(pointer).unwrap().as_str().unwrap().chars().count();
        assert!((1..=35).contains(&length("/display_information/name")));
        assert!((1..=140).contains(&length("/display_information/description")));
        assert!((1..=80).contains(&length("/features/bot_user/display_name")));
        assert!(texts(&manifest["oauth_config"]["redirect_urls"]).len() <= 1000);
        let events = texts(&manifest["settings"]["event_subscriptions"]["bot_events"]);
        assert!(events.len() <= 100 && events.iter().collect::<BTreeSet<_>>().len() == events.len());
        let members = |pointer: &str| {
            let names: BTreeSet<_> = manifest.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(members(""), "display_information features oauth_config settings");
        assert_eq!(members("/display_information"), "description name");
        assert_eq!(members("/oauth_config"), "pkce_enabled redirect_urls scopes");
    }

    #[test]
    fn the_manifest_asks_for_what_the_adapter_needs_and_nothing_else() {
        let manifest: Value = serde_json::from_str(&Slack.manifest().unwrap()).unwrap();
        for (slot, kind) in [(USER, "user"), (BOT, "bot")] {
            let declared: Vec<_> =
                INFO.slots.iter().find(|known| known.name == slot).unwrap().scopes.iter().map(|scope| scope.name).collect();
            let asked = texts(&manifest["oauth_config"]["scopes"][kind]);
            assert!(!asked.is_empty() && asked.len() <= 255);
            assert_eq!(asked, declared, "{kind}");
        }
        let addresses = texts(&manifest["oauth_config"]["redirect_urls"]);
        assert_eq!((addresses.len(), addresses[0], addresses[9]), (10, "http://localhost:43117/slack", "http://localhost:43126/slack"));
        for (pointer, expected) in [
            ("/oauth_config/pkce_enabled", true),
            ("/settings/socket_mode_enabled", true),
            ("/settings/token_rotation_enabled", false),
            ("/features/app_home/messages_tab_enabled", true),
            ("/features/app_home/messages_tab_read_only_enabled", false),
        ] {
            assert_eq!(manifest.pointer(pointer), Some(&Value::Bool(expected)), "{pointer}");
        }
    }

    #[test]
    fn the_guide_opens_slack_of_the_chosen_cloud_with_the_manifest_in_the_address() {
        let of = |cloud: &str| view(&Slack, &[(CLOUD.to_owned(), cloud.to_owned())].into()).unwrap();
        for (cloud, host) in [("", "api.slack.com"), ("commercial", "api.slack.com"), ("govslack", "api.slack-gov.com")] {
            let guide = of(cloud);
            let url = guide.parts[0].open.as_ref().unwrap().url.as_ref().unwrap();
            let url = url::Url::parse(url).unwrap();
            assert_eq!((url.host_str(), url.path()), (Some(host), "/apps"), "{cloud}");
            let carried = url.query_pairs().find(|(name, _)| name == "manifest_json").unwrap().1.into_owned();
            assert_eq!(carried, manifest());
            assert!(guide.off_switch_link.starts_with(&format!("https://{host}/")), "{}", guide.off_switch_link);
        }
    }
}
