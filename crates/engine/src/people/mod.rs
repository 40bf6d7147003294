//! From accounts to people: import, matching, the admin's own links, the primary platform, and what is shown of it all.
//!
//! The rules (`matching`, `identity`, the primary platform's rule) are pure; `settle` brings the stored people in line with
//! them. Nothing here knows a platform by name, and nothing sends anything to anybody.

pub mod find;
pub mod identity;
pub mod import;
mod index;
pub mod links;
pub mod list;
pub mod listing;
pub mod matching;
pub mod preview;
pub mod primary;
pub mod rows;
pub mod settle;
pub mod views;
mod words;

#[cfg(test)]
mod tests;
