//! The terminal program.

pub mod answer;
pub mod args;
pub mod credentials;
pub mod simulator;
