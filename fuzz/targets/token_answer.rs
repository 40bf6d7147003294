//! What a token endpoint and a device endpoint answer.

#![no_main]

use engine::signin::{self, Polled, Started, Tokens};
use fuzz::{Answers, at_once, facts, paced};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    engine::fuzz::token_answer(input);
    for platform in platforms::all().iter() {
        let facts = facts(platform);
        let answers = Answers::read(input);
        answers.bodies().for_each(engine::fuzz::token_answer);
        let paced = paced(answers);
        let Ok(Started::Code(code)) = at_once(signin::start(&paced, platform, &facts)) else { continue };
        let Ok(written) = code.to_secret() else { panic!("a code that cannot be kept") };
        assert!(signin::DeviceCode::from_secret(&written).is_ok_and(|read| read == code), "a code that is not read as it was written");
        if let Ok(Polled::Granted(tokens)) = at_once(signin::poll(&paced, platform, &facts, &code)) {
            let Ok(written) = tokens.to_secret() else { panic!("tokens that cannot be kept") };
            assert!(Tokens::from_secret(&written).is_ok_and(|read| read == tokens), "tokens that are not read as they were written");
        }
    }
});
