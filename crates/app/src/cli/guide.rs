//! guide: how a platform is set up, as text. What is said and in which order is the adapter's data; here it is only laid out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::guide::{self, CopyView, GuideView, PartView, ScopeView};
use engine::model::PlatformId;
use engine::platform::PlatformInfo;
use engine::signin::{Field, Shape};
use engine::{Error, Result};

use super::answer::{Answer, Exit};

/// Shows the guide of a platform. Needs neither a data folder nor a network.
pub(super) fn show(answer: Answer, platform: PlatformId, fields: &[String]) -> Result<Exit> {
    let platform = platforms::all().get(platform)?;
    let view = guide::view(platform, &entered(platform.info(), fields)?)?;
    answer.give(&view, |view| page(platform.info(), view))?;
    Ok(Exit::Done)
}

/// The `NAME=VALUE` words, which fill the places in the guide's addresses.
fn entered(info: &PlatformInfo, fields: &[String]) -> Result<BTreeMap<String, String>> {
    let read = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Error::invalid("guide", format!("`{text}` is no field with its value."), "Write NAME=VALUE, for example client_id=1234.")
        })?;
        match info.fields.iter().find(|field| field.name == name) {
            Some(field) if field.secret => Err(Error::invalid(
                "guide",
                format!("`{name}` is secret and has no place in a guide."),
                "Leave it out; it is asked for when you connect.",
            )),
            Some(_) => Ok((name.to_owned(), value.to_owned())),
            None => {
                let plain: Vec<&str> = info.fields.iter().filter(|field| !field.secret).map(|field| field.name).collect();
                Err(Error::invalid(
                    "guide",
                    format!("{} has no field `{name}`.", info.name),
                    format!("Its plain fields are: {}.", plain.join(", ")),
                ))
            }
        }
    };
    fields.iter().map(read).collect()
}

fn page(info: &PlatformInfo, view: &GuideView) -> String {
    let mut text = format!("Setting up {}\n", view.name);
    if !view.needs.is_empty() {
        text.push_str("\nYou need\n");
        view.needs.iter().for_each(|need| lines(&mut text, "  - ", need));
    }
    for (number, part) in (1..).zip(&view.parts) {
        text.push('\n');
        text.push_str(&self::part(info, number, part));
    }
    text.push_str("\nTo end everything of User Sync there at once\n");
    lines(&mut text, "  ", &view.off_switch);
    lines(&mut text, "  ", &view.off_switch_link);
    let _ = write!(text, "\nWhen you have all of it: usersync connect {}", info.id);
    text
}

/// One part of the guide, as `connect` shows it too before it asks for the part's fields.
pub(super) fn part(info: &PlatformInfo, number: usize, part: &PartView) -> String {
    let mut text = format!("{number}. {}\n", part.title);
    if let Some(without) = &part.without {
        lines(&mut text, "   ", &format!("Can be skipped. {without}"));
    }
    part.text.iter().for_each(|sentence| lines(&mut text, "   ", sentence));
    if let Some(open) = &part.open {
        match &open.url {
            Some(url) => {
                let _ = writeln!(text, "   {}:\n   {url}", open.label);
            }
            None => {
                let verb = if open.waits_for.len() == 1 { "is" } else { "are" };
                let waiting = open.waits_for.join(" and ");
                lines(&mut text, "   ", &format!("{}: the address follows when {waiting} {verb} known.", open.label));
            }
        }
    }
    part.copy.iter().filter(|copy| !is_list_of(copy, &part.scopes)).for_each(|copy| copied(&mut text, copy));
    if !part.scopes.is_empty() {
        text.push_str("   Scopes:\n");
        for scope in &part.scopes {
            let optional = if scope.optional { " (may be left out)" } else { "" };
            let _ = writeln!(text, "     {}{optional}", scope.name);
            lines(&mut text, "       ", &format!("{} Without it: {}", scope.reason, scope.without));
        }
    }
    for name in &part.fields {
        let Some(field) = info.fields.iter().find(|field| field.name == name) else { continue };
        let optional = if field.required { "" } else { " (optional)" };
        let _ = writeln!(text, "   Note down {name}{optional}:");
        lines(&mut text, "     ", field.help);
        for choices in choices(field) {
            choices.iter().for_each(|(word, label)| lines(&mut text, "       ", &format!("{word}: {label}")));
        }
    }
    text
}

/// The choices of a field that is chosen and not written.
fn choices(field: &Field) -> impl Iterator<Item = &'static [(&'static str, &'static str)]> {
    field.shapes.iter().filter_map(|shape| match shape {
        Shape::OneOf(choices) => Some(*choices),
        _ => None,
    })
}

/// The scopes stand below with their reasons: not twice.
fn is_list_of(copy: &CopyView, scopes: &[ScopeView]) -> bool {
    copy.text.lines().all(|line| scopes.iter().any(|scope| scope.name == line))
}

fn copied(text: &mut String, copy: &CopyView) {
    let _ = writeln!(text, "   {}:", copy.label);
    copy.text.lines().for_each(|line| {
        let _ = writeln!(text, "     {line}");
    });
}

/// A sentence in lines that fit a narrow terminal; what has no blanks is never cut.
fn lines(text: &mut String, indent: &str, sentence: &str) {
    const WIDTH: usize = 100;
    let later = " ".repeat(indent.chars().count());
    let mut line = indent.to_owned();
    let mut is_empty = true;
    for word in sentence.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line.clone_from(&later);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_are_wrapped_and_addresses_never_cut() {
        let mut text = String::new();
        let address = format!("https://a.example/{}", "x".repeat(150));
        lines(&mut text, "  - ", &format!("{} {address}", "word ".repeat(30)));
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows.len() >= 3 && rows[0].starts_with("  - word") && rows[1].starts_with("    word"), "{text}");
        assert!(rows.iter().all(|row| row.len() <= 100 || row.trim() == address), "{text}");
    }

    #[test]
    fn a_secret_or_unknown_field_has_no_place_in_a_guide() {
        for platform in platforms::all().iter() {
            let info = platform.info();
            let refused = |word: String| entered(info, &[word]).unwrap_err().message;
            for field in info.fields {
                let word = format!("{}=planted", field.name);
                match field.secret {
                    true => assert!(!refused(word).contains("planted")),
                    false => assert_eq!(entered(info, &[word]).unwrap()[field.name], "planted"),
                }
            }
            assert!(refused("unheard_of=1".into()).contains("unheard_of"));
            assert!(refused("alone".into()).contains("no field with its value"));
        }
    }

    #[test]
    fn every_platforms_guide_can_be_printed_whole() {
        for platform in platforms::all().iter() {
            let info = platform.info();
            let view = guide::view(platform, &BTreeMap::new()).unwrap();
            let text = page(info, &view);
            for part in &view.parts {
                assert!(text.contains(&part.title), "{}: {}", info.id, part.title);
                assert!(part.fields.iter().all(|field| text.contains(&format!("Note down {field}"))), "{}: {}", info.id, part.title);
            }
            assert!(text.contains(info.off_switch.link), "{}", info.id);
        }
    }
}
