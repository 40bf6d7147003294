//! How long a run will still take: what it needs of each platform, held against what the platform's limits let through now, and never
//! less than its own pace so far says.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rusqlite::{Connection, params};
use tokio::time::Instant;

use crate::error::Result;
use crate::model::{PlatformId, RunId, RunKind, RunState};
use crate::pace::Paced;
use crate::platform::{Platforms, Work};
use crate::store::columns::word;
use crate::store::runs::{self, RunView};
use crate::store::steps::{self, StepKind};

/// Runs of so few people are waited for, and go before others.
const FEW: u64 = 10;
/// A pace is taken over the last minute.
const MEMORY: Duration = Duration::from_secs(60);
/// How often it is looked at.
const SAMPLE: Duration = Duration::from_secs(2);

/// Requests that are still to be made, by platform and class.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs(BTreeMap<PlatformId, BTreeMap<&'static str, u64>>);

impl Needs {
    fn add(&mut self, platforms: &Platforms, platform: PlatformId, work: Work, count: u64) {
        let Ok(known) = platforms.get(platform) else { return };
        let classes = self.0.entry(platform).or_default();
        for (class, calls) in known.info().cost_of_each(work) {
            *classes.entry(class).or_default() += u64::from(calls) * count;
        }
    }

    /// How long they take from now, when `left` of `of` are still to be done.
    pub(crate) fn time(&self, paced: &Paced, left: u64, of: u64) -> Duration {
        let part = |calls: u64| calls.saturating_mul(left).div_ceil(of.max(1));
        let time = |(platform, classes): (&PlatformId, &BTreeMap<&'static str, u64>)| {
            let calls: Vec<(&'static str, u64)> = classes.iter().map(|(class, calls)| (*class, part(*calls))).collect();
            paced.time_for(*platform, &calls)
        };
        self.0.iter().map(time).max().unwrap_or_default()
    }
}

/// What a run needs, with all that goes before it. Nothing for one that waits.
pub(crate) fn needs(db: &Connection, platforms: &Platforms, run: &RunView) -> Result<Needs> {
    let mut needs = Needs::default();
    if !run.state.is_open() || run.waits.is_some() {
        return Ok(needs);
    }
    let goes_before = |other: RunId| run.total.is_some_and(|total| total > FEW) && other < run.id;
    for other in runs::open(db)?.into_iter().filter(|other| *other == run.id || goes_before(*other)) {
        let Some(view) = (if other == run.id { Some(run.clone()) } else { runs::get(db, other)? }) else { continue };
        match view.kind {
            _ if view.state == RunState::Paused => {}
            RunKind::Import => {}
            RunKind::Sync => {
                for (kind, platform, count) in steps::still_to_do(db, other)? {
                    let work = if kind == StepKind::Prompt { Work::Prompt } else { Work::Represent };
                    needs.add(platforms, platform, work, count);
                }
            }
            RunKind::Reset | RunKind::Undo => undoing(db, platforms, other, &mut needs)?,
        }
    }
    Ok(needs)
}

fn undoing(db: &Connection, platforms: &Platforms, run: RunId, needs: &mut Needs) -> Result<()> {
    const DOOMED: &str =
        "WITH doomed AS (SELECT syncs.id, platform, stand_in FROM syncs JOIN resets USING (person) WHERE resets.run = ?1 AND held = 0
         UNION SELECT id, platform, stand_in FROM syncs WHERE undo_run = ?1 AND undo_held = 0)";
    let sorts = [
        (Work::Dismiss, "SELECT platform, count(*) FROM doomed WHERE stand_in ->> '$.created' GROUP BY 1"),
        (
            Work::Withdraw,
            "SELECT carrier, count(*) FROM doomed JOIN prompts ON prompts.sync = doomed.id WHERE message IS NOT NULL AND state <> 'closed' GROUP BY 1",
        ),
        (
            Work::Revoke,
            "SELECT grants.platform, count(*) FROM doomed JOIN grants ON grants.sync = doomed.id WHERE sealed IS NOT NULL GROUP BY 1",
        ),
    ];
    for (work, query) in sorts {
        let mut statement = db.prepare_cached(&format!("{DOOMED} {query}"))?;
        let mut rows = statement.query(params![run.0])?;
        while let Some(row) = rows.next()? {
            needs.add(platforms, word(row, 0)?, work, row.get::<_, i64>(1)?.unsigned_abs());
        }
    }
    Ok(())
}

/// How fast a run has been lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace(VecDeque<(Instant, u64)>);

impl Pace {
    /// So many are left now.
    pub(crate) fn note(&mut self, left: u64) {
        let now = Instant::now();
        if self.0.back().is_none_or(|(at, _)| now.duration_since(*at) >= SAMPLE) {
            self.0.push_back((now, left));
        }
        while self.0.len() > 2 && self.0.front().is_some_and(|(at, _)| now.duration_since(*at) > MEMORY) {
            self.0.pop_front();
        }
    }

    /// How long the rest takes if it goes on like this; `None` before anything can be said.
    pub(crate) fn time(&self, left: u64) -> Option<Duration> {
        let (since, then) = self.0.front()?;
        let did = then.checked_sub(left).filter(|did| *did > 0)?;
        let passed = since.elapsed();
        (passed >= SAMPLE).then(|| passed.mul_f64(left as f64 / did as f64))
    }
}

/// The longer of both, in whole seconds; `None` while neither says anything.
pub(crate) fn seconds(limits: Duration, pace: Option<Duration>) -> Option<u64> {
    let longest = pace.unwrap_or_default().max(limits);
    (pace.is_some() || !limits.is_zero()).then(|| longest.as_secs_f64().ceil() as u64)
}
