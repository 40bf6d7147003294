//! What an admin lives through in the real window: the built program on a desktop of its own, over simulated platforms.
//!
//! The tests find everything by role and name, as people who cannot see the window do, and act only through it; what the
//! window cannot do (an employee who approves, a platform that fails) happens at the simulator. Pictures of every page and
//! dialog are kept below `window/` of cargo's target folder.
#![cfg(target_os = "linux")]

mod gallery;
mod keyboard;
mod limits;
mod secrets;
mod stage;
mod story;
mod trouble;
