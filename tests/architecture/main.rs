//! The invariants of ARCHITECTURE.md as tests over the source tree and cargo's own account of it.
//!
//! Each rule is a checker, a function from text to findings, with two tests: one holds the rule against the workspace, the
//! other shows that the checker does find a bad sample. It must not need a build of anything but itself, with
//! one exception: the README's commands are asked of the program `usersync`.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod edges;
#[cfg(test)]
mod licences;
#[cfg(test)]
mod names;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod size;
#[cfg(test)]
mod source;
#[cfg(test)]
mod time;
