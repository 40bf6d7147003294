//! What choosing a primary platform for many would do: counts, and the first few whose syncs would go. Changes nothing.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::error::Result;
use crate::model::{Held, PersonId, PlatformId, Reason, ReasonCount};
use crate::store::columns::maybe_word;
use crate::store::people;

/// How many are told by name.
const TOLD: usize = 100;

/// What choosing a primary platform would do. Everybody selected changes, is unchanged or is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct PrimaryPreview {
    /// The platform.
    pub to: PlatformId,
    /// People who get it, those whose syncs would be reset first among them.
    pub changes: u64,
    /// People who have it already.
    pub unchanged: u64,
    /// People whose syncs would be reset first.
    pub resets: u64,
    /// People who cannot, by reason.
    pub refused: Vec<ReasonCount>,
    /// The first 100 of those with syncs to reset.
    pub would_reset: Vec<WouldReset>,
    /// What stop limits would let nobody reset at once.
    pub held: Vec<Held>,
}

/// Somebody whose syncs would be reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct WouldReset {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where their syncs would go.
    pub platforms: Vec<PlatformId>,
}

/// Looks at each of the people; the rule is that of `primary::look_at_change`. `name`: what people call the platform. Gives with it
/// everybody whose syncs would be reset; what is held of them is the caller's to say.
pub(crate) fn primary(
    connection: &Connection,
    selected: &[PersonId],
    to: PlatformId,
    name: &str,
) -> Result<(PrimaryPreview, Vec<PersonId>)> {
    let mut preview =
        PrimaryPreview { to, changes: 0, unchanged: 0, resets: 0, refused: Vec::new(), would_reset: Vec::new(), held: Vec::new() };
    let mut resets = Vec::new();
    let (mut gone, mut without) = (0, 0);
    // CROSS: the few accounts of a person come first, never all of a platform.
    let mut look = connection.prepare_cached(
        "SELECT primary_platform, EXISTS (SELECT 1 FROM members CROSS JOIN accounts ON accounts.row = members.account
             WHERE members.person = people.id AND platform = ?2 AND NOT gone AND active AND kind IN ('member', 'guest')),
         EXISTS (SELECT 1 FROM syncs WHERE syncs.person = people.id AND status <> 'not_synced')
         FROM people WHERE id = ?1",
    )?;
    for person in selected {
        let found = look
            .query_row(params![person.0, to.as_str()], |row| {
                Ok((maybe_word::<PlatformId>(row, 0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
            })
            .optional()?;
        match found {
            None => gone += 1,
            Some((_, false, _)) => without += 1,
            Some((from, true, _)) if from == Some(to) => preview.unchanged += 1,
            Some((_, true, false)) => preview.changes += 1,
            Some((_, true, true)) => {
                preview.changes += 1;
                preview.resets += 1;
                resets.push(*person);
                if preview.would_reset.len() < TOLD {
                    let platforms = people::synced_platforms(connection, *person)?;
                    preview.would_reset.push(WouldReset { person: *person, name: people::name_of(connection, *person)?, platforms });
                }
            }
        }
    }
    let no_account = Reason {
        kind: "no_account".into(),
        message: format!("There is no account in use on {name}."),
        remedy: format!("Choose another platform, or import {name} again once there is one."),
        act: None,
        link: None,
    };
    let not_there = Reason {
        kind: "not_found".into(),
        message: "The person is not listed any more.".into(),
        remedy: "Select anew.".into(),
        act: None,
        link: None,
    };
    let refused = [(no_account, without), (not_there, gone)].into_iter().filter(|(_, count)| *count > 0);
    preview.refused = refused.map(|(reason, count)| ReasonCount { reason, count }).collect();
    Ok((preview, resets))
}
