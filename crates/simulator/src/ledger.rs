//! The world's own record of what people were told and who is represented where, kept by the receiving side so that
//! a test can hold it against what the app believes. Knows nothing of requests or tokens.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::Platform;

/// A direct message as the human saw it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    /// The name shown above the message.
    pub(crate) from: String,
    /// Whom an answer goes to: what `speak` of the platform takes as `to`.
    pub(crate) answer_to: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    /// The platform's own key of the message, for edits.
    pub(crate) key: String,
}

/// A bot or guest that stands for a person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Representation {
    pub(crate) platform: Platform,
    /// `bot` or `guest`.
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The address it was invited by, where there is one: it says for whom it stands; else the name does.
    pub(crate) email: Option<String>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    heard: HashMap<(Platform, String), Vec<Heard>>,
    /// How many messages each ever received, taken back or not.
    told: HashMap<(Platform, String), u64>,
    /// By platform and id.
    representations: BTreeMap<(&'static str, String), Representation>,
    /// Who heard something new since [`Ledger::take_news`], oldest first.
    news: Vec<(Platform, String, Heard)>,
}

impl Ledger {
    /// The human behind `account` (the platform's account id) received a direct message.
    pub(crate) fn hear(&mut self, platform: Platform, account: &str, heard: Heard) {
        self.news.push((platform, account.to_owned(), heard.clone()));
        *self.told.entry((platform, account.to_owned())).or_default() += 1;
        self.heard.entry((platform, account.to_owned())).or_default().push(heard);
    }

    /// A message that the human behind `account` received was edited.
    pub(crate) fn reword(&mut self, platform: Platform, account: &str, key: &str, text: &str) {
        let Some(messages) = self.heard.get_mut(&(platform, account.to_owned())) else { return };
        if let Some(message) = messages.iter_mut().find(|message| message.key == key) {
            text.clone_into(&mut message.text);
            self.news.push((platform, account.to_owned(), message.clone()));
        }
    }

    /// A message was deleted by its sender: the human no longer sees it.
    pub(crate) fn forget(&mut self, platform: Platform, account: &str, key: &str) {
        if let Some(messages) = self.heard.get_mut(&(platform, account.to_owned())) {
            messages.retain(|message| message.key != key);
        }
    }

    /// All the human behind `account` received there, oldest first.
    pub(crate) fn heard(&self, platform: Platform, account: &str) -> &[Heard] {
        self.heard.get(&(platform, account.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// How many messages the human behind `account` ever received there, those included that were deleted since; an edit is none.
    pub(crate) fn told(&self, platform: Platform, account: &str) -> u64 {
        self.told.get(&(platform, account.to_owned())).copied().unwrap_or_default()
    }

    /// A bot or guest stands for somebody from now on; the same id again renames it.
    pub(crate) fn represent(&mut self, representation: Representation) {
        self.representations.insert((representation.platform.slug(), representation.id.clone()), representation);
    }

    /// A bot or guest is gone.
    pub(crate) fn end_representation(&mut self, platform: Platform, id: &str) {
        self.representations.remove(&(platform.slug(), id.to_owned()));
    }

    pub(crate) fn representations(&self) -> Vec<&Representation> {
        self.representations.values().collect()
    }

    /// Messages new or changed since the last call, for the employees who act on them.
    pub(crate) fn take_news(&mut self) -> Vec<(Platform, String, Heard)> {
        std::mem::take(&mut self.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_what_the_human_sees_in_place() {
        let mut ledger = Ledger::default();
        let heard =
            Heard { from: "App".into(), answer_to: "A1".into(), text: "code 1".into(), at: Timestamp::UNIX_EPOCH, key: "1.0".into() };
        ledger.hear(Platform::Slack, "U1", heard);
        ledger.reword(Platform::Slack, "U1", "1.0", "expired");
        let seen: Vec<_> = ledger.heard(Platform::Slack, "U1").iter().map(|message| message.text.as_str()).collect();
        assert_eq!(seen, ["expired"]);
        assert_eq!(ledger.take_news().len(), 2);
    }
}
