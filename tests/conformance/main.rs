//! One suite for all platforms: every check runs against every adapter over the simulator, none is skipped. Where a
//! platform does not offer something, the check proves that it is refused before a request leaves.
//!
//! The traffic of every check is recorded below `target/conformance/`, to be held against the vendors' specifications.

mod clouds;
mod costs;
mod data;
mod directory;
mod doubt;
mod faults;
mod guides;
mod messages;
mod proofs;
mod sign_in;
mod stand_ins;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use engine::platform::Platform;
use libtest_mimic::{Arguments, Failed, Trial};
use user_sync_tests::bed::{Bed, Setup};

/// What a check is given: the platform, and where its traffic is to be recorded.
pub(crate) struct Case {
    platform: &'static dyn Platform,
    record: PathBuf,
}

impl Case {
    /// The usual bed.
    pub(crate) async fn bed(&self) -> Result<Bed, Failed> {
        self.bed_with(Setup::default()).await
    }

    /// A bed whose traffic is not recorded: for checks that ask what no client may ask.
    pub(crate) async fn bed_off_the_record(&self) -> Result<Bed, Failed> {
        self.bed_off_the_record_with(Setup::default()).await
    }

    /// The same with a setup of its own.
    pub(crate) async fn bed_off_the_record_with(&self, setup: Setup) -> Result<Bed, Failed> {
        Bed::new(self.platform, setup).await.map_err(say)
    }

    /// A bed with a setup of its own.
    pub(crate) async fn bed_with(&self, setup: Setup) -> Result<Bed, Failed> {
        Bed::new(self.platform, Setup { record: Some(self.record.clone()), ..setup }).await.map_err(say)
    }
}

/// The outcome of a check.
pub(crate) type Checked = Result<(), Failed>;
type Running = Pin<Box<dyn Future<Output = Checked>>>;
type Check = (&'static str, fn(Case) -> Running);

/// An error with everything that helps to find its cause.
pub(crate) fn say(error: engine::Error) -> Failed {
    format!("{} [{}, {:?}, {:?}, {:?}]", error.message, error.operation, error.kind, error.remedy, error.context).into()
}

/// Fails the check with a sentence unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+).into());
        }
    };
}

/// A list of checks, each named by its function, which states the rule.
macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        /// The checks of this file.
        pub(crate) const CHECKS: &[(&str, fn($crate::Case) -> std::pin::Pin<Box<dyn Future<Output = $crate::Checked>>>)] =
            &[$((stringify!($name), |case| Box::pin($name(case)))),+];
    };
}

pub(crate) use checks;
pub(crate) use ensure;

fn main() {
    let arguments = Arguments::from_args();
    let folder = match user_sync_tests::kept("conformance") {
        Ok(folder) => folder,
        Err(reason) => panic!("the traffic cannot be recorded: {reason}"),
    };
    let topics: [(&str, &[Check]); 11] = [
        ("data", data::CHECKS),
        ("guides", guides::CHECKS),
        ("clouds", clouds::CHECKS),
        ("directory", directory::CHECKS),
        ("messages", messages::CHECKS),
        ("stand_ins", stand_ins::CHECKS),
        ("sign_in", sign_in::CHECKS),
        ("proofs", proofs::CHECKS),
        ("faults", faults::CHECKS),
        ("doubt", doubt::CHECKS),
        ("costs", costs::CHECKS),
    ];
    let mut trials = Vec::new();
    for platform in platforms::all().iter() {
        for (topic, checks) in topics {
            for (name, check) in checks {
                let slug = platform.info().id;
                let record = folder.join(format!("{slug}-{topic}-{name}.jsonl"));
                trials.push(Trial::test(format!("{slug}::{topic}::{name}"), move || run(*check, Case { platform, record })));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Runs a check on paused time: what it waits for comes at once.
fn run(check: fn(Case) -> Running, case: Case) -> Checked {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.map_err(|error| Failed::from(error.to_string()))?.block_on(check(case))
}
