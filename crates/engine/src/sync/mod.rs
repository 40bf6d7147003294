//! Making a person reachable on a secondary platform: what would happen ([`plan`]), doing it in stored steps that survive a
//! crash, and undoing it.
//!
//! The rule behind every step: what is sent outside is written down before, its outcome after, and what may have been sent
//! is looked up at the platform before it is ever sent again.
//!
//! A sync is a row with at most one open main step. An own account takes `prompt` (a code, then the message), `authorise`
//! (wait for the person), `verify` (is it the expected account?), and `tell` steps that edit the prompt; a bot or guest
//! takes `represent`.

mod after;
pub(crate) mod answers;
mod authorise;
pub(crate) mod cancel_run;
pub(crate) mod doubt;
pub(crate) mod ends;
pub(crate) mod jumps;
pub(crate) mod keys;
pub(crate) mod passes;
pub(crate) mod pause;
mod places;
pub mod plan;
pub(crate) mod progress;
mod prompt;
pub(crate) mod quarantine;
pub(crate) mod queue;
mod represent;
pub(crate) mod reset;
mod run;
mod scope;
pub(crate) mod shared;
pub(crate) mod shut;
pub(crate) mod stop_limits;
mod tell;
mod time_left;
pub(crate) mod undo_run;
pub(crate) mod undoing;
mod verify;
mod words;
pub(crate) mod work;

pub use queue::{SyncRow, SyncView};
pub use reset::{Goes, PersonReset, ResetPreview, Stays, UndoneView};
pub use scope::Until;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
