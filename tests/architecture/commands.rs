//! Sentences of the engine and the platforms are shown in a window too, so they name no terminal command: the next step goes
//! with them as data, and the terminal program adds its own command to it.

use crate::source::{Source, assert_none, rust, without_comments};

/// The terminal program's name, followed by one of its words.
fn commands(file: &Source) -> Vec<String> {
    let text = without_comments(&file.text);
    let is_command = |line: &str| {
        line.match_indices("usersync ").any(|(at, name)| line[at + name.len()..].starts_with(|next: char| next.is_ascii_lowercase()))
    };
    let found = text.lines().enumerate().filter(|(_, line)| is_command(line));
    found.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim())).collect()
}

#[test]
fn the_engine_and_the_platforms_name_no_terminal_command() {
    let files = rust(&["crates/engine/src", "crates/platforms/src"]);
    assert_none("A sentence names a terminal command", &files.iter().flat_map(commands).collect::<Vec<_>>());
}

#[test]
fn a_command_in_a_sentence_is_found_and_a_name_or_a_comment_is_not() {
    let text = "let a = \"Connect it: usersync connect x\";\nlet b = \"the bot usersync\";\n// usersync work\n";
    let file = Source { path: "a.rs".into(), text: text.into() };
    assert_eq!(commands(&file), ["a.rs:1: let a = \"Connect it: usersync connect x\";"]);
}
