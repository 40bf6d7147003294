//! Graph's published limits (throttling-limits), per app and tenant. The directory counts resource units by the size of
//! the tenant; Teams counts requests per second.

use super::graph::Refusal;
use crate::{LimitRow, Platform, Simulator};

const fn row(name: &'static str, amount: f64, seconds: f64) -> LimitRow {
    LimitRow { platform: Platform::Teams, name, scope: "app and tenant", amount, seconds, burst: amount }
}

const SMALL: LimitRow = row("directory, resource units, below 50 users", 3_500.0, 10.0);
const MEDIUM: LimitRow = row("directory, resource units, 50 to 500 users", 5_000.0, 10.0);
const LARGE: LimitRow = row("directory, resource units, above 500 users", 8_000.0, 10.0);
const WRITES: LimitRow = row("directory, writes", 3_000.0, 150.0);
const INVITATIONS: LimitRow = row("invitations", 150.0, 5.0);
const GLOBAL: LimitRow = row("all of Graph", 130_000.0, 10.0);
const CHAT_READ: LimitRow = row("GET chat message", 20.0, 1.0);
const CHAT_SEND: LimitRow = row("POST chat message", 20.0, 1.0);
const TEAMS_READ: LimitRow = row("Teams, other GET", 30.0, 1.0);
const TEAMS_WRITE: LimitRow = row("Teams, other POST, PUT, PATCH, DELETE", 30.0, 1.0);

/// All rows, for the public table.
pub(super) const ROWS: &[LimitRow] = &[SMALL, MEDIUM, LARGE, WRITES, INVITATIONS, GLOBAL, CHAT_READ, CHAT_SEND, TEAMS_READ, TEAMS_WRITE];

/// What an operation is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// `GET /users`: two units, one less with `$select`, one less with `$top` below 20, never nothing.
    UserList,
    /// One unit.
    DirectoryRead,
    /// One unit and one write.
    DirectoryWrite,
    /// One unit, one write, one invitation.
    Invitation,
    ChatRead,
    ChatSend,
    TeamsRead,
    TeamsWrite,
    /// Only its items count.
    Batch,
}

impl Cost {
    /// Resource units of the directory; nought elsewhere.
    pub(super) fn units(self, selects: bool, top: Option<u32>) -> u8 {
        match self {
            Self::UserList => (2 - u8::from(selects) - u8::from(top.is_some_and(|top| top < 20))).max(1),
            Self::DirectoryRead | Self::DirectoryWrite | Self::Invitation => 1,
            _ => 0,
        }
    }
}

/// Counts an operation, or refuses it.
pub(super) fn take(sim: &Simulator, cost: Cost, units: u8) -> Result<(), Refusal> {
    let units_row = match sim.world().accounts(Platform::Teams).len() {
        0..50 => SMALL,
        50..=500 => MEDIUM,
        _ => LARGE,
    };
    let rows: &[(LimitRow, f64)] = match cost {
        Cost::UserList | Cost::DirectoryRead => &[(units_row, f64::from(units))],
        Cost::DirectoryWrite => &[(units_row, f64::from(units)), (WRITES, 1.0)],
        Cost::Invitation => &[(units_row, f64::from(units)), (WRITES, 1.0), (INVITATIONS, 1.0)],
        Cost::ChatRead => &[(CHAT_READ, 1.0)],
        Cost::ChatSend => &[(CHAT_SEND, 1.0)],
        Cost::TeamsRead => &[(TEAMS_READ, 1.0)],
        Cost::TeamsWrite => &[(TEAMS_WRITE, 1.0)],
        Cost::Batch => &[],
    };
    for (row, amount) in rows.iter().chain(&[(GLOBAL, f64::from(u8::from(cost != Cost::Batch)))]) {
        sim.take(&format!("teams/{}", row.name), row, *amount).map_err(|wait| {
            // Teams says fractions of a second, the directory whole ones.
            let teams = units == 0;
            let text = if teams { format!("{:.3}", (wait * 1_000.0).ceil() / 1_000.0) } else { format!("{}", wait.ceil().max(1.0)) };
            Refusal::new(429, "TooManyRequests", "Too many requests.").header("retry-after", text)
        })?;
    }
    Ok(())
}
