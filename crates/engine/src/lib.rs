//! This machine's half of User Sync: rules, store, secrets, sign-in flows and pacing.
//!
//! The engine decides what may happen (pure rules), writes it down before it happens, lets an adapter do it,
//! and writes down what became of it. It knows no platform by name, no window, no HTTP client and no simulator:
//! platforms arrive as data ([`platform::PlatformInfo`]) and two small traits, everything that touches the
//! world arrives as a trait object ([`transport::Transport`], [`secrets::SecretStore`], [`clock::Clock`]).

pub mod cancel;
pub mod clock;
pub mod engine;
pub mod error;
pub mod event;
#[cfg(fuzzing)]
pub mod fuzz;
pub mod guide;
pub mod model;
pub mod pace;
pub mod people;
pub mod platform;
pub mod preflight;
pub mod secrets;
pub mod signin;
pub mod store;
pub mod sync;
pub mod transport;

pub use engine::{Engine, Parts, Reading, Selection};
pub use error::{Error, Kind, Remedy, Result};
