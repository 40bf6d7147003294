//! The proxy of a Linux desktop: GNOME, KDE and others answer for each address, automatic configuration files included, through the
//! portal `org.freedesktop.portal.ProxyResolver`. Asked per host, remembered for some minutes; where nobody answers, there is no proxy.
//!
//! The environment wins: whoever names a proxy there, or asks for none, is not asked again. On other systems this decides nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

/// The variables that decide for secure connections.
const ENVIRONMENT: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];
/// How long an answer counts.
const MEMORY: Duration = Duration::from_secs(5 * 60);
/// How long the desktop may think; it may have to fetch a configuration file first.
const PATIENCE: Duration = Duration::from_secs(5);

/// Gives the desktop's answer for a host; blocks. `None`: nobody answers such questions here.
type Ask = dyn Fn(&str) -> Option<Vec<String>> + Send + Sync;

/// What the desktop said.
pub(super) struct Desktop {
    ask: Arc<Ask>,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
    /// One question at a time: requests that start together have the same one.
    turn: tokio::sync::Mutex<()>,
}

/// A host's ways out, the best first; `None` is the direct one.
struct Known {
    ways: VecDeque<Option<Url>>,
    until: Instant,
}

impl Desktop {
    /// The desktop, where it is the one to ask.
    pub(super) fn where_it_decides() -> Option<Self> {
        let is_decided = ENVIRONMENT.iter().any(|name| std::env::var_os(name).is_some());
        (cfg!(target_os = "linux") && !is_decided).then(|| Self::new(portal))
    }

    pub(super) fn new(ask: impl Fn(&str) -> Option<Vec<String>> + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), known: Arc::default(), turn: tokio::sync::Mutex::default() }
    }

    /// What the client asks before it connects. It cannot wait, so [`Self::look_up`] comes first.
    pub(super) fn proxy(&self) -> reqwest::Proxy {
        let known = self.known.clone();
        reqwest::Proxy::custom(move |url| way(&known, url.host_str()?))
    }

    /// Learns the way to a host, unless it is known.
    pub(super) async fn look_up(&self, host: &str) {
        let _turn = self.turn.lock().await;
        let now = Instant::now();
        if self.known().get(host).is_some_and(|known| known.until > now) {
            return;
        }
        let (ask, name) = (self.ask.clone(), host.to_owned());
        let answer = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(move || ask(&name))).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            // Too slow, or interrupted: as if nobody were there.
            Ok(Err(_)) | Err(_) => None,
        };
        tracing::debug!(host, answered = answer.is_some(), "asked the desktop for a proxy");
        let ways = ways(&answer.unwrap_or_default());
        self.known().insert(host.to_owned(), Known { ways, until: now + MEMORY });
    }

    /// The way did not lead there: the next one is tried, and after the last one the desktop is asked anew.
    pub(super) fn failed(&self, host: &str) {
        let mut known = self.known();
        let is_last = known.get_mut(host).is_none_or(|known| {
            known.ways.pop_front();
            known.ways.is_empty()
        });
        if is_last {
            known.remove(host);
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn way(known: &Mutex<BTreeMap<String, Known>>, host: &str) -> Option<Url> {
    known.lock().unwrap_or_else(PoisonError::into_inner).get(host)?.ways.front()?.clone()
}

/// What can be used of an answer. A SOCKS proxy resolves the names: inside a company it knows more of them.
fn ways(answer: &[String]) -> VecDeque<Option<Url>> {
    let understood = answer.iter().filter_map(|text| {
        let (scheme, rest) = text.split_once("://")?;
        match scheme {
            "direct" => Some(None),
            "http" | "https" | "socks4" | "socks4a" => Url::parse(text).ok().map(Some),
            "socks" | "socks5" | "socks5h" => Url::parse(&format!("socks5h://{rest}")).ok().map(Some),
            _ => None,
        }
    });
    understood.collect()
}

#[cfg(target_os = "linux")]
fn portal(host: &str) -> Option<Vec<String>> {
    use zbus::blocking::{Proxy, connection::Builder};

    let ask = || -> zbus::Result<Vec<String>> {
        let bus = Builder::session()?.method_timeout(PATIENCE).build()?;
        let portal =
            Proxy::new(&bus, "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.ProxyResolver")?;
        portal.call("Lookup", &(format!("https://{host}/"),))
    };
    // No session, no portal, or one that cannot tell: the same to us.
    ask().ok()
}

#[cfg(not(target_os = "linux"))]
fn portal(_: &str) -> Option<Vec<String>> {
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn to(desktop: &Desktop, host: &str) -> Option<String> {
        way(&desktop.known, host).map(|url| url.to_string())
    }

    #[test]
    fn every_kind_of_answer_is_understood_or_left_out() {
        let cases = [
            ("http://proxy.example:8080", Some(Some("http://proxy.example:8080/"))),
            ("http://name:word@proxy.example:8080", Some(Some("http://name:word@proxy.example:8080/"))),
            ("https://proxy.example:443", Some(Some("https://proxy.example/"))),
            ("socks://proxy.example:1080", Some(Some("socks5h://proxy.example:1080"))),
            ("socks5://proxy.example:1080", Some(Some("socks5h://proxy.example:1080"))),
            ("socks4://proxy.example:1080", Some(Some("socks4://proxy.example:1080"))),
            ("direct://", Some(None)),
            ("rtsp://proxy.example:1", None),
            ("nonsense", None),
        ];
        for (answer, expected) in cases {
            let understood: Vec<Option<String>> = ways(&[answer.to_owned()]).into_iter().map(|way| way.map(String::from)).collect();
            let expected: Vec<Option<String>> = expected.into_iter().map(|way| way.map(str::to_owned)).collect();
            assert_eq!(understood, expected, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_asked_about_once_in_some_minutes_even_by_many_at_once() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let desktop = Desktop::new(move |host| {
            count.fetch_add(1, Ordering::SeqCst);
            (host == "a.example").then(|| vec!["http://proxy.example:8080".to_owned()])
        });
        assert_eq!(to(&desktop, "a.example"), None);
        tokio::join!(desktop.look_up("a.example"), desktop.look_up("a.example"), desktop.look_up("b.example"));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!((to(&desktop, "a.example").as_deref(), to(&desktop, "b.example")), (Some("http://proxy.example:8080/"), None));
        desktop.look_up("b.example").await;
        assert_eq!(asked.load(Ordering::SeqCst), 2, "that nobody answers is remembered too");
        tokio::time::advance(MEMORY).await;
        desktop.look_up("a.example").await;
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_proxy_that_fails_makes_room_for_the_next_and_after_the_last_the_desktop_is_asked_anew() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let desktop = Desktop::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Some(vec!["http://one.example:1".to_owned(), "http://two.example:2".to_owned()])
        });
        for expected in ["http://one.example:1/", "http://two.example:2/", "http://one.example:1/"] {
            desktop.look_up("a.example").await;
            assert_eq!(to(&desktop, "a.example").as_deref(), Some(expected));
            desktop.failed("a.example");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_desktop_that_thinks_too_long_is_not_waited_for() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Mutex::new(held);
        let desktop = Desktop::new(move |_| {
            // Ends with the test.
            let _ = held.lock().unwrap().recv();
            Some(vec!["http://proxy.example:8080".to_owned()])
        });
        tokio::join!(desktop.look_up("a.example"), tokio::time::advance(PATIENCE + Duration::from_secs(1)));
        assert_eq!(to(&desktop, "a.example"), None);
        drop(release);
    }
}
