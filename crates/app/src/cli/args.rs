//! The words of the terminal program. Names are a contract with those who script it.

mod audit;
mod confirm;
mod connect;
mod limits;
mod select;
mod simulator;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Parser, Subcommand};
use engine::model::{PlatformId, RunId, Status};

pub use audit::{Audit, AuditCommand, Format};
pub use confirm::{Confirm, Dry};
pub use connect::{Approval, Connect, SecondFactor};
pub use limits::{Change, Limits};
use select::status;
pub use select::{AllMatching, Filter, Selection};
pub use simulator::Simulator;

/// One place to let colleagues on Slack, Microsoft Teams, Webex and Zoom write to each other.
#[derive(Debug, Parser)]
#[command(name = "usersync", version, max_term_width = 110)]
pub struct Cli {
    /// Folder with the local database (default: the user's data folder)
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Use pretended platforms: inside this program, or of a simulator that wrote READY.json
    #[arg(long, global = true, value_name = "READY.json", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub demo: Option<PathBuf>,
    /// Print one JSON document on standard output, and errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Guided tour with a made-up company: connect, import, sync of each kind, a failure, a retry, a reset
    Demo,
    /// Run the pretended platforms for other programs, until interrupted
    Simulator(Simulator),
    /// Show how a platform is set up: pages, scopes with their reasons, what to bring back
    Guide {
        /// The platform
        platform: PlatformId,
        /// A field that is known already, to complete the guide's addresses
        #[arg(long = "field", value_name = "NAME=VALUE")]
        fields: Vec<String>,
    },
    /// Check credentials field by field, without connecting
    Check {
        /// The platform
        platform: PlatformId,
        /// Credentials as JSON; `-` is standard input
        #[arg(long, value_name = "FILE|-")]
        credentials: Option<PathBuf>,
    },
    /// Connect platforms, sign in again, or answer a platform's questions
    Connect(Connect),
    /// Show the connected platforms
    Connections,
    /// End the sign-ins of platforms and forget their credentials
    Disconnect {
        /// The platforms
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        platforms: Vec<PlatformId>,
        /// All that are connected; this needs --yes
        #[arg(long)]
        all: bool,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
    },
    /// The key that protects the employees' sign-ins on this computer
    Key {
        /// What to do with it
        #[command(subcommand)]
        what: Option<Key>,
    },
    /// Show what is kept where, and how to end everything at once
    Security,
    /// List the teams that can be chosen for import
    Teams {
        /// The platform
        platform: PlatformId,
    },
    /// Read the accounts of connected platforms (all, unless named)
    Import {
        /// The platforms
        platforms: Vec<PlatformId>,
        /// Import only these teams (kept for the next import)
        #[arg(long = "team", value_name = "ID", conflicts_with = "dry_run")]
        teams: Vec<String>,
        /// Or only look
        #[command(flatten)]
        dry: Dry,
    },
    /// List people
    People {
        /// Who of all people
        #[command(flatten)]
        filter: Filter,
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Go on after this cursor
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Show one person
    Person {
        /// E-mail or id
        person: String,
    },
    /// Choose the platform that people really use: PERSON… PLATFORM, or --all-matching … PLATFORM
    Primary {
        /// E-mails or ids, then the platform
        #[arg(required = true, value_name = "PERSON… PLATFORM")]
        words: Vec<String>,
        /// Or everybody who matches
        #[command(flatten)]
        all: AllMatching,
        /// Also when syncs have to be reset for it
        #[command(flatten)]
        confirm: Confirm,
    },
    /// List accounts that could not be matched without a guess
    Conflicts,
    /// Say that an account belongs to a person
    Link {
        /// E-mail or id
        person: String,
        /// PLATFORM:ID, or the account's id
        account: String,
        /// Or only look
        #[command(flatten)]
        dry: Dry,
    },
    /// Say that an account stands alone
    Unlink {
        /// PLATFORM:ID, or the account's id
        account: String,
        /// Or only look
        #[command(flatten)]
        dry: Dry,
    },
    /// Show what a sync would do; sends nothing
    Plan(Selection),
    /// Sync people to a secondary platform
    Sync {
        /// Who, and where to
        #[command(flatten)]
        selection: Selection,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
        /// Wait for people too
        #[arg(long)]
        wait: bool,
        /// Longest wait in seconds
        #[arg(long, value_name = "S", default_value_t = 60, requires = "wait")]
        timeout: u64,
    },
    /// Withdraw an open sync
    Cancel {
        /// E-mail or id
        person: String,
        /// The secondary platform
        #[arg(long)]
        to: PlatformId,
        /// Or only look
        #[command(flatten)]
        dry: Dry,
    },
    /// Go on with everything stored; ask the platforms about open codes and answers
    Work {
        /// Keep at it for so many seconds
        #[arg(long = "for", value_name = "S")]
        seconds: Option<u64>,
    },
    /// Counts per platform and status
    Status,
    /// Past and present runs, or one of them person by person
    Runs {
        /// Which, for example r5
        run: Option<RunId>,
        /// Only people with this status
        #[arg(long, requires = "run", value_parser = status)]
        status: Option<Status>,
        /// At most this many people
        #[arg(long, value_name = "N", default_value_t = 50, requires = "run", value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Leave out so many people at the beginning
        #[arg(long, value_name = "N", default_value_t = 0, requires = "run")]
        from: u32,
    },
    /// Hold a run: nothing new of it is begun until it is resumed
    Pause {
        /// Which, for example r5
        run: RunId,
    },
    /// Let a paused run go on
    Resume {
        /// Which, for example r5
        run: RunId,
    },
    /// Stop a run for good: what was not begun goes back to where it was
    Stop {
        /// Which, for example r5
        run: RunId,
    },
    /// Let go on what a stop limit holds of a run
    Approve {
        /// Which, for example r5
        run: RunId,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Undo exactly the syncs that a run made
    Undo {
        /// Which, for example r5
        run: RunId,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
    },
    /// What failed, by platform and reason, and what to do about it
    Failures,
    /// Try again what failed
    Retry {
        /// Only with this reason, as `failures` names it
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// Only syncs to this platform
        #[arg(long)]
        platform: Option<PlatformId>,
        /// Only those of this run
        #[arg(long)]
        run: Option<RunId>,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
    },
    /// Send anew what perhaps happened, after you looked and found that it did not
    SendAnew {
        /// E-mail or id
        person: String,
        /// The secondary platform
        #[arg(long)]
        to: PlatformId,
        /// Confirm that you looked
        #[arg(long)]
        yes: bool,
    },
    /// How much a single run may do before the rest of it waits for approval
    Limits {
        /// What to do with them
        #[command(subcommand)]
        what: Option<Limits>,
    },
    /// What was done, by whom and when: the audit log
    Audit(Audit),
    /// Undo every sync of people and forget their choices
    Reset {
        /// E-mails or ids
        #[arg(required_unless_present = "all_matching", conflicts_with = "all_matching")]
        people: Vec<String>,
        /// Or everybody who matches
        #[command(flatten)]
        all: AllMatching,
        /// Whether it is confirmed
        #[command(flatten)]
        confirm: Confirm,
    },
}

/// `key`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Key {
    /// Make a new key and seal everything anew with it
    Renew,
    /// When the key is lost: ask the people concerned again
    AskAgain {
        /// Confirm: each of them gets a message
        #[arg(long)]
        yes: bool,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_words_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn demo_takes_a_ready_file_only_behind_an_equals_sign() {
        let alone = Cli::parse_from(["usersync", "--demo", "people"]);
        assert_eq!(alone.demo.as_deref(), Some(std::path::Path::new("")));
        let attached = Cli::parse_from(["usersync", "--demo=READY.json", "status"]);
        assert_eq!(attached.demo.as_deref(), Some(std::path::Path::new("READY.json")));
    }

    #[test]
    fn a_selection_is_people_or_all_matching_never_both() {
        assert!(Cli::try_parse_from(["usersync", "plan", "--to", "webex"]).is_err());
        assert!(Cli::try_parse_from(["usersync", "plan", "a@b.example", "--all-matching", "--to", "webex"]).is_err());
        assert!(Cli::try_parse_from(["usersync", "plan", "--all-matching", "--primary", "slack", "--to", "webex"]).is_ok());
    }
}
