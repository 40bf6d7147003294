//! The words of the terminal program. Names are a contract with those who script it.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::model::{PlatformId, Status};

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
        /// All that are connected
        #[arg(long, requires = "yes")]
        all: bool,
        /// Confirm --all
        #[arg(long)]
        yes: bool,
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
        #[arg(long = "team", value_name = "ID")]
        teams: Vec<String>,
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
        #[arg(long)]
        yes: bool,
    },
    /// List accounts that could not be matched without a guess
    Conflicts,
    /// Say that an account belongs to a person
    Link {
        /// E-mail or id
        person: String,
        /// PLATFORM:ID, or the account's id
        account: String,
    },
    /// Say that an account stands alone
    Unlink {
        /// PLATFORM:ID, or the account's id
        account: String,
    },
    /// Show what a sync would do; sends nothing
    Plan(Selection),
    /// Sync people to a secondary platform
    Sync {
        /// Who, and where to
        #[command(flatten)]
        selection: Selection,
        /// Confirm the plan
        #[arg(long)]
        yes: bool,
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
    },
    /// Go on with everything stored; ask the platforms about open codes and answers
    Work {
        /// Keep at it for so many seconds
        #[arg(long = "for", value_name = "S")]
        seconds: Option<u64>,
    },
    /// Counts per platform and status
    Status,
    /// Past and present runs
    Runs,
    /// Undo every sync of people and forget their choices
    Reset {
        /// E-mails or ids
        #[arg(required = true)]
        people: Vec<String>,
        /// Confirm
        #[arg(long)]
        yes: bool,
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

/// Who of all people.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Name or e-mail contains
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Has a sync with this status
    #[arg(long, value_parser = status)]
    pub status: Option<Status>,
    /// Has an account there, or with --status: a sync to there
    #[arg(long)]
    pub platform: Option<PlatformId>,
    /// Uses this platform as primary
    #[arg(long)]
    pub primary: Option<PlatformId>,
}

/// Everybody whom the filter finds.
#[derive(Clone, Debug, Default, Args)]
pub struct AllMatching {
    /// Everybody whom the following filters find
    #[arg(long)]
    pub all_matching: bool,
    /// What they have in common
    #[command(flatten)]
    pub filter: Filter,
}

/// People and a secondary platform.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// E-mails or ids
    #[arg(required_unless_present = "all_matching", conflicts_with = "all_matching")]
    pub people: Vec<String>,
    /// Or everybody who matches
    #[command(flatten)]
    pub all: AllMatching,
    /// The secondary platform
    #[arg(long)]
    pub to: PlatformId,
}

/// `connect`
#[derive(Clone, Debug, Args)]
pub struct Connect {
    /// The platforms
    #[arg(required = true)]
    pub platforms: Vec<PlatformId>,
    /// Credentials as JSON: one platform's fields, or an object with a member per platform; `-` is standard input
    #[arg(long, value_name = "FILE|-")]
    pub credentials: Option<PathBuf>,
    /// Do not ask for this optional scope (see the guide; kept for the next time)
    #[arg(long = "without", value_name = "SCOPE")]
    pub without: Vec<String>,
    /// Enter the credentials anew, although the platform is connected
    #[arg(long, conflicts_with = "credentials")]
    pub anew: bool,
    /// Demo only: the simulator's credentials, and its admin clicks
    #[arg(long)]
    pub approve: bool,
    /// Which second factor signing in to the workspace needs
    #[arg(long, value_enum)]
    pub second_factor: Option<SecondFactor>,
    /// When the approval page may open
    #[arg(long, value_enum)]
    pub approval: Option<Approval>,
}

/// Second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SecondFactor {
    /// No second factor
    None,
    /// Authenticator app
    App,
    /// Text message
    Sms,
    /// Single sign-on
    Sso,
}

/// When to open the approval page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Approval {
    /// At once
    Now,
    /// Later, in one go for all waiting people
    Later,
}

/// `simulator`
#[derive(Clone, Debug, Args)]
pub struct Simulator {
    /// How many humans the company has
    #[arg(long, default_value_t = 250, value_name = "N")]
    pub people: usize,
    /// The company and all its chance follow from this number
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// Address of the plain HTTP door
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: std::net::SocketAddr,
    /// Where to write how to attach
    #[arg(long, value_name = "F")]
    pub ready_file: PathBuf,
    /// Write all traffic there, not redacted, as JSON lines
    #[arg(long, value_name = "T.jsonl")]
    pub record: Option<PathBuf>,
    /// Switch all rate limits off
    #[arg(long)]
    pub no_rate_limits: bool,
    /// How employees act by themselves, for example approve=0.9,decline=0.05,ignore=0.05,delay=500ms
    #[arg(long)]
    pub employees: Option<simulator::Employees>,
    /// Platforms that refuse the device grant
    #[arg(long, value_name = "PLATFORM", num_args = 1..)]
    pub no_device_grant: Vec<simulator::Platform>,
    /// Answer from a government's or a country's cloud, for example teams=gcc-high
    #[arg(long, value_name = "PLATFORM=CLOUD", num_args = 1..)]
    pub cloud: Vec<simulator::Cloud>,
}

fn status(word: &str) -> Result<Status, String> {
    Status::ALL.into_iter().find(|status| status.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("choose one of: {}", known.join(", "))
    })
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
