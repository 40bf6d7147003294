//! Signing in, as data: which fields an admin enters, which tokens a connection holds, where each comes from, and how an
//! employee authorises their own account. Adapters fill these tables; the flows in this folder run them.

mod authorize;
mod check;
mod connect;
mod device;
mod endpoint;
mod entered;
mod fields;
mod landing;
mod look;
mod loopback;
mod paste_back;
mod prove;
mod spec;
#[cfg(test)]
mod tests;
mod tokens;

pub use check::{CheckState, Checked, MissingScope, check_field};
pub use connect::{Step, connect, forget};
pub use device::{DeviceCode, Polled, Started, poll, start};
pub use entered::{Entered, Given};
pub use paste_back::{Answer, PasteLink, finish, invite, read_answer};

pub use spec::{
    AuthCode, BasicFields, Client, ClientGrant, DeviceGrant, EmployeeSignIn, Field, Mint, PasteBack, Poll, Ports, Proof, Question,
    Redirect, Shape, Slot, Source,
};
pub use tokens::{Flow, Tokens};

pub(crate) use connect::handles;
pub(crate) use endpoint::{of_person, renew_grant, renew_slot};
pub(crate) use entered::check_answers;
pub(crate) use fields::Fields;
#[cfg(fuzzing)]
pub(crate) use loopback::{Expected, Judged, judge};
#[cfg(fuzzing)]
pub(crate) use tokens::read_tokens;
