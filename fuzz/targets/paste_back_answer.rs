//! What an employee writes in place of the address: read generously, but never as the answer to another prompt.

#![no_main]

use engine::signin::{self, Answer};
use fuzz::{Answers, facts, paced};

/// The state of the first link, as the seeds hold it.
const STATE: &str = "JSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4_QEFCQ0Q";

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let platforms = platforms::all();
    let Some(platform) = platforms.iter().find(|platform| platform.info().employee.is_some_and(|employee| employee.paste_back.is_some()))
    else {
        panic!("no platform has sign-in by link")
    };
    let facts = facts(platform);
    let paced = paced(Answers::read(b""));
    let invite = || signin::invite(&paced, platform, &facts, None).unwrap_or_else(|error| panic!("{error:?}"));
    // Seeds hold the state of the first link, so a mutation may well be its answer. Nobody can guess the second one's.
    let (first, second) = (invite(), invite());
    assert!(first.url.as_str().contains(STATE), "the seeds answer another link");
    drop(signin::read_answer(&first, &text));
    let read = signin::read_answer(&second, &text);
    assert!(matches!(read, Answer::OtherPrompt | Answer::NoAddress), "taken as the answer to another prompt: {read:?}");
});
