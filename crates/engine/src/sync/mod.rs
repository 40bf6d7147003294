//! Making a person reachable on a secondary platform: what would happen ([`plan`]), doing it in stored steps that survive a
//! crash, and undoing it.
//!
//! The rule behind every step: what is sent outside is written down before, its outcome after, and what may have been sent
//! is looked up at the platform before it is ever sent again.

pub mod plan;
mod words;

#[cfg(test)]
mod testing;
