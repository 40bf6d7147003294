//! The sign-ins against an authorization server that this project did not write: `oidc-provider`, which the OpenID Foundation has
//! certified. What our own simulator and our own flows could get wrong together, this server does not.
//!
//! The server (`server/`) believes that it is `https://login.proof.example`; only the way there differs. Its pages for people are
//! its own, and the pretended person follows them as a browser does. Its time and ours pass when a test says so.

#[cfg(test)]
mod code;
#[cfg(test)]
mod device;
#[cfg(test)]
mod paste_back;
#[cfg(test)]
mod person;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod world;
