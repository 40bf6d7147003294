//! What a tenant's own rules will refuse, said once after connecting.

use serde::{Deserialize, Serialize};

/// One piece of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Advice {
    /// One short word, the same for the same matter: `consent`, `device_code`.
    pub about: String,
    /// What is so, in one sentence.
    pub message: String,
    /// What an administrator does about it.
    pub remedy: String,
    /// Where.
    pub link: Option<String>,
}
