//! What an entered text looks like: the check that costs nothing and needs no network. Pure. The text itself, which may be
//! a secret, is never repeated.

use super::spec::{Field, Shape};
use crate::error::{Error, Result};
use crate::platform::PlatformInfo;

/// The text without the blanks around it. Errors: it is not what the field holds, with what it should look like and where it is found.
pub(super) fn look<'a>(info: &PlatformInfo, field: &Field, text: &'a str) -> Result<&'a str> {
    // What is copied from a page may bring invisible letters along at its ends.
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || INVISIBLE.contains(&letter));
    if text.chars().any(|letter| letter.is_whitespace() || letter.is_control() || INVISIBLE.contains(&letter)) {
        return Err(wrong(info, field, format!("`{}` has a blank or a line break inside.", field.name)));
    }
    if field.shapes.is_empty() {
        return match other_place(info, field, text) {
            Some(other) => Err(exchanged(info, field, other)),
            None => Ok(text),
        };
    }
    if field.shapes.iter().any(|shape| fits(shape, text)) {
        // A text without a mark of its own may fit a field of any letters and still be another field's, by its mark.
        let is_marked = field.shapes.iter().any(|shape| matches!(shape, Shape::Prefix(_)) && fits(shape, text));
        return match other_place(info, field, text).filter(|_| !is_marked) {
            Some(other) => Err(exchanged(info, field, other)),
            None => Ok(text),
        };
    }
    Err(match other_place(info, field, text) {
        Some(other) => exchanged(info, field, other),
        None => wrong(info, field, format!("This does not look like `{}`.", field.name)),
    })
}

const INVISIBLE: [char; 5] = ['\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}'];

/// The other field that the text belongs to, where its beginning says so.
fn other_place<'a>(info: &'a PlatformInfo, field: &Field, text: &str) -> Option<&'a Field> {
    let marked = |other: &&Field| other.shapes.iter().any(|shape| matches!(shape, Shape::Prefix(_)) && fits(shape, text));
    info.fields.iter().filter(|other| other.name != field.name).find(marked)
}

fn exchanged(info: &PlatformInfo, field: &Field, other: &Field) -> Error {
    wrong(info, field, format!("This is the `{}`; here belongs the `{}`.", other.name, field.name))
}

fn wrong(info: &PlatformInfo, field: &Field, message: String) -> Error {
    let shapes: Vec<String> = field.shapes.iter().map(described).collect();
    let shape = if shapes.is_empty() { "It is one word without blanks.".to_owned() } else { format!("It is {}.", shapes.join(", or ")) };
    Error::invalid("check_field", message, format!("{shape} {}", field.help).trim().to_owned()).on(info.id)
}

/// A shape for people, after "it is".
fn described(shape: &Shape) -> String {
    match shape {
        Shape::Prefix(prefix) => format!("a word that begins with {prefix}"),
        Shape::Guid => "an id such as 00000000-0000-0000-0000-000000000000".to_owned(),
        Shape::Domain => "a domain such as company.example".to_owned(),
        Shape::Email => "an address such as name@company.example".to_owned(),
        Shape::Word { marks, least, most } => {
            let letters = match *marks {
                "" => "letters and digits".to_owned(),
                marks => format!("letters, digits and {}", marks.chars().map(|mark| format!("“{mark}”")).collect::<Vec<_>>().join(" ")),
            };
            match least == most {
                true => format!("a word of {least} {letters}"),
                false => format!("a word of {least} to {most} {letters}"),
            }
        }
        Shape::OneOf(choices) => format!("one of {}", choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")),
    }
}

fn fits(shape: &Shape, text: &str) -> bool {
    match shape {
        Shape::Prefix(prefix) => text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()),
        Shape::Guid => uuid::Uuid::try_parse(text).is_ok() && text.len() == 36,
        Shape::Domain => is_domain(text),
        Shape::Email => text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !name.contains('@') && is_domain(domain)),
        Shape::Word { marks, least, most } => {
            let length = text.chars().count();
            (*least..=*most).contains(&length) && text.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter))
        }
        Shape::OneOf(choices) => choices.iter().any(|(word, _)| *word == text),
    }
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::testing::info;
    use crate::signin::Proof;

    const fn field(name: &'static str, shapes: &'static [Shape]) -> Field {
        Field { name, help: "It is on the app's page.", secret: true, required: true, shapes, proof: Proof::Looks }
    }

    const BOT: Field = field("bot_token", &[Shape::Prefix("xb-")]);
    const APP: Field = field("app_token", &[Shape::Prefix("xa-")]);
    const WORD: Field = field("secret", &[Shape::Word { marks: "-_", least: 4, most: 8 }]);
    const ANY: Field = field("any", &[]);
    const TENANT: Field = field("tenant", &[Shape::Guid, Shape::Domain]);
    const SENDER: Field = field("sender", &[Shape::Email, Shape::Word { marks: "", least: 22, most: 22 }]);
    const CLOUD: Field = field("cloud", &[Shape::OneOf(&[("commercial", "Commercial"), ("gov", "Government")])]);
    const ALL: &[Field] = &[BOT, APP, WORD, ANY, TENANT, SENDER, CLOUD];

    #[test]
    fn a_text_is_held_against_the_shapes_of_its_field() {
        let info = PlatformInfo { fields: ALL, ..info() };
        let cases: &[(Field, &str, Result<&str, &str>)] = &[
            (BOT, "xb-1", Ok("xb-1")),
            (BOT, " \n xb-1\u{200b}\r\n", Ok("xb-1")),
            (BOT, "xb-", Err("This does not look like `bot_token`.")),
            (BOT, "planted", Err("This does not look like `bot_token`.")),
            (BOT, "xa-planted", Err("This is the `app_token`; here belongs the `bot_token`.")),
            (APP, "xb-planted", Err("This is the `bot_token`; here belongs the `app_token`.")),
            (BOT, "xb-1 xb-2", Err("`bot_token` has a blank or a line break inside.")),
            (BOT, "xb-1\nxb-2", Err("`bot_token` has a blank or a line break inside.")),
            (BOT, "xb-1\u{200b}2", Err("`bot_token` has a blank or a line break inside.")),
            (WORD, "a-b_c", Ok("a-b_c")),
            (WORD, "abc", Err("This does not look like `secret`.")),
            (WORD, "abcdefghi", Err("This does not look like `secret`.")),
            (WORD, "ab.cd", Err("This does not look like `secret`.")),
            (WORD, "xb-1234", Err("This is the `bot_token`; here belongs the `secret`.")),
            (ANY, "whatever", Ok("whatever")),
            (ANY, "xa-planted", Err("This is the `app_token`; here belongs the `any`.")),
            (TENANT, "9f0c1d2e-1111-2222-3333-444455556666", Ok("9f0c1d2e-1111-2222-3333-444455556666")),
            (TENANT, "9f0c1d2e111122223333444455556666", Err("This does not look like `tenant`.")),
            (TENANT, "{9f0c1d2e-1111-2222-3333-444455556666}", Err("This does not look like `tenant`.")),
            (TENANT, "harbor.example", Ok("harbor.example")),
            (TENANT, "münchen.example", Ok("münchen.example")),
            (TENANT, "harbor", Err("This does not look like `tenant`.")),
            (TENANT, "https://harbor.example/x", Err("This does not look like `tenant`.")),
            (TENANT, "-harbor.example", Err("This does not look like `tenant`.")),
            (SENDER, "ana@harbor.example", Ok("ana@harbor.example")),
            (SENDER, "ana@b@harbor.example", Err("This does not look like `sender`.")),
            (SENDER, "@harbor.example", Err("This does not look like `sender`.")),
            (SENDER, "abcdefghijklmnopqrstuv", Ok("abcdefghijklmnopqrstuv")),
            (CLOUD, "gov", Ok("gov")),
            (CLOUD, "Gov", Err("This does not look like `cloud`.")),
        ];
        for (field, text, expected) in cases {
            let found = look(&info, field, text);
            let words = found.as_ref().map(|text| *text).map_err(|error| error.message.as_str());
            assert_eq!(words, *expected, "{} {text}", field.name);
            if let Err(error) = found {
                assert!(error.next_step().contains("It is on the app's page.") && !format!("{error:?}").contains("planted"), "{error:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_what_it_should_look_like() {
        let info = PlatformInfo { fields: ALL, ..info() };
        for (field, words) in [
            (BOT, "a word that begins with xb-"),
            (WORD, "a word of 4 to 8 letters, digits and “-” “_”"),
            (TENANT, "an id such as 00000000-0000-0000-0000-000000000000, or a domain such as company.example"),
            (SENDER, "an address such as name@company.example, or a word of 22 letters and digits"),
            (CLOUD, "one of commercial, gov"),
            (ANY, "It is one word without blanks."),
        ] {
            let error = look(&info, &field, "a b").unwrap_err();
            assert!(error.next_step().contains(words), "{}", error.next_step());
        }
    }
}
