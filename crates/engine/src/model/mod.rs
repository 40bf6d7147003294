//! The words of the product as types. No I/O, no rules: just what a thing is.

mod account;
mod act;
mod advice;
mod health;
mod ids;
mod limits;
mod message;
mod run;
mod sync;

pub use account::{Account, AccountKind, Identity, Page, Team, case_fold};
pub use act::Act;
pub use advice::Advice;
pub use health::{Health, HealthState};
pub use ids::{GrantId, PersonId, PlatformId, RunId, SyncId};
pub use limits::{Guarded, Held, StopLimit, StopLimits};
pub use message::{Conversation, Incoming, Intent, Outcome, Recipient, Representation, RepresentationKind, Represented, SentMessage};
pub use run::{RunKind, RunState, RunWait};
pub use sync::{Reason, ReasonCount, Status};
