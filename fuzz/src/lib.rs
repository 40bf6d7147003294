//! What the targets share: a platform's answers made of hostile bytes, and an adapter that reads them.
//!
//! An input is readable, so that the seeds can be written by hand: a first line that says what is asked, then answers apart by a line
//! `%%`. An answer is a line with the status, headers, an empty line and the body. What asks for more answers than there are gets the
//! first ones again, for ever: whoever follows a list must notice.

#![forbid(unsafe_code)]

mod adapter;
mod answers;
mod network;

pub use adapter::{facts, page};
pub use answers::{Answers, at_once};
pub use network::{Loose, paced};
