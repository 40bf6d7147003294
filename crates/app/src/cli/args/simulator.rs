//! The words of `usersync simulator`.

use std::path::PathBuf;

use clap::Args;

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
    /// Faults by chance, for example throttled=0.05,dropped=0.02,seed=7
    #[arg(long)]
    pub weather: Option<simulator::Weather>,
    /// How employees act by themselves, for example approve=0.9,decline=0.05,ignore=0.05,delay=500ms
    #[arg(long)]
    pub employees: Option<::simulator::Employees>,
    /// Platforms that refuse the device grant
    #[arg(long, value_name = "PLATFORM", num_args = 1..)]
    pub no_device_grant: Vec<::simulator::Platform>,
    /// Answer from a government's or a country's cloud, for example teams=gcc-high
    #[arg(long, value_name = "PLATFORM=CLOUD", num_args = 1..)]
    pub cloud: Vec<::simulator::Cloud>,
}
