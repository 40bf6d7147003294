//! The words by which people are found: what the index of words holds for an account, and how a search asks it.
//!
//! Every name and address stands there as it is, and every word of it can be found by its beginning. An address has one more
//! word in which its last word before the `@` and all that follows stand without their dots: whole domains are words of half the
//! company, and asking for those by their beginning would collect everybody first.
//!
//! Knows the index's language and no table.

/// What the index holds beside the address itself.
pub(super) fn joined(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let last = local.rsplit(|letter: char| !letter.is_alphanumeric()).next()?;
    let domain: String = domain.chars().filter(|letter| letter.is_alphanumeric()).collect();
    (!last.is_empty() && !domain.is_empty()).then(|| format!("{last}{domain}"))
}

/// The search text in the index's language: every word as the beginning of one. `None` when there is no letter or digit in it.
pub(super) fn question(text: &str) -> Option<String> {
    let terms = text.split_whitespace().filter(|term| term.chars().any(char::is_alphanumeric));
    let terms: Vec<String> = terms.map(term).collect();
    if terms.is_empty() { None } else { Some(terms.join(" AND ")) }
}

fn term(term: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    match (joined(term), term.rsplit_once('@')) {
        (Some(joined), Some((local, _))) => format!("{} AND {}*", quoted(local), quoted(&joined)),
        _ => format!("{}*", quoted(term)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_asked_for_by_its_rarest_words() {
        assert_eq!(joined("ann.o-hara@Mail.x.example").as_deref(), Some("haraMailxexample"));
        assert_eq!(question("ann.smith@x.ex bo").as_deref(), Some("\"ann.smith\" AND \"smithxex\"* AND \"bo\"*"));
        for no_address in ["ann", "@x.example", "ann@", "ann@..", "ann.@x"] {
            assert_eq!(joined(no_address), None, "{no_address}");
        }
        assert_eq!(question("ann.@x").as_deref(), Some("\"ann.@x\"*"));
        assert_eq!(question(" @. "), None);
    }
}
