//! Answers out of an input, and a future that must not wait.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use engine::transport::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// More requests than any one call may need; who sends more asks for ever. A platform that asks for half a second again and again
/// is asked for a quarter of an hour, nobody longer.
const ENOUGH: usize = 2_000;

/// A script of answers that begins anew at its end.
pub struct Answers {
    all: Vec<Response>,
    next: AtomicUsize,
}

impl Answers {
    /// From the part of an input after its first line.
    pub fn read(text: &[u8]) -> Self {
        let mut all = Vec::new();
        let mut rest = text;
        loop {
            let end = find(rest, b"\n%%\n");
            all.push(answer(&rest[..end.unwrap_or(rest.len())]));
            match end {
                Some(end) => rest = &rest[end + 4..],
                None => return Self { all, next: AtomicUsize::new(0) },
            }
        }
    }

    /// What is in them, one after the other.
    pub fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().map(|answer| &*answer.body)
    }

    /// The next one. Panics when asked for ever.
    pub fn next(&self) -> Response {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        assert!(at < ENOUGH, "more than {ENOUGH} requests for one input");
        self.all[at % self.all.len()].clone()
    }
}

fn answer(text: &[u8]) -> Response {
    let (head, body) = match find(text, b"\n\n") {
        Some(end) => (&text[..end], &text[end + 2..]),
        None => (text, &b""[..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| StatusCode::from_bytes(line.trim_ascii()).ok()).unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    Response { status, headers, body: Bytes::copy_from_slice(body) }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Runs what has nothing to wait for. Panics when it waits all the same.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("something waits although every answer is there"),
    }
}
