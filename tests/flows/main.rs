//! What an admin lives through, with the real program: every test starts `usersync simulator` as a process of its own,
//! works with the terminal program as scripts do, and looks at both sides afterwards.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod blocked;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod dry_run;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod output;
#[cfg(test)]
mod people;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tour;
