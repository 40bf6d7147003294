//! The vendors' separate clouds: the same services under other host names. The fakes know the commercial hosts only; a
//! request's host is turned into its commercial counterpart on the way in, and links on the way out.
//!
//! The tables are this crate's own copy, written from the vendors' pages. UNCONFIRMED: the hosts of Slack's files and
//! sockets in GovSlack (built as on slack.com), the page for device codes in China, and a device helper of Webex for
//! Government: none is known, so its device grant is refused.

use std::str::FromStr;

use crate::Platform;

/// The word for a vendor's first, public cloud.
const COMMERCIAL: &str = "commercial";

/// A cloud of one vendor. Read from text such as `teams=gcc-high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cloud {
    platform: Platform,
    name: &'static str,
    /// Each commercial host with the one that takes its place.
    hosts: &'static [(&'static str, &'static str)],
}

const fn cloud(platform: Platform, name: &'static str, hosts: &'static [(&'static str, &'static str)]) -> Cloud {
    Cloud { platform, name, hosts }
}

/// The commercial clouds, in the order of [`Platform::ALL`].
const FIRST: [Cloud; 4] = [
    cloud(Platform::Slack, COMMERCIAL, &[]),
    cloud(Platform::Teams, COMMERCIAL, &[]),
    cloud(Platform::Webex, COMMERCIAL, &[]),
    cloud(Platform::Zoom, COMMERCIAL, &[]),
];

const OTHERS: &[Cloud] = &[
    cloud(
        Platform::Slack,
        "govslack",
        &[
            ("slack.com", "slack-gov.com"),
            ("files.slack.com", "files.slack-gov.com"),
            ("wss-primary.slack.com", "wss-primary.slack-gov.com"),
        ],
    ),
    cloud(
        Platform::Teams,
        "gcc-high",
        &[
            ("login.microsoftonline.com", "login.microsoftonline.us"),
            ("graph.microsoft.com", "graph.microsoft.us"),
            ("microsoft.com", "microsoft.com"),
            ("teams.microsoft.com", "gov.teams.microsoft.us"),
        ],
    ),
    cloud(
        Platform::Teams,
        "dod",
        &[
            ("login.microsoftonline.com", "login.microsoftonline.us"),
            ("graph.microsoft.com", "dod-graph.microsoft.us"),
            ("microsoft.com", "microsoft.com"),
            ("teams.microsoft.com", "dod.teams.microsoft.us"),
        ],
    ),
    cloud(
        Platform::Teams,
        "china",
        &[
            ("login.microsoftonline.com", "login.chinacloudapi.cn"),
            ("graph.microsoft.com", "microsoftgraph.chinacloudapi.cn"),
            ("microsoft.com", "microsoft.com"),
            ("teams.microsoft.com", "teams.microsoftonline.cn"),
        ],
    ),
    cloud(Platform::Webex, "fedramp", &[("webexapis.com", "api-usgov.webex.com")]),
    cloud(Platform::Zoom, "gov", &[("zoom.us", "zoomgov.com"), ("api.zoom.us", "api.zoomgov.com")]),
];

impl Cloud {
    /// Whose it is.
    pub fn platform(self) -> Platform {
        self.platform
    }

    /// Its short name: `commercial`, `gcc-high`.
    pub fn name(self) -> &'static str {
        self.name
    }

    pub(crate) fn is_commercial(self) -> bool {
        self.name == COMMERCIAL
    }

    /// What stands for a commercial host here; nothing where this cloud has no counterpart.
    fn here(self, host: &str) -> Option<&str> {
        if self.is_commercial() { Some(host) } else { self.hosts.iter().find(|(from, _)| *from == host).map(|(_, to)| *to) }
    }
}

impl FromStr for Cloud {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (platform, name) = text.split_once('=').ok_or_else(|| format!("{text}: expected PLATFORM=CLOUD, such as teams=gcc-high"))?;
        let platform: Platform = platform.trim().parse()?;
        let known = || FIRST.iter().chain(OTHERS).filter(move |cloud| cloud.platform == platform);
        known().find(|cloud| cloud.name == name.trim()).copied().ok_or_else(|| {
            let names: Vec<&str> = known().map(|cloud| cloud.name).collect();
            format!("{} has no cloud {name}: it is one of {}", platform.slug(), names.join(", "))
        })
    }
}

/// The cloud of each platform in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clouds([Cloud; 4]);

impl Clouds {
    /// The commercial clouds but for those named; of two for one platform the last counts.
    pub(crate) fn new(named: &[Cloud]) -> Self {
        let mut chosen = FIRST;
        for cloud in named {
            chosen[cloud.platform.index()] = *cloud;
        }
        Self(chosen)
    }

    pub(crate) fn of(&self, platform: Platform) -> Cloud {
        self.0[platform.index()]
    }

    /// Who answers at a host of this run, and the commercial host that it stands for.
    pub(crate) fn answers(&self, host: &str) -> Option<(Platform, &'static str)> {
        self.all().find(|(_, _, here)| *here == host).map(|(platform, first, _)| (platform, first))
    }

    /// Whether a commercial host has a counterpart in this run.
    pub(crate) fn has(&self, first: &str) -> bool {
        self.all().any(|(_, known, _)| known == first)
    }

    /// The host of this run that stands for a commercial one (itself where there is no counterpart).
    pub(crate) fn here<'a>(&self, first: &'a str) -> &'a str {
        self.all().find(|(_, known, _)| *known == first).map(|(_, _, here)| here).or_else(|| self.pages(first)).unwrap_or(first)
    }

    /// Hosts of pages that no fake answers for, but that stand in links.
    fn pages(&self, first: &str) -> Option<&'static str> {
        self.0.iter().flat_map(|cloud| cloud.hosts).find(|(from, _)| *from == first).map(|(_, to)| *to)
    }

    /// Every host that is answered: the platform, its commercial name, and its name in this run.
    fn all(&self) -> impl Iterator<Item = (Platform, &'static str, &'static str)> {
        let clouds = self.0;
        Platform::ALL.into_iter().flat_map(move |platform| {
            let cloud = clouds[platform.index()];
            crate::hosts(platform).iter().filter_map(move |first| cloud.here(first).map(|here| (platform, *first, here)))
        })
    }

    /// The names a certificate needs: the hosts of this run, and the commercial ones, where nobody may be home.
    pub(crate) fn names(&self) -> Vec<String> {
        let commercial = Platform::ALL.into_iter().flat_map(crate::hosts).copied();
        let mut names: Vec<String> = self.all().map(|(_, _, here)| here).chain(commercial).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{call, with_form, with_json};
    use crate::{Options, Simulator};

    fn run(clouds: &[&str]) -> Simulator {
        let clouds = clouds.iter().map(|text| text.parse().unwrap()).collect();
        Simulator::new(Options { people: 100, clouds, ..Options::default() }).unwrap()
    }

    #[test]
    fn a_cloud_is_read_from_its_short_form() {
        let cloud: Cloud = "teams=gcc-high".parse().unwrap();
        assert_eq!((cloud.platform(), cloud.name()), (Platform::Teams, "gcc-high"));
        assert_eq!("zoom=commercial".parse::<Cloud>().unwrap().name(), "commercial");
        for wrong in ["teams", "teams=govslack", "fax=gov", "slack=GovSlack"] {
            assert!(wrong.parse::<Cloud>().is_err(), "{wrong}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_cloud_answers_under_its_own_hosts_only() {
        for (cloud, here, first) in [
            ("slack=govslack", "https://slack-gov.com/api/auth.test", "https://slack.com/api/auth.test"),
            ("teams=gcc-high", "https://graph.microsoft.us/v1.0/me", "https://graph.microsoft.com/v1.0/me"),
            ("teams=dod", "https://dod-graph.microsoft.us/v1.0/me", "https://graph.microsoft.us/v1.0/me"),
            ("teams=china", "https://microsoftgraph.chinacloudapi.cn/v1.0/me", "https://graph.microsoft.com/v1.0/me"),
            ("webex=fedramp", "https://api-usgov.webex.com/v1/people/me", "https://webexapis.com/v1/people/me"),
            ("zoom=gov", "https://api.zoomgov.com/v2/users", "https://api.zoom.us/v2/users"),
        ] {
            let sim = run(&[cloud]);
            let token = cloud.parse::<Cloud>().unwrap().platform().slug();
            let token = ["user_token", "access_token"].iter().find_map(|name| sim.credentials()[token][name].as_str().map(str::to_owned));
            let method = if here.ends_with("auth.test") { "POST" } else { "GET" };
            let got = with_json(&sim, method, here, &token.clone().unwrap(), &serde_json::Value::Null).await;
            assert_eq!((got.status, sim.unknown_requests()), (200, 0), "{cloud} {}", got.text);
            let got = with_json(&sim, method, first, &token.unwrap(), &serde_json::Value::Null).await;
            assert_eq!((got.status, sim.unknown_requests()), (501, 1), "{cloud} {}", got.text);
            assert!(got.text.contains(first), "{}", got.text);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn links_and_scopes_are_those_of_the_cloud() {
        let sim = run(&["teams=gcc-high", "zoom=gov", "slack=govslack"]);
        let tenant = sim.credentials()["teams"]["tenant_id"].as_str().unwrap().to_owned();
        let found =
            call(&sim, "GET", &format!("https://login.microsoftonline.us/{tenant}/v2.0/.well-known/openid-configuration"), &[], "").await;
        assert_eq!(found.json["msgraph_host"], "graph.microsoft.us");
        assert!(!found.text.contains("microsoftonline.com") && found.text.contains("https://login.microsoftonline.us/"), "{}", found.text);
        let client = sim.credentials()["teams"]["client_id"].as_str().unwrap().to_owned();
        let start = async |scope: &str| {
            let form = [("client_id", &*client), ("scope", scope)];
            with_form(&sim, &format!("https://login.microsoftonline.us/{tenant}/oauth2/v2.0/devicecode"), &[], &form).await
        };
        let started = start("https://graph.microsoft.us/User.Read").await;
        assert_eq!(started.json["verification_uri"], "https://microsoft.com/deviceloginus");
        assert_eq!(call(&sim, "GET", "https://microsoft.com/deviceloginus", &[], "").await.status, 200);
        assert_eq!(start("https://graph.microsoft.com/User.Read").await.json["error"], "invalid_scope");
        let token = sim.credentials()["teams"]["access_token"].as_str().unwrap().to_owned();
        let users = with_json(&sim, "GET", "https://graph.microsoft.us/v1.0/users?$top=5", &token, &serde_json::Value::Null).await;
        assert!(users.json["@odata.nextLink"].as_str().unwrap().starts_with("https://graph.microsoft.us/v1.0/users?"), "{}", users.text);
        let bot = sim.credentials()["slack"]["bot_token"].as_str().unwrap().to_owned();
        let me = with_json(&sim, "POST", "https://slack-gov.com/api/auth.test", &bot, &serde_json::Value::Null).await;
        assert_eq!(me.json["url"], "https://harborpine.slack-gov.com/");
        let app = sim.credentials()["slack"]["app_token"].as_str().unwrap().to_owned();
        let socket = with_json(&sim, "POST", "https://slack-gov.com/api/apps.connections.open", &app, &serde_json::Value::Null).await;
        let url = socket.json["url"].as_str().unwrap();
        assert!(url.starts_with("wss://wss-primary.slack-gov.com/link/") && sim.open_socket(url).is_ok(), "{url}");
        assert_eq!(sim.unknown_requests(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_stays_in_its_cloud_and_the_fake_says_its_name() {
        let sim = run(&["teams=dod"]);
        assert_eq!((&sim.credentials()["teams"]["cloud"], sim.credentials()["zoom"].get("cloud")), (&"dod".into(), None));
        let token = sim.credentials()["teams"]["access_token"].as_str().unwrap().to_owned();
        let body = serde_json::json!({ "requests": [{ "id": "1", "method": "GET", "url": "/me" }] });
        let got = with_json(&sim, "POST", "https://dod-graph.microsoft.us/v1.0/$batch", &token, &body).await;
        assert_eq!(got.json["responses"][0]["status"], 200, "{}", got.text);
    }
}
