//! Puts the parts together, live or demo, and holds the terminal program and what a window works with.
//!
//! This room alone decides which network, which secret store and which browser the engine gets; everything below takes
//! them as given. It knows engine, adapters and simulator, and no window.

pub mod browser;
pub mod cli;
pub mod compose;
pub mod export;
pub mod https;
pub mod in_process;
pub mod ready;
pub mod security;
pub mod supervise;
