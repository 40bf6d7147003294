//! What the adapter makes of pages that nobody documents.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::page("slack", input));
