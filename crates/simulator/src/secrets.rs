//! Everything secret that this run gave out or was started with, dead or alive: for those who search files, logs and
//! messages for what must not be there. Not in it: what people are shown and type (user codes, links, client ids).

use std::collections::BTreeSet;

use crate::{Simulator, lock};

impl Simulator {
    /// Every token, code, device code, client secret and ticket of this run, in order, each once.
    pub fn secrets(&self) -> Vec<String> {
        let mut all: BTreeSet<String> = lock(&self.inner.secrets).clone();
        all.extend(self.tokens().every().map(str::to_owned));
        all.extend(self.sign_ins().every_code().map(str::to_owned));
        all.into_iter().collect()
    }

    /// Keeps a secret that is neither a token nor a code; gives it back.
    pub(crate) fn secret(&self, text: String) -> String {
        lock(&self.inner.secrets).insert(text.clone());
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{call, consent, simulator, with_form, with_json};
    use crate::{Platform, Simulator};

    /// Texts under names that end in one of these, wherever they stand.
    fn named(value: &Value, endings: &[&str], found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(text)) = (endings.iter().any(|ending| name.ends_with(ending)), value.as_str()) {
                        found.push(text.to_owned());
                    }
                    named(value, endings, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| named(item, endings, found)),
            _ => {}
        }
    }

    async fn used(sim: &Simulator) -> Vec<Value> {
        let text = |platform: &str, pointer: &str| sim.credentials()[platform].pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let mut answers = vec![sim.credentials()];
        // Entra: a code, its tokens and an id token; a device code.
        let tenant = "https://login.microsoftonline.com/harborpine.onmicrosoft.com/oauth2/v2.0";
        let client = text("teams", "/client_id");
        let asked = [
            ("client_id", &*client),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:9123"),
            ("scope", "User.Read openid offline_access"),
        ];
        let back = consent(sim, &format!("{tenant}/authorize?{}", crate::http::encode(&asked)), sim.admin_email(), "allow").await;
        let location = url::Url::parse(back.headers["location"].to_str().unwrap()).unwrap();
        let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        answers.push(json!({ "authorization_code": code }));
        let form =
            [("client_id", &*client), ("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", "http://localhost:9123")];
        answers.push(with_form(sim, &format!("{tenant}/token"), &[], &form).await.json);
        let form = [("client_id", &*client), ("scope", "User.Read")];
        answers.push(with_form(sim, &format!("{tenant}/devicecode"), &[], &form).await.json);
        // Slack: an app made by its manifest, a socket's ticket, and a pair of tokens that replaces another.
        let manifest = json!({ "display_information": { "name": "X" } }).to_string();
        let config = text("slack", "/config_token");
        let made =
            with_json(sim, "POST", "https://slack.com/api/apps.manifest.create", &config, &json!({ "manifest": manifest })).await.json;
        let id = made["app_id"].clone();
        answers.push(made);
        with_json(sim, "POST", "https://slack.com/api/apps.manifest.delete", &config, &json!({ "app_id": id })).await;
        let opened =
            with_json(sim, "POST", "https://slack.com/api/apps.connections.open", &text("slack", "/app_token"), &Value::Null).await.json;
        let url = opened["url"].as_str().unwrap().to_owned();
        answers.push(json!({ "ticket": url.split("ticket=").nth(1).unwrap().split('&').next().unwrap() }));
        drop(sim.open_socket(&url).unwrap());
        let refresh = text("slack", "/config_refresh_token");
        answers.push(with_form(sim, "https://slack.com/api/tooling.tokens.rotate", &[], &[("refresh_token", &refresh)]).await.json);
        // Webex: a guest. Zoom: a token that is revoked.
        let guest = json!({ "subject": "p1", "displayName": "Ana" });
        answers
            .push(with_json(sim, "POST", "https://webexapis.com/v1/guests/token", &text("webex", "/service_app_token"), &guest).await.json);
        let zoom = sim.tokens().grants(Platform::Zoom)[0].id;
        sim.tokens().revoke(zoom);
        answers
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_was_given_out_is_known_dead_or_alive() {
        let sim = simulator();
        let mut given = Vec::new();
        let endings = ["token", "secret", "accessToken", "authorization_code", "device_code", "ticket"];
        used(&sim).await.iter().for_each(|answer| named(answer, &endings, &mut given));
        given.retain(|text| text != "bearer" && text != "Bearer");
        assert!(given.len() >= 25, "{}", given.len());
        let secrets = sim.secrets();
        for text in &given {
            assert!(secrets.contains(text), "{text}");
        }
        let shortest = secrets.iter().map(String::len).min().unwrap();
        assert!(shortest >= 20, "a secret of {shortest} letters would be found by chance");
        for shown in [sim.credentials()["teams"]["client_id"].as_str().unwrap(), sim.admin_email()] {
            assert!(!secrets.iter().any(|secret| secret == shown));
        }
        let request = ::http::Request::builder().uri("/_control/secrets").body(bytes::Bytes::new()).unwrap();
        let answer: Value = serde_json::from_slice(sim.control(request).await.body()).unwrap();
        assert_eq!(answer["secrets"], json!(secrets));
        assert_eq!(call(&sim, "GET", "https://zoom.us/_control/secrets", &[], "").await.status, 501, "no vendor shows them");
    }
}
