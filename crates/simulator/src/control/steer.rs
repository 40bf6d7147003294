//! Acts of a platform's administrator, at the platform itself: ending sign-ins, setting the tenant's rules, switching an
//! app off and on, making new tokens by hand.

use std::time::Duration;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::{Platform, Simulator, slack, teams, zoom};

impl Simulator {
    /// Ends what an administrator ends at the platform, with every token of it: `connection` is what User Sync itself
    /// holds there, an address what the account with it allowed. How many grants ended.
    pub fn sign_out(&self, platform: Platform, who: &str) -> Result<usize, String> {
        let connection = who == "connection";
        let admin = self.world().admin(platform).id.as_str();
        let account = match who {
            "connection" => None,
            email => Some(self.world().find(platform, email).ok_or_else(|| format!("{email} has no account at {}", platform.slug()))?),
        };
        let mut tokens = self.tokens();
        let ended: Vec<u64> = tokens
            .grants(platform)
            .into_iter()
            .filter(|grant| match (&grant.account, account) {
                // Tokens that people make to register apps belong to no app.
                _ if grant.kind == "configuration" => false,
                (Some(id), Some(account)) => *id == account.id,
                (None, Some(_)) => false,
                (None, None) => true,
                // At Zoom the connection is an app of its own: what the admin allowed as a colleague is not part of it.
                (Some(id), None) => platform != Platform::Zoom && id == admin,
            })
            .map(|grant| grant.id)
            .collect();
        for grant in &ended {
            tokens.revoke(*grant);
        }
        drop(tokens);
        if connection && platform == Platform::Zoom {
            // Its token is renewed without anybody's consent: only the app itself can be ended.
            zoom::switch(self, false);
        }
        Ok(ended.len())
    }

    /// From now on a platform shows what was said or made there only after this while.
    pub fn set_lag(&self, platform: Platform, lag: Duration) {
        crate::lock(&self.inner.lags).insert(platform, lag);
    }

    /// Whether a platform shows by now what came to be there at this time.
    pub(crate) fn shows(&self, platform: Platform, came: jiff::Timestamp) -> bool {
        let lag = crate::lock(&self.inner.lags).get(&platform).copied().unwrap_or_default();
        // Ids that are made of the time may be a little ahead of it.
        lag.is_zero() || came.checked_add(lag).is_ok_and(|shown| shown <= self.clock().now())
    }

    pub(super) fn steer(&self, platform: Platform, verb: &str, body: &Value) -> Result<Answer, (u16, String)> {
        let wrong = |message: &str| (400, message.to_owned());
        match (platform, verb) {
            (_, "sign_out") => {
                let who = body["who"].as_str().ok_or_else(|| wrong("who must be `connection` or an address"))?;
                let ended = self.sign_out(platform, who).map_err(|error| (404, error))?;
                Ok(Answer::json(200, &json!({ "ended": ended })))
            }
            (_, "lag") => {
                let seconds = body["seconds"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                self.set_lag(platform, seconds.ok_or_else(|| wrong("seconds must be a number"))?);
                Ok(Answer::json(200, &json!({ "ok": true })))
            }
            (Platform::Teams, "policy") => {
                teams::set_policies(self, body).map_err(|error| (400, error))?;
                Ok(Answer::json(200, &json!({ "ok": true })))
            }
            (Platform::Zoom, "app") => {
                zoom::switch(self, body["active"].as_bool().ok_or_else(|| wrong("active must be true or false"))?);
                Ok(Answer::json(200, &json!({ "ok": true })))
            }
            (Platform::Slack, "install") => Ok(Answer::json(200, &slack::install(self))),
            _ => Err((404, format!("nobody can {verb} at {}", platform.slug()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::Request;
    use bytes::Bytes;

    use super::*;
    use crate::testing::{simulator, with_form, with_json};

    async fn control(sim: &Simulator, path: &str, body: Value) -> (u16, Value) {
        let request = Request::builder().method("POST").uri(format!("/_control/platform/{path}"));
        let response = sim.control(request.body(Bytes::from(body.to_string())).unwrap()).await;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    fn given(sim: &Simulator, platform: &str, name: &str) -> String {
        sim.credentials()[platform][name].as_str().unwrap().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn an_administrator_ends_the_connection_and_nobody_elses_grant() {
        let sim = simulator();
        const PEOPLE: &str = "https://slack.com/api/users.list?limit=5";
        for (platform, doors) in [
            ("teams", vec![("https://graph.microsoft.com/v1.0/me", "access_token")]),
            (
                "webex",
                vec![
                    ("https://webexapis.com/v1/people/me", "access_token"),
                    ("https://webexapis.com/v1/guests/count", "service_app_token"),
                ],
            ),
            ("zoom", vec![("https://api.zoom.us/v2/users", "access_token")]),
            ("slack", vec![(PEOPLE, "user_token"), (PEOPLE, "bot_token")]),
        ] {
            let open = async || {
                let mut open = 0;
                for (url, token) in &doors {
                    let got = with_json(&sim, "GET", url, &given(&sim, platform, token), &Value::Null).await;
                    open += usize::from(got.status == 200 && got.json["ok"] != false);
                }
                open
            };
            let colleague =
                sim.world().accounts(platform.parse().unwrap()).iter().find(|account| !account.admin && account.email.is_some());
            let email = colleague.unwrap().email.clone().unwrap();
            assert_eq!(control(&sim, &format!("{platform}/sign_out"), json!({ "who": email })).await, (200, json!({ "ended": 0 })));
            assert_eq!(open().await, doors.len(), "{platform}: a colleague's grants are not the connection");
            let (status, ended) = control(&sim, &format!("{platform}/sign_out"), json!({ "who": "connection" })).await;
            assert!(status == 200 && ended["ended"].as_u64() >= Some(1), "{ended}");
            assert_eq!(open().await, 0, "{platform}");
        }
        let config = given(&sim, "slack", "config_token");
        let export = json!({ "app_id": given(&sim, "slack", "app_id") });
        let got = with_json(&sim, "POST", "https://slack.com/api/apps.manifest.export", &config, &export).await;
        assert_eq!(got.json["ok"], true, "the admin's own tokens are not the app's");
    }

    #[tokio::test(start_paused = true)]
    async fn an_app_that_is_switched_off_gives_no_token_until_it_is_on_again() {
        let sim = simulator();
        let pair = format!("{}:{}", given(&sim, "zoom", "client_id"), given(&sim, "zoom", "client_secret"));
        let basic = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair));
        let account = given(&sim, "zoom", "account_id");
        let form = [("grant_type", "account_credentials"), ("account_id", &*account)];
        let ask = async || with_form(&sim, "https://zoom.us/oauth/token", &[("authorization", &basic)], &form).await;
        assert_eq!(ask().await.status, 200);
        assert_eq!(control(&sim, "zoom/sign_out", json!({ "who": "connection" })).await.0, 200);
        let refused = ask().await;
        assert_eq!((refused.status, &refused.json["error"], &refused.json["errorCode"]), (400, &json!("invalid_client"), &json!(4717)));
        assert_eq!(control(&sim, "zoom/app", json!({ "active": true })).await.0, 200);
        assert_eq!(ask().await.status, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn an_app_that_is_installed_again_has_new_tokens() {
        let sim = simulator();
        sim.sign_out(Platform::Slack, "connection").unwrap();
        let (status, made) = control(&sim, "slack/install", json!({})).await;
        assert_eq!(status, 200);
        for (method, token) in [("auth.test", "bot_token"), ("apps.connections.open", "app_token")] {
            let got =
                with_json(&sim, "POST", &format!("https://slack.com/api/{method}"), made[token].as_str().unwrap(), &Value::Null).await;
            assert_eq!(got.json["ok"], true, "{}", got.text);
            let old = given(&sim, "slack", token);
            let got = with_json(&sim, "POST", &format!("https://slack.com/api/{method}"), &old, &Value::Null).await;
            assert_eq!(got.json["error"], "token_revoked");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_administrator_cannot_do_is_refused() {
        let sim = simulator();
        for (path, body, expected) in [
            ("fax/sign_out", json!({ "who": "connection" }), 404),
            ("slack/sign_out", json!({}), 400),
            ("slack/sign_out", json!({ "who": "nobody@nowhere.example" }), 404),
            ("slack/lag", json!({}), 400),
            ("slack/policy", json!({}), 404),
            ("teams/policy", json!({ "consent": "sometimes" }), 400),
            ("teams/policy", json!({ "device_codes": true }), 400),
            ("teams/policy", json!({ "colour": "red" }), 400),
            ("zoom/app", json!({}), 400),
        ] {
            assert_eq!(control(&sim, path, body).await.0, expected, "{path}");
        }
    }
}
