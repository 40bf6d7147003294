//! Small pure helpers that every adapter needs: addresses on fixed hosts, next links, and the refusals that look alike everywhere.
//!
//! Knows HTTP and no platform.

use std::collections::BTreeSet;
use std::time::Duration;

use engine::error::{Error, Kind, Remedy, Result};
use engine::platform::{ConnectionFacts, PlatformInfo};
use engine::transport::Response;
use http::header::{HeaderMap, LINK};
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// Ports of this computer that admins register as redirect addresses where a vendor matches the port exactly. The range is
/// arbitrary and unregistered at IANA; ten, so that a busy one does not end a sign-in.
pub(crate) const REDIRECT_PORTS: &[u16] = &[43117, 43118, 43119, 43120, 43121, 43122, 43123, 43124, 43125, 43126];

/// A computer's clock may be off by this much when a message is looked up: a message says by itself what it is, and a look that
/// reaches back too far costs a page more, but one that does not reach back far enough sends it twice.
const WRONG_CLOCK: SignedDuration = SignedDuration::from_hours(24);
/// The same for a thing that shows by its time alone whose it is: a clock that is set by the network.
const RIGHT_CLOCK: SignedDuration = SignedDuration::from_secs(60);
/// A request may wait this long for the limits before it leaves.
const WAITS: SignedDuration = SignedDuration::from_mins(20);

/// An address below `base` (which ends in a slash): path segments and query values are percent-encoded here and nowhere else.
pub(crate) fn url(operation: &'static str, base: &'static str, segments: &[&str], query: &[(&str, &str)]) -> Result<Url> {
    let mut url = Url::parse(base).map_err(|error| Error::new(Kind::Bug, operation, format!("a fixed address is no address: {error}")))?;
    url.path_segments_mut().map_err(|()| Error::new(Kind::Bug, operation, "a fixed address has no path"))?.pop_if_empty().extend(segments);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

/// A link that the platform gave us to go on with, unchanged, provided that it leads to one of the hosts of the connection's own cloud.
pub(crate) fn follow(info: &PlatformInfo, facts: &ConnectionFacts, operation: &'static str, link: &str) -> Result<Url> {
    let cloud = info.cloud(facts)?;
    let url = Url::parse(link).ok().filter(|url| url.scheme() == "https" && url.port().is_none());
    url.filter(|url| url.host_str().is_some_and(|host| info.is_host_of(cloud, host))).ok_or_else(|| {
        Error::new(Kind::PlatformDown, operation, format!("{} sent a link that leads away from {}.", info.name, info.name)).on(info.id)
    })
}

/// A fixed address as it is called in the connection's cloud: for addresses inside bodies and for pages that people open. Those
/// of requests stay commercial; the transport moves them.
pub(crate) fn in_cloud(info: &PlatformInfo, facts: &ConnectionFacts, operation: &'static str, address: &str) -> Result<String> {
    let cloud = info.cloud(facts)?;
    let url = Url::parse(address).map_err(|error| Error::new(Kind::Bug, operation, format!("a fixed address is no address: {error}")))?;
    let host = url.host_str().unwrap_or_default();
    let there = match info.hosts.contains(&host) {
        true => info.host_in(cloud, host),
        false => Some(cloud.pages.iter().find(|(from, _)| *from == host).map_or(host, |(_, to)| *to)),
    };
    there.map(|there| address.replacen(host, there, 1)).ok_or_else(|| {
        Error::new(Kind::Unsupported, operation, format!("{} has no {host} in the cloud {}. {}", info.name, cloud.title, cloud.limits))
            .on(info.id)
    })
}

/// The `next` link of an RFC 8288 `Link` header.
pub(crate) fn next_link(headers: &HeaderMap) -> Option<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        // A comma inside <…> does not separate links.
        value.split('<').skip(1).find_map(|link| {
            let (target, parameters) = link.split_once('>')?;
            let is_next = parameters.split([';', ',']).any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').split(' ').any(|rel| rel == "next")
            });
            is_next.then(|| target.to_owned())
        })
    })
}

/// The platform is unwell: a 5xx, a request time-out, a redirect, or a page for people where data belongs.
pub(crate) fn unwell(info: &PlatformInfo, response: &Response, operation: &'static str) -> Option<Error> {
    let is_page = response.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    let status = response.status;
    if !is_page && !status.is_server_error() && !status.is_redirection() && status.as_u16() != 408 {
        return None;
    }
    let what = if is_page { "answered with a page instead of data" } else { "is not well at the moment" };
    Some(
        Error::new(Kind::PlatformDown, operation, format!("{} {what}.", info.name))
            .on(info.id)
            .remedy(Remedy::Retry { after: retry_after(response) })
            .with("status", status.as_str()),
    )
}

/// The platform asks us to slow down.
pub(crate) fn slow_down(info: &PlatformInfo, response: &Response, operation: &'static str) -> Error {
    Error::new(Kind::RateLimited, operation, format!("{} asks User Sync to slow down.", info.name))
        .on(info.id)
        .remedy(Remedy::Retry { after: retry_after(response) })
}

/// `Retry-After` in seconds. Other forms are `pace`'s business, which knows the time.
fn retry_after(response: &Response) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// The sentence of a refusal's table as the error's next step: what is forbidden somebody must lift, anything else is mended by
/// different input. Empty: the usual next step of the kind.
pub(crate) fn next_step(error: Error, what: &'static str) -> Error {
    match error.kind {
        _ if what.is_empty() => error,
        Kind::Forbidden | Kind::Unsupported => error.ask_admin(what),
        _ => error.remedy(Remedy::FixInput { what: what.into() }),
    }
}

/// A platform's error word, if it is one: short and without spaces, so that it can stand in a log.
pub(crate) fn word(text: &str) -> Option<&str> {
    let text = text.trim();
    let safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | ':');
    ((1..=64).contains(&text.len()) && text.chars().all(safe)).then_some(text)
}

/// A picture that other platforms may load: only an https address.
pub(crate) fn public_picture(address: Option<String>) -> Option<String> {
    address.filter(|address| Url::parse(address).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some()))
}

/// Two spellings of one text: platforms change line ends and trim.
pub(crate) fn same_text(one: &str, other: &str) -> bool {
    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.trim().lines().map(str::trim_end)
    }
    lines(one).eq(lines(other))
}

/// The moment before which no message can be that of an attempt begun at `since`.
pub(crate) fn no_earlier_than(since: Timestamp) -> Timestamp {
    since.checked_sub(WRONG_CLOCK).unwrap_or(since)
}

/// Whether something that came to be at `made` can be what attempts did, the first begun at `since` and the last at `last`.
pub(crate) fn is_of_attempts(made: Timestamp, since: Timestamp, last: Option<Timestamp>) -> bool {
    made >= since.checked_sub(RIGHT_CLOCK).unwrap_or(since) && last.unwrap_or(since).checked_add(WAITS).is_ok_and(|latest| made <= latest)
}

/// Whether something that came to be at `made` was there before the platform gave this answer.
pub(crate) fn was_there_before(made: Timestamp, answer: &Response) -> bool {
    let answered = answer.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
    answered.and_then(|answered| answered.checked_sub(RIGHT_CLOCK).ok()).is_some_and(|before| made < before)
}

/// The messages behind the one with this id, of a list with the oldest first; all of them where it is not listed.
pub(crate) fn behind<T>(messages: Vec<T>, after: Option<&str>, id: impl Fn(&T) -> &str) -> impl Iterator<Item = T> {
    let known = after.and_then(|after| messages.iter().position(|message| id(message) == after));
    messages.into_iter().skip(known.map_or(0, |known| known + 1))
}

/// What a slot's token may do as far as is known: the token answer's own list, else (a token from the admin's hand) what we ask for.
pub(crate) fn scopes(info: &PlatformInfo, facts: &ConnectionFacts, slot: &str) -> BTreeSet<String> {
    facts.granted.get(slot).cloned().unwrap_or_else(|| {
        let declared = info.slots.iter().filter(|declared| declared.name == slot).flat_map(|slot| slot.scopes);
        declared.map(|scope| scope.name.to_owned()).filter(|name| !facts.left_out.contains(name)).collect()
    })
}

/// `None` when the platform answered that this is not ours to ask: how `whoami` tries a scope that no answer names.
pub(crate) fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == Kind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use engine::platform::CLOUD;

    use super::*;
    use crate::testing::{answer, answer_with, html};

    const INFO: &PlatformInfo = &crate::webex::INFO;

    #[test]
    fn path_segments_and_query_values_cannot_change_the_address() {
        let url = url("test", "https://webexapis.com/v1/", &["messages", "a/../b?c"], &[("email", "a+b@x.com&x=1")]).unwrap();
        assert_eq!(url.as_str(), "https://webexapis.com/v1/messages/a%2F..%2Fb%3Fc?email=a%2Bb%40x.com%26x%3D1");
    }

    #[test]
    fn a_link_is_followed_as_given_but_only_to_the_platforms_own_hosts() {
        let facts = ConnectionFacts::default();
        let link = "https://webexapis.com/v1/people?max=1&cursor=a%3D";
        assert_eq!(follow(INFO, &facts, "test", link).unwrap().as_str(), link);
        for bad in [
            "https://evil.example/v1",
            "http://webexapis.com/v1",
            "https://webexapis.com:444/v1",
            "https://webexapis.com@evil.example/",
            "https://api-usgov.webex.com/v1",
            "no link",
        ] {
            assert_eq!(follow(INFO, &facts, "test", bad).unwrap_err().kind, Kind::PlatformDown, "{bad}");
        }
    }

    fn in_the_cloud(name: &str) -> ConnectionFacts {
        ConnectionFacts { fields: [(CLOUD.to_owned(), name.to_owned())].into(), ..ConnectionFacts::default() }
    }

    #[test]
    fn links_are_those_of_the_chosen_cloud_only() {
        let facts = in_the_cloud("fedramp");
        assert!(follow(INFO, &facts, "test", "https://api-usgov.webex.com/v1/people?cursor=a").is_ok());
        assert_eq!(follow(INFO, &facts, "test", "https://webexapis.com/v1/people").unwrap_err().kind, Kind::PlatformDown);
        assert_eq!(follow(INFO, &in_the_cloud("moon"), "test", "https://webexapis.com/v1/people").unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn an_address_inside_a_body_and_a_page_for_people_are_those_of_the_chosen_cloud() {
        let moved = |cloud: &str, address: &str| in_cloud(INFO, &in_the_cloud(cloud), "test", address).unwrap();
        assert_eq!(moved("fedramp", "https://webexapis.com/v1/x?y=webexapis.com"), "https://api-usgov.webex.com/v1/x?y=webexapis.com");
        assert_eq!(moved("fedramp", "https://admin.webex.com"), "https://admin-usgov.webex.com");
        assert_eq!(moved("fedramp", "https://elsewhere.example/"), "https://elsewhere.example/");
        assert_eq!(moved("", "https://webexapis.com/v1/x"), "https://webexapis.com/v1/x");
    }

    #[test]
    fn a_scope_that_was_left_out_does_not_count_as_granted() {
        let left_out = ConnectionFacts { left_out: ["spark:applications_token".to_owned()].into(), ..ConnectionFacts::default() };
        assert!(!scopes(INFO, &left_out, "admin").contains("spark:applications_token"));
        assert!(scopes(INFO, &ConnectionFacts::default(), "admin").contains("spark:applications_token"));
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let headers = |value: &str| HeaderMap::from_iter([(LINK, value.parse().unwrap())]);
        let next = Some("https://a/?x=1,2".to_owned());
        assert_eq!(next_link(&headers("<https://a/?x=1,2>; rel=\"next\"")), next);
        assert_eq!(next_link(&headers("<https://a/0>; rel=\"prev\", <https://a/?x=1,2>; title=\"n\"; rel=next")), next);
        assert_eq!(next_link(&headers("<https://a/0>; rel=\"first\"")), None);
        assert_eq!(next_link(&HeaderMap::new()), None);
    }

    #[test]
    fn pages_redirects_and_server_errors_are_passing_and_a_plain_answer_is_well() {
        assert!(unwell(INFO, &html(200), "test").unwrap().is_passing());
        for status in [301, 408, 500, 502, 503, 504] {
            assert!(unwell(INFO, &answer(status, "{}"), "test").unwrap().is_passing(), "{status}");
        }
        assert!(unwell(INFO, &answer(200, "{}"), "test").is_none());
        assert!(unwell(INFO, &answer(404, "{}"), "test").is_none());
    }

    #[test]
    fn an_error_word_is_short_and_holds_no_sentence() {
        assert_eq!(word(" invalid_grant "), Some("invalid_grant"));
        assert_eq!(word("ana@example.com wrote hello"), None);
        assert_eq!(word(""), None);
        assert_eq!(word(&"x".repeat(65)), None);
    }

    #[test]
    fn what_is_forbidden_is_lifted_by_somebody_and_anything_else_by_input() {
        let remedy = |kind, what| next_step(Error::new(kind, "test", "x"), what).remedy;
        assert!(matches!(remedy(Kind::Forbidden, "Ask Ana."), Remedy::AskAdmin { .. }));
        assert!(matches!(remedy(Kind::Invalid, "Shorten it."), Remedy::FixInput { .. }));
        assert_eq!(remedy(Kind::SignedOut, ""), Remedy::SignInAgain);
    }

    #[test]
    fn a_thing_is_an_attempts_only_if_it_came_with_one() {
        let at = |time: &str| -> Timestamp { format!("2026-01-05T{time}Z").parse().unwrap() };
        let (since, last) = (at("08:00:00"), Some(at("11:00:00")));
        for (made, last, expected) in [
            ("07:58:59", None, false),
            ("07:59:00", None, true),
            ("08:20:00", None, true),
            ("08:20:01", None, false),
            ("11:20:00", last, true),
            ("11:20:01", last, false),
        ] {
            assert_eq!(is_of_attempts(at(made), since, last), expected, "{made}");
        }
    }

    #[test]
    fn what_is_older_than_an_answer_by_the_platforms_own_clock_was_there_before() {
        let at = |time: &str| -> Timestamp { format!("2026-01-05T{time}Z").parse().unwrap() };
        let dated = answer_with(201, ("date", "Mon, 05 Jan 2026 08:10:00 GMT"), "{}");
        assert!(was_there_before(at("08:08:59"), &dated));
        assert!(!was_there_before(at("08:09:30"), &dated));
        assert!(!was_there_before(at("07:00:00"), &answer(201, "{}")), "nobody says so");
    }

    #[test]
    fn only_what_stands_behind_the_newest_known_message_is_looked_at() {
        let seen = |after| behind(vec!["a", "b", "c"], after, |id| id).collect::<Vec<_>>();
        assert_eq!((seen(None).len(), seen(Some("a")), seen(Some("c")), seen(Some("x")).len()), (3, vec!["b", "c"], vec![], 3));
    }

    #[test]
    fn line_ends_and_outer_spaces_do_not_make_another_text() {
        assert!(same_text("a \r\nb\n", "a\nb"));
        assert!(!same_text("a\nb", "a b"));
    }

    #[test]
    fn only_https_pictures_are_public() {
        assert!(public_picture(Some("https://x.example/a.png".into())).is_some());
        assert!(public_picture(Some("http://x.example/a.png".into())).is_none());
        assert!(public_picture(Some("data:image/png;base64,AA".into())).is_none());
    }
}
