//! The `Link` header that leads to the next page: it may lead to nobody but the platform itself.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let line: Vec<u8> = input.iter().copied().filter(|byte| *byte != b'\n').collect();
    let page = [b"a\n200\nContent-Type: application/json\nLink: ", line.as_slice(), b"\n\n{\"items\":[]}"].concat();
    fuzz::page("webex", &page);
});
