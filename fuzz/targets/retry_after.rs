//! How long a platform asks us to wait, in whatever form: never for ever, and never so that a clock overflows.

#![no_main]

use std::time::Duration;

use engine::model::PlatformId;
use engine::transport::{Http, Lane, Repeat, Request, Sign, Subject};
use fuzz::{Answers, at_once, paced};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // The first line is Retry-After, a second one the answer's Date.
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [RETRY_AFTER, DATE] {
        if let Some(Ok(value)) = lines.next().map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    }
    for now in [Timestamp::UNIX_EPOCH, Timestamp::MIN, Timestamp::MAX] {
        let pause = engine::pace::retry_after(&headers, now).unwrap_or_default();
        assert!(pause <= LONGEST, "{pause:?}");
    }

    // The same through everything that heeds it: a refusal and a failure, for ever.
    for (status, platform) in [("429", "slack"), ("503", "webex")] {
        let mut answer = format!("{status}\nContent-Type: application/json\n").into_bytes();
        for (name, value) in &headers {
            answer.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        answer.extend_from_slice(b"\n{}");
        ask(platform, &answer);
    }
});

fn ask(slug: &'static str, answer: &[u8]) {
    let platforms = platforms::all();
    let Some(info) = platforms.iter().map(|platform| platform.info()).find(|info| info.id.as_str() == slug) else {
        panic!("no platform {slug}")
    };
    let id: PlatformId = info.id;
    let Ok(url) = format!("https://{}/", info.hosts[0]).parse() else { panic!("{} is no host", info.hosts[0]) };
    let request = Request { repeat: Repeat::Safe, ..Request::get(url, Sign::Nobody, info.rates[0].class, "fuzz") };
    let http = Http::new(std::sync::Arc::new(paced(Answers::read(answer))), id, Subject::Connection, Lane::Waiting);
    assert!(at_once(http.send(request)).is_err(), "a refusal became a success");
}
