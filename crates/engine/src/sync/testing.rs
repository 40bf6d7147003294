//! Four made-up platforms for the tests of this folder, one for each line of the product's table, over a scripted network
//! that counts what people would notice: messages, bots, guests.
//!
//! | | own account | stand-in | answers may be polled | sign-in of employees |
//! |---|---|---|---|---|
//! | alpha | – | bot, always | yes | – |
//! | beta | yes | bot | yes, two edits at most | device grant, paste-back |
//! | gamma | yes | guest, needs an address | no | device grant |
//! | delta | yes | – | yes | device grant, paste-back |

mod kit;
mod platform;
mod shutter;
mod wire;

pub(crate) use kit::{Kit, crash_after};
pub(crate) use platform::{ALPHA, BETA, DELTA, GAMMA, platforms};
pub(crate) use shutter::Shutter;
pub(crate) use wire::{CodeState, Fault, Said, World};
