//! Signing in, as data: which fields an admin enters, which tokens a connection holds, where each comes from, and how an
//! employee authorises their own account. Adapters fill these tables; the flows in this folder run them.

mod spec;

pub use spec::{AuthCode, BasicFields, Client, ClientGrant, DeviceGrant, EmployeeSignIn, Field, Mint, PasteBack, Poll, Ports, Question, Redirect, Slot, Source};
