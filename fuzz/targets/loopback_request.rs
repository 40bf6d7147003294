//! What arrives at the loopback port of a sign-in.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    engine::fuzz::loopback_request(&String::from_utf8_lossy(input));
});
