//! The next step as a command: the engine names it as data, and whoever sits at a terminal types it.

use engine::engine::{ImportPreview, ImportView, PrimaryView};
use engine::model::{Act, PersonId, PlatformId, Reason, RunKind, RunState, RunWait};
use engine::people::list::PeoplePage;
use engine::people::views::PersonView;
use engine::store::history::RunPeople;
use engine::store::runs::RunView;
use engine::sync::SyncView;
use engine::sync::plan::PlanView;
use engine::{Error, Kind};

/// The reason of what perhaps happened, and what the platform will not tell about.
const PERHAPS_DONE: &str = "perhaps_done";

/// The command line that takes a step.
fn command(act: Act) -> String {
    match act {
        Act::Connect { platform } => format!("usersync connect {platform}"),
        Act::Import { platform } => format!("usersync import {platform}"),
        Act::ChoosePrimary { person } => format!("usersync primary {person} PLATFORM"),
        Act::Conflicts => "usersync conflicts".into(),
        Act::FinishReset { .. } => "usersync work".into(),
    }
}

/// The engine's word for choosing teams to import.
const CHOOSING_TEAMS: &str = "teams";

/// The command line that helps after an error which names no step: it only looks something up.
fn look_up(error: &Error) -> Option<String> {
    match (error.kind, error.operation, error.platform) {
        (Kind::NotFound, "person", _) => Some("usersync people --search NAME".into()),
        (Kind::NotFound, "run" | "pause_run" | "cancel_run", _) => Some("usersync runs".into()),
        (Kind::NotFound, "account", _) => Some("usersync person PERSON".into()),
        (Kind::NotFound, "import", None) => Some("usersync connect PLATFORM".into()),
        (Kind::Invalid, CHOOSING_TEAMS, Some(platform)) => Some(format!("usersync teams {platform}")),
        _ => None,
    }
}

fn joined(sentence: &str, command: &str) -> String {
    format!("{}: {command}", sentence.trim_end_matches('.'))
}

fn add(sentence: &mut String, act: Option<Act>) {
    if let Some(act) = act {
        *sentence = joined(sentence, &command(act));
    }
}

/// The next step after an error, with its command.
pub(super) fn after(error: &Error) -> String {
    let sentence = error.next_step();
    match error.next_act().map(command).or_else(|| look_up(error)) {
        Some(command) => joined(&sentence, &command),
        None => sentence,
    }
}

/// The reason's own next step with its command.
pub(super) fn add_command(reason: &mut Reason) {
    add(&mut reason.remedy, reason.act);
}

/// The same where it is known whose sync it is about: who looked and found nothing there can have it sent again.
fn add_commands(reason: &mut Reason, person: PersonId, to: PlatformId) {
    add_command(reason);
    if reason.kind == PERHAPS_DONE {
        reason.remedy = format!("{} When it did not happen: usersync send-anew {person} --to {to} --yes", reason.remedy);
    }
}

/// What lets a run go on that does not go on by itself.
pub(super) fn of_run(run: &RunView) -> Option<String> {
    match (run.waits, run.state, run.kind) {
        (Some(RunWait::Paused), ..) => Some(format!("Let it go on: usersync resume {}", run.id)),
        (Some(RunWait::SignIn), ..) => Some("Look which one, and connect it again: usersync connections".into()),
        (Some(RunWait::Approval), ..) => Some(approve(run)),
        (None, RunState::Interrupted, RunKind::Import) => Some("Import again, it goes on where it stopped: usersync import".into()),
        (None, RunState::Interrupted, _) => Some("Go on with it: usersync work".into()),
        (None, ..) if run.held > 0 => Some(approve(run)),
        (None, ..) => None,
    }
}

fn approve(run: &RunView) -> String {
    format!("Let them go on: usersync approve {}", run.id)
}

/// What names next steps.
pub(super) trait NextSteps: Sized {
    /// Adds its command to every next step that has one.
    fn with_commands(self) -> Self;
}

impl NextSteps for PlanView {
    fn with_commands(mut self) -> Self {
        self.blocked.iter_mut().for_each(|row| add(&mut row.remedy, row.act));
        self
    }
}

impl NextSteps for SyncView {
    fn with_commands(mut self) -> Self {
        for row in &mut self.people {
            if let Some(reason) = &mut row.reason {
                add_commands(reason, row.person, row.to);
            }
        }
        self
    }
}

impl NextSteps for PersonView {
    fn with_commands(mut self) -> Self {
        for (platform, sync) in &mut self.syncs {
            if let Some(reason) = &mut sync.reason {
                add_commands(reason, self.id, *platform);
            }
        }
        self
    }
}

impl NextSteps for RunPeople {
    fn with_commands(mut self) -> Self {
        for row in &mut self.rows {
            match (&mut row.reason, row.platform) {
                (Some(reason), Some(platform)) => add_commands(reason, row.person, platform),
                (Some(reason), None) => add_command(reason),
                (None, _) => {}
            }
        }
        self
    }
}

impl NextSteps for PeoplePage {
    fn with_commands(mut self) -> Self {
        self.people = self.people.into_iter().map(NextSteps::with_commands).collect();
        self
    }
}

impl NextSteps for ImportView {
    fn with_commands(mut self) -> Self {
        self.errors.values_mut().for_each(add_command);
        self
    }
}

impl NextSteps for ImportPreview {
    fn with_commands(mut self) -> Self {
        self.errors.values_mut().for_each(add_command);
        self
    }
}

impl NextSteps for PrimaryView {
    fn with_commands(mut self) -> Self {
        self.people.iter_mut().filter_map(|row| row.reason.as_mut()).for_each(add_command);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_that_the_program_can_take_has_a_command() {
        let (platform, person) = (PlatformId::new("alpha"), PersonId(7));
        let check = |act: Act, expected: &str| {
            let mut sentence = "Do it.".to_owned();
            add(&mut sentence, Some(act));
            assert_eq!(sentence, format!("Do it: {expected}"));
        };
        check(Act::Connect { platform }, "usersync connect alpha");
        check(Act::Import { platform }, "usersync import alpha");
        check(Act::ChoosePrimary { person }, "usersync primary p7 PLATFORM");
        check(Act::Conflicts, "usersync conflicts");
        check(Act::FinishReset { person }, "usersync work");
    }

    #[test]
    fn an_error_without_a_step_keeps_its_sentence_and_a_sign_out_says_how_to_connect_again() {
        let full = Error::new(Kind::Storage, "store", "Full.").ask_admin("Make room.");
        assert_eq!(after(&full), "Make room.");
        let out = Error::new(Kind::SignedOut, "send", "Signed out.").on(PlatformId::new("alpha"));
        assert_eq!(after(&out), "Connect the platform again: usersync connect alpha");
        let nobody = Error::not_found("person", "Nobody.", "Look for them.");
        assert_eq!(after(&nobody), "Look for them: usersync people --search NAME");
    }
}
