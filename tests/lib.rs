//! What the suites share: the simulator in process, the real engine parts over it, and the pretended employees.

pub mod bed;
pub mod employees;
