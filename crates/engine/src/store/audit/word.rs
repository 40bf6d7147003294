//! Everything that an entry of the audit log can tell, each in one word for programs and one sentence for people.

/// What happened: the first ones are the admin's acts, those from [`Word::BotMade`] on are effects on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Word {
    LogBegun,
    Connected,
    Disconnected,
    AnswersChanged,
    TeamsChosen,
    ImportBegun,
    PrimaryChosen,
    AccountLinked,
    AccountUnlinked,
    KeptApart,
    SyncConfirmed,
    AskedAgain,
    SyncCancelled,
    ResetConfirmed,
    UndoConfirmed,
    RunPaused,
    RunResumed,
    RunApproved,
    RunStopped,
    FailuresRetried,
    SentAnew,
    LimitsChanged,
    KeyRenewed,
    ListExported,
    BotMade,
    BotRemoved,
    GuestInvited,
    GuestRemoved,
    PromptSent,
    PromptEdited,
    PromptWithdrawn,
    MessageSent,
    AuthorisationKept,
    AuthorisationRefused,
    AuthorisationRevoked,
    SignedOut,
    SignedOff,
}

impl Word {
    /// All of them, in the order above, with the word in the database and the sentence.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 37] = [
        (Self::LogBegun, "log_begun", "The audit log of this data folder begins"),
        (Self::Connected, "connected", "The platform was connected"),
        (Self::Disconnected, "disconnected", "The platform was disconnected"),
        (Self::AnswersChanged, "answers_changed", "Answers to the platform's questions were changed"),
        (Self::TeamsChosen, "teams_chosen", "The teams to import were chosen"),
        (Self::ImportBegun, "import_begun", "An import was begun"),
        (Self::PrimaryChosen, "primary_chosen", "The primary platform was chosen"),
        (Self::AccountLinked, "account_linked", "An account was linked to the person"),
        (Self::AccountUnlinked, "account_unlinked", "An account was taken out of its person"),
        (Self::KeptApart, "kept_apart", "Accounts in conflict were kept apart"),
        (Self::SyncConfirmed, "sync_confirmed", "A sync was confirmed"),
        (Self::AskedAgain, "asked_again", "Asking again was confirmed"),
        (Self::SyncCancelled, "sync_cancelled", "The withdrawal of a sync was confirmed"),
        (Self::ResetConfirmed, "reset_confirmed", "A reset was confirmed"),
        (Self::UndoConfirmed, "undo_confirmed", "Undoing a run was confirmed"),
        (Self::RunPaused, "run_paused", "The run was paused"),
        (Self::RunResumed, "run_resumed", "The run was resumed"),
        (Self::RunApproved, "run_approved", "What a stop limit held was approved"),
        (Self::RunStopped, "run_stopped", "The run was stopped"),
        (Self::FailuresRetried, "failures_retried", "Failed syncs are tried again"),
        (Self::SentAnew, "sent_anew", "What was in doubt is sent anew, because it did not happen"),
        (Self::LimitsChanged, "limits_changed", "The stop limits were changed"),
        (Self::KeyRenewed, "key_renewed", "The key of the employees' sign-ins is renewed"),
        (Self::ListExported, "list_exported", "An export was begun"),
        (Self::BotMade, "bot_made", "A bot was made for the person"),
        (Self::BotRemoved, "bot_removed", "The person's bot was removed"),
        (Self::GuestInvited, "guest_invited", "The person was invited as a guest"),
        (Self::GuestRemoved, "guest_removed", "The person's guest was removed"),
        (Self::PromptSent, "prompt_sent", "The person was asked to authorise"),
        (Self::PromptEdited, "prompt_edited", "The prompt to the person was changed"),
        (Self::PromptWithdrawn, "prompt_withdrawn", "The prompt to the person was withdrawn"),
        (Self::MessageSent, "message_sent", "A message followed the prompt, which could not be changed any more"),
        (Self::AuthorisationKept, "authorisation_kept", "The person authorised their account"),
        (Self::AuthorisationRefused, "authorisation_refused", "Somebody else's account was authorised; its tokens were destroyed"),
        (Self::AuthorisationRevoked, "authorisation_revoked", "The authorisation was revoked"),
        (Self::SignedOut, "signed_out", "The platform refuses the connection's tokens"),
        (Self::SignedOff, "signed_off", "A token of the connection was ended at the platform"),
    ];

    /// The word in the database.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The sentence, without its full stop.
    pub(crate) fn sentence(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// Whether it is told of the admin, and not of what follows by itself.
    pub(crate) fn is_act(self) -> bool {
        self != Self::LogBegun && self < Self::BotMade
    }
}

/// So many people, in words.
pub(crate) fn people(count: usize) -> String {
    if count == 1 { "1 person".into() } else { format!("{count} people") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_its_place_and_is_told_once() {
        for (at, (word, name, sentence)) in Word::ALL.into_iter().enumerate() {
            assert_eq!(word as usize, at, "{word:?}");
            assert_eq!((word.as_str(), word.sentence()), (name, sentence));
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(sentence.starts_with(char::is_uppercase) && !sentence.ends_with('.'), "{sentence}");
            assert_eq!(Word::ALL.iter().filter(|(_, other, same)| *other == name || *same == sentence).count(), 1, "{name}");
        }
        assert_eq!(Word::SignedOff as usize + 1, Word::ALL.len(), "the last word is in the table");
        assert!(!Word::LogBegun.is_act() && Word::ListExported.is_act() && !Word::BotMade.is_act());
    }
}
