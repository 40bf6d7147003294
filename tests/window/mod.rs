//! The real window on a desktop of its own: what the end-to-end tests and the window's benchmark share.
//!
//! A [`Desktop`] is a screen, a session bus, a keychain and folders that nobody else uses. A [`Window`] is the built program on it,
//! driven by WebDriver. A [`Page`] finds things as a user of a screen reader does: by role and name. It must not know what
//! the pages of User Sync say; that stands in the tests.

mod accessibility;
mod company;
mod desktop;
mod driver;
mod page;
mod pictures;
mod real_data;

use std::fmt;
use std::future::Future;
use std::time::Duration;

pub use company::Company;
pub use desktop::Desktop;
pub use driver::Window;
pub use page::{Page, Wanted, dialog, element};
pub use pictures::{Look, SIZES};
pub use real_data::{Filled, real_data};

/// How long anything may take to come true before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// The pause between two looks at a page.
const LOOK: Duration = Duration::from_millis(40);

/// Why a test in the window stops, in words.
pub struct Trouble(pub String);

impl fmt::Debug for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// What a step in the window gives.
pub type Result<T> = std::result::Result<T, Trouble>;

/// Stops with these words unless the condition holds.
pub fn ensure(holds: bool, words: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Trouble(words())) }
}

/// Looks again and again until `look` gives something, at most [`PATIENCE`] long.
pub async fn until<T, F: Future<Output = Result<Option<T>>>>(what: &str, look: impl FnMut() -> F) -> Result<T> {
    until_within(PATIENCE, what, look).await
}

/// The same with a deadline of the caller's.
pub async fn until_within<T, F: Future<Output = Result<Option<T>>>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> Result<T> {
    let mut pulse = tokio::time::interval(LOOK);
    let search = async {
        loop {
            pulse.tick().await;
            if let Some(found) = look().await? {
                return Ok(found);
            }
        }
    };
    match tokio::time::timeout(patience, search).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Trouble(format!("waited {} s in vain for {what}", patience.as_secs()))),
    }
}
