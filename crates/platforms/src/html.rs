//! What people read of a message that a platform hands out as HTML: its text, with the addresses behind links, because an
//! address is what some answers are made of.
//!
//! Reads the simple HTML of chat messages; it is no browser and its result is never shown as HTML.

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &["p", "div", "li", "ul", "ol", "h1", "h2", "h3", "pre", "blockquote", "tr", "table"];

/// The text of a message.
pub(crate) fn plain_text(html: &str) -> String {
    let mut text = String::new();
    // The open link: where its text begins, and its address.
    let mut link: Option<(usize, String)> = None;
    let mut rest = html;
    while let Some(begin) = rest.find('<') {
        push(&mut text, &rest[..begin]);
        let Some(length) = tag_length(&rest[begin..]) else {
            push(&mut text, &rest[begin..]);
            rest = "";
            break;
        };
        let tag = &rest[begin + 1..begin + length - 1];
        rest = &rest[begin + length..];
        let closes = tag.starts_with('/');
        let name = tag
            .trim_start_matches('/')
            .split(|letter: char| letter.is_whitespace() || letter == '/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if name == "br" || BLOCKS.contains(&name.as_str()) {
            if name == "br" || !(text.is_empty() || text.ends_with('\n')) {
                text.push('\n');
            }
        } else if name == "a" && !closes {
            link = attribute(tag, "href").map(|address| (text.len(), address));
        } else if name == "a"
            && let Some((begin, address)) = link.take()
            && address.starts_with("http")
            && !text[begin..].contains(&address)
        {
            text.push(' ');
            text.push_str(&address);
        }
    }
    push(&mut text, rest);
    text.trim().to_owned()
}

/// Length of the tag that `html` begins with; a `>` inside quotes does not end it.
fn tag_length(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in html.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}="))?;
    let quote = rest.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
    let (value, _) = rest[1..].split_once(quote)?;
    let mut text = String::new();
    push(&mut text, value);
    Some(text)
}

/// Adds text with its entities decoded.
fn push(text: &mut String, encoded: &str) {
    let mut rest = encoded;
    while let Some(begin) = rest.find('&') {
        text.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let decoded = rest.find(';').and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (letter, length) = decoded.unwrap_or(('&', 1));
        text.push(letter);
        rest = &rest[length..];
    }
    text.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    });
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => char::from_u32(number?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_message_is_what_people_read() {
        let cases = [
            ("<p>no</p>", "no"),
            ("<div><div>Hello&nbsp;Ana</div><div>1 &lt; 2 &amp; &#39;3&#x27;</div></div>", "Hello Ana\n1 < 2 & '3'"),
            ("one<br>two<br/>three", "one\ntwo\nthree"),
            ("plain, no tags", "plain, no tags"),
            ("5 < 6", "5 < 6"),
            ("AT&T; & co", "AT&T; & co"),
            ("<p title=\"a > b\">x</p>", "x"),
            ("", ""),
        ];
        for (html, text) in cases {
            assert_eq!(plain_text(html), text, "{html}");
        }
    }

    #[test]
    fn the_address_behind_a_link_is_kept_once() {
        let shown = r#"<a href="http://localhost:43117/?code=a&amp;state=b">http://localhost:43117/?code=a&amp;state=b</a>"#;
        assert_eq!(plain_text(shown), "http://localhost:43117/?code=a&state=b");
        let hidden = r#"<p>see <a title="x" href='http://localhost:43117/?code=a&amp;state=b'>this page</a></p>"#;
        assert_eq!(plain_text(hidden), "see this page http://localhost:43117/?code=a&state=b");
    }
}
