//! How much of a run goes on at once, and what waits for the admin's approval: the stop limits held against what the run wants.
//!
//! Which part waits is decided by the order of the list: its end. The same function says it before, in a preview, and when the run is
//! written down.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Error, Kind, Result};
use crate::model::{Guarded, Held, PersonId, StopLimit, StopLimits, SyncId};
use crate::platform::Platforms;
use crate::store::columns::to_json;
use crate::store::{facts, resets};

/// So few are somebody's own click: nothing holds them.
pub(crate) const FEW: u64 = 10;

/// What one person of a run wants: how many of which sort.
pub(crate) type Wants = Vec<(Guarded, u64)>;

/// What stop limits say of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// For each person in order: whether they wait.
    pub(crate) waits: Vec<bool>,
    /// What is held of each sort; sorts of which nothing is held are left out.
    pub(crate) held: Vec<Held>,
}

/// How many of `wanted` a limit lets through. `base`: of how many a share is meant.
fn allowed(limit: StopLimit, wanted: u64, base: u64) -> u64 {
    if wanted <= FEW {
        return wanted;
    }
    let share = limit.percent.map(|percent| base.saturating_mul(u64::from(percent)) / 100);
    [limit.count, share].into_iter().flatten().min().unwrap_or(wanted).min(wanted)
}

/// Decides. Each sort is counted by itself; somebody waits when any of what they want does. `base`: of how many a share of a sort is
/// meant; asked only where it matters.
fn decide(limits: &StopLimits, wants: &[Wants], base: impl Fn(Guarded) -> Result<u64>) -> Result<Verdict> {
    let mut verdict = Verdict { waits: vec![false; wants.len()], held: Vec::new() };
    for what in Guarded::ALL {
        let each = |wants: &Wants| wants.iter().filter(|(sort, _)| *sort == what).map(|(_, count)| count).sum::<u64>();
        let wanted: u64 = wants.iter().map(each).sum();
        let limit = limits.of(what);
        let base = if wanted > FEW && limit.percent.is_some() { base(what)? } else { 0 };
        let most = allowed(limit, wanted, base);
        if most >= wanted {
            continue;
        }
        // Nobody is let through in part, and nobody overtakes who came before.
        let (mut through, mut is_full) = (0, false);
        for (waits, count) in verdict.waits.iter_mut().zip(wants.iter().map(each)).filter(|(_, count)| *count > 0) {
            is_full |= through + count > most;
            if is_full {
                *waits = true;
            } else {
                through += count;
            }
        }
        verdict.held.push(Held { what, allowed: through, wanted, held: wanted - through });
    }
    Ok(verdict)
}

/// What the stop limits in force say of a run whose people want this.
pub(crate) fn judge(db: &Connection, wants: &[Wants]) -> Result<Verdict> {
    decide(&stored(db)?, wants, |what| {
        let count = |sql: &str| -> Result<u64> { Ok(db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.unsigned_abs()) };
        match what {
            Guarded::Resets | Guarded::Representations | Guarded::Prompts => count("SELECT count(*) FROM people WHERE listed"),
            Guarded::Dismissals => count("SELECT count(*) FROM syncs WHERE stand_in IS NOT NULL AND json_extract(stand_in, '$.created')"),
        }
    })
}

/// What resetting these people wants, in order. Who is not there, is named twice or is being reset already is left out.
pub(crate) fn of_resets(db: &Connection, platforms: &Platforms, people: Vec<PersonId>) -> Result<(Vec<PersonId>, Vec<Wants>)> {
    let removable = removable(platforms)?;
    let mut known = db.prepare_cached("SELECT 1 FROM people WHERE id = ?")?;
    let mut dismissals = db.prepare_cached(
        "SELECT count(*) FROM syncs WHERE person = ?1 AND stand_in IS NOT NULL AND json_extract(stand_in, '$.created')
         AND platform IN (SELECT value FROM json_each(?2))",
    )?;
    let (mut seen, mut listed, mut wants) = (HashSet::new(), Vec::new(), Vec::new());
    for person in people {
        if !seen.insert(person) || !known.exists([person.0])? || resets::is_decided(db, person)? {
            continue;
        }
        let count: i64 = dismissals.query_row(params![person.0, removable], |row| row.get(0))?;
        listed.push(person);
        wants.push(vec![(Guarded::Resets, 1), (Guarded::Dismissals, count.unsigned_abs())]);
    }
    Ok((listed, wants))
}

/// What choosing another primary platform for these people resets beyond the limits: what is held, and who. In the order of their ids.
pub(crate) fn of_primary(db: &Connection, platforms: &Platforms, mut people: Vec<PersonId>) -> Result<(Vec<Held>, HashSet<PersonId>)> {
    people.sort_unstable();
    let (people, wants) = of_resets(db, platforms, people)?;
    let verdict = judge(db, &wants)?;
    Ok((verdict.held, people.into_iter().zip(verdict.waits).filter(|(_, waits)| *waits).map(|(person, _)| person).collect()))
}

/// What undoing these syncs wants, in order.
pub(crate) fn of_undoing(db: &Connection, platforms: &Platforms, syncs: &[SyncId]) -> Result<Vec<Wants>> {
    let removable = removable(platforms)?;
    let mut dismissed = db.prepare_cached(
        "SELECT stand_in IS NOT NULL AND json_extract(stand_in, '$.created') AND platform IN (SELECT value FROM json_each(?2))
         FROM syncs WHERE id = ?1",
    )?;
    syncs
        .iter()
        .map(|id| {
            let is_dismissed: Option<bool> = dismissed.query_row(params![id.0, removable], |row| row.get(0)).optional()?;
            Ok(vec![(Guarded::Resets, 1), (Guarded::Dismissals, u64::from(is_dismissed.unwrap_or(false)))])
        })
        .collect()
}

/// The platforms that can remove bots and guests, as JSON.
fn removable(platforms: &Platforms) -> Result<String> {
    let all = platforms.iter().map(|known| known.info());
    to_json(&all.filter(|info| info.capabilities.stand_in_removable).map(|info| info.id).collect::<Vec<_>>())
}

/// The stop limits in force.
///
/// Errors: `Kind::Storage` when what is stored cannot be read: the default might let through what the admin meant to stop.
pub(crate) fn stored(db: &Connection) -> Result<StopLimits> {
    let Some(text) = facts::get(db, facts::STOP_LIMITS)? else { return Ok(StopLimits::default()) };
    serde_json::from_str(&text).map_err(|_| {
        Error::new(Kind::Storage, "stop_limits", "The stop limits in the database cannot be read, so nothing new is begun.")
            .ask_admin("Set the stop limits once more.")
    })
}

/// Whether limits make sense. Errors: `Kind::Invalid`.
pub(crate) fn check(limits: &StopLimits) -> Result<()> {
    for what in Guarded::ALL {
        if let Some(percent) = limits.of(what).percent.filter(|percent| *percent > 100) {
            return Err(Error::invalid(
                "stop_limits",
                format!("A stop limit of {percent} % is more than everybody."),
                "Give a share between 0 and 100 %, or none.",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(count: Option<u64>, percent: Option<u8>) -> StopLimit {
        StopLimit { count, percent }
    }

    #[test]
    fn a_limit_lets_through_the_smaller_of_count_and_share_and_never_holds_a_few() {
        for (count, percent, wanted, base, expected) in [
            (None, None, 5_000, 0, 5_000),
            (Some(200), None, 200, 0, 200),
            (Some(200), None, 201, 0, 200),
            (Some(200), Some(20), 500, 10_000, 200),
            (Some(200), Some(20), 500, 600, 120),
            (None, Some(20), 47, 47, 9),
            (None, Some(100), 47, 47, 47),
            (Some(0), None, 11, 100, 0),
            (None, Some(0), 11, 100, 0),
            (Some(0), Some(0), 10, 100, 10),
            (Some(3), Some(1), 10, 100, 10),
            (Some(3), None, 11, 100, 3),
            (Some(u64::MAX), Some(100), 11, u64::MAX, 11),
        ] {
            assert_eq!(allowed(limit(count, percent), wanted, base), expected, "{count:?} {percent:?} of {base}: {wanted} wanted");
        }
    }

    fn limits(resets: Option<u64>, dismissals: Option<u64>) -> StopLimits {
        let none = StopLimit::default();
        StopLimits { resets: limit(resets, None), dismissals: limit(dismissals, None), representations: none, prompts: none }
    }

    fn reset(dismissals: u64) -> Wants {
        vec![(Guarded::Resets, 1), (Guarded::Dismissals, dismissals)]
    }

    #[test]
    fn the_end_of_the_list_waits_each_sort_is_counted_by_itself_and_nobody_is_let_through_in_part() {
        let no_base = |_| panic!("nothing asks for a share");
        // Twelve people with two bots each.
        let wants = vec![reset(2); 12];
        let waits = |verdict: &Verdict| verdict.waits.iter().filter(|waits| **waits).count();
        let verdict = decide(&limits(Some(4), None), &wants, no_base).unwrap();
        assert_eq!(verdict.held, [Held { what: Guarded::Resets, allowed: 4, wanted: 12, held: 8 }]);
        assert_eq!((waits(&verdict), &verdict.waits[..4]), (8, &[false; 4][..]));
        let verdict = decide(&limits(None, Some(7)), &wants, no_base).unwrap();
        assert_eq!(verdict.held, [Held { what: Guarded::Dismissals, allowed: 6, wanted: 24, held: 18 }]);
        assert_eq!(waits(&verdict), 9);
        let verdict = decide(&limits(Some(10), Some(7)), &wants, no_base).unwrap();
        assert_eq!((verdict.held.len(), waits(&verdict)), (2, 9));
        // Who has nothing to dismiss is not held by that limit, and nobody small overtakes somebody big.
        let mixed = vec![reset(3), reset(0), reset(3), reset(1), reset(0), reset(9)];
        let verdict = decide(&limits(None, Some(4)), &mixed, no_base).unwrap();
        assert_eq!(verdict.waits, [false, false, true, true, false, true]);
        assert_eq!(verdict.held, [Held { what: Guarded::Dismissals, allowed: 3, wanted: 16, held: 13 }]);
    }

    #[test]
    fn a_share_is_of_what_the_sort_is_about() {
        let limits = StopLimits { prompts: limit(None, Some(50)), representations: limit(None, Some(50)), ..limits(None, None) };
        let wants: Vec<Wants> =
            (0..40).map(|at| vec![(if at % 2 == 0 { Guarded::Prompts } else { Guarded::Representations }, 1)]).collect();
        let verdict = decide(&limits, &wants, |what| Ok(if what == Guarded::Prompts { 24 } else { 1_000 })).unwrap();
        assert_eq!(verdict.held, [Held { what: Guarded::Prompts, allowed: 12, wanted: 20, held: 8 }]);
        let waiting: Vec<usize> = (0..40).filter(|at| verdict.waits[*at]).collect();
        assert_eq!(waiting, [24, 26, 28, 30, 32, 34, 36, 38]);
    }

    #[test]
    fn a_share_of_more_than_everybody_is_refused() {
        let too_much = StopLimits { prompts: limit(None, Some(101)), ..StopLimits::default() };
        let error = check(&too_much).unwrap_err();
        assert_eq!((error.kind, error.message.contains("101")), (Kind::Invalid, true));
        let most = StopLimits { prompts: limit(Some(0), Some(100)), ..StopLimits::default() };
        check(&most).unwrap();
    }
}
