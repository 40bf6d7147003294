//! Everything that User Sync writes to an employee, in one place: plain sentences, no markup, one link, the code on a line
//! of its own.
//!
//! A text takes the fullest form that fits the platform that carries it. Nothing here knows a platform: names, links and
//! codes are given.

/// Whom a text is about and through which platforms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Talk<'a> {
    /// The person's name.
    pub(crate) person: &'a str,
    /// The company as the secondary platform names it.
    pub(crate) company: &'a str,
    /// Name of the platform on which the text is read.
    pub(crate) here: &'a str,
    /// Name of the platform whose account is asked for.
    pub(crate) there: &'a str,
    /// The longest text that the platform here carries, in characters.
    pub(crate) limit: usize,
}

/// How the person authorises.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way<'a> {
    /// A link and a short code.
    Code {
        /// Where the code is entered.
        link: &'a str,
        /// The code.
        code: &'a str,
        /// How long it is good.
        minutes: i64,
    },
    /// A link; the person answers with the address on which the browser ended.
    Address {
        /// The link.
        link: &'a str,
    },
}

/// How the person authorises, in full and in brief.
fn how(way: Way<'_>) -> (String, String) {
    match way {
        Way::Code { link, code, minutes } => (
            format!("Open this link on your own computer and enter the code:\n{link}\n{code}\nThe code is good for {minutes} minutes."),
            format!("{link}\n{code}"),
        ),
        Way::Address { link } => (
            format!(
                "1. Open this link on your own computer and allow it:\n{link}\n2. Your browser then ends on a page that cannot be shown. \
                 Copy its address from the address bar and send it here as your answer."
            ),
            format!("{link}\nThen answer with the address on which your browser ends."),
        ),
    }
}

/// The prompt: who asks, why, what will be possible, what is not read, one link and a code, how to refuse.
///
/// `None` when not even the shortest form fits.
pub(crate) fn prompt(talk: Talk<'_>, way: Way<'_>) -> Option<String> {
    let Talk { person, company, here, there, .. } = talk;
    let (how, brief) = how(way);
    let full = format!(
        "Hello {person}, this is User Sync, set up by the administrators of {company}.\n\
         They ask you to connect your own {there} account.\n\
         Why: colleagues who use {there} cannot write to you here, and you cannot write to them.\n\
         What will be possible: direct messages between you in {here} and them in {there}, while each stays in their own app.\n\
         What is not read: channels, group conversations, files, meetings, and direct messages with people who are not synced.\n\n\
         {how}\n\n\
         To refuse, answer \"no\"; then nothing is connected."
    );
    let middle = format!(
        "User Sync, set up by the administrators of {company}, asks you to connect your {there} account, so that you in {here} and \
         colleagues in {there} can exchange direct messages. Only those are read.\n{how}\nTo refuse, answer \"no\"."
    );
    let short = format!("User Sync ({company}): connect your {there} account for direct messages only:\n{brief}\nTo refuse: \"no\".");
    [full, middle, short].into_iter().find(|text| fits(text, talk.limit))
}

/// The code is too old, and how to get a new one.
pub(crate) fn expired(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(
        format!(
            "The code for connecting your {there} account has expired. Answer anything here to get a new one, or ask your \
             administrator. To refuse, answer \"no\"."
        ),
        talk.limit,
    )
}

/// It worked.
pub(crate) fn connected(talk: Talk<'_>) -> String {
    let Talk { here, there, .. } = talk;
    fit(
        format!(
            "Done: your {there} account is connected. You can now exchange direct messages with colleagues on {there} from {here}. \
             Your administrators can undo this at any time."
        ),
        talk.limit,
    )
}

/// The person said no.
pub(crate) fn declined(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(format!("Understood: your {there} account is not connected. Ask your administrator if you change your mind."), talk.limit)
}

/// Somebody else's account was authorised, and the person is asked anew: what happened, a fresh link and code, how to refuse.
///
/// `None` when not even the shortest form fits.
pub(crate) fn once_more(talk: Talk<'_>, way: Way<'_>) -> Option<String> {
    let Talk { company, there, .. } = talk;
    let (how, brief) = how(way);
    let full = format!(
        "That was not your own {there} account, so nothing was connected and the authorisation was thrown away.\n\
         Please try once more and sign in to {there} with your own account. This is User Sync, set up by the administrators of {company}; \
         the earlier code is of no use any more.\n\n\
         {how}\n\n\
         To refuse, answer \"no\"; then nothing is connected."
    );
    let short =
        format!("That was not your own {there} account; nothing was connected. Once more, with your own:\n{brief}\nTo refuse: \"no\".");
    [full, short].into_iter().find(|text| fits(text, talk.limit))
}

/// Somebody else's account was authorised, and it ends there.
pub(crate) fn wrong_person(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(
        format!(
            "That was not your own {there} account, so nothing was connected and the authorisation was thrown away. \
             Ask your administrator to send a new request, and sign in to {there} with your own account."
        ),
        talk.limit,
    )
}

/// The authorisation did not succeed for another reason.
pub(crate) fn failed(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(format!("Your {there} account could not be connected. Your administrator sees the reason and can ask you again."), talk.limit)
}

/// The answer held an address that does not belong to this request.
pub(crate) fn not_that_address(talk: Talk<'_>) -> String {
    fit(
        "That address cannot be used: it must be the one on which your browser ended after the newest link, copied whole. Answer \
         anything here to get a new link, or \"no\" to refuse."
            .to_owned(),
        talk.limit,
    )
}

/// The admin withdrew the request.
pub(crate) fn withdrawn(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(format!("Your administrator withdrew the request to connect your {there} account. You need not do anything."), talk.limit)
}

/// A newer request takes the place of this one.
pub(crate) fn replaced(talk: Talk<'_>) -> String {
    let there = talk.there;
    fit(
        format!(
            "Your administrator asks you once more to connect your {there} account: please use the newest message. This one is no longer of use."
        ),
        talk.limit,
    )
}

fn fits(text: &str, limit: usize) -> bool {
    text.chars().count() <= limit
}

fn fit(text: String, limit: usize) -> String {
    if fits(&text, limit) { text } else { text.chars().take(limit).collect() }
}

/// What a person's answer to a prompt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// They refuse.
    No,
    /// It may hold the address on which their browser ended.
    Address,
    /// Anything else: they want to go on.
    GoOn,
}

/// Reads an answer.
pub(crate) fn read_answer(text: &str) -> Answer {
    let plain: String = text.chars().map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    match words.as_slice() {
        ["no" | "nope" | "decline" | "refuse" | "stop"] | ["no", "thanks"] | ["no", "thank", "you"] => Answer::No,
        _ if text.contains("code=") || text.contains("error=") || text.contains("state=") => Answer::Address,
        _ => Answer::GoOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(limit: usize) -> Talk<'static> {
        Talk { person: "Ana", company: "Example", here: "Alpha", there: "Beta", limit }
    }

    #[test]
    fn a_prompt_says_who_why_what_and_how_to_refuse_with_one_link_and_the_code_on_its_own_line() {
        let way = Way::Code { link: "https://beta.test/device", code: "WXYZ-1234", minutes: 15 };
        let text = prompt(talk(10_000), way).unwrap();
        assert!(text.lines().any(|line| line == "WXYZ-1234"), "{text}");
        assert_eq!(text.matches("https://").count(), 1);
        for part in ["Ana", "Example", "administrators", "Why:", "What will be possible:", "What is not read:", "answer \"no\""] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[test]
    fn a_prompt_shrinks_to_the_limit_but_never_loses_link_code_and_refusal() {
        let link = format!("https://beta.test/authorize?{}", "x".repeat(600));
        for limit in [10_000, 1_024, 800] {
            let text = prompt(talk(limit), Way::Address { link: &link }).unwrap();
            assert!(text.chars().count() <= limit);
            assert!(text.contains(&link) && text.contains("\"no\""), "{text}");
        }
        assert_eq!(prompt(talk(300), Way::Address { link: &link }), None);
    }

    #[test]
    fn answers_are_understood() {
        for (text, answer) in [
            ("no", Answer::No),
            (" No. ", Answer::No),
            ("NO!", Answer::No),
            ("no, thanks", Answer::No),
            ("no idea what this is", Answer::GoOn),
            ("now", Answer::GoOn),
            ("ok", Answer::GoOn),
            ("", Answer::GoOn),
            ("<http://localhost:1/?code=a&amp;state=b>", Answer::Address),
            ("http://localhost/?error=access_denied&state=b", Answer::Address),
        ] {
            assert_eq!(read_answer(text), answer, "{text}");
        }
    }
}
