//! The words of `usersync connect`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use engine::model::PlatformId;

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
