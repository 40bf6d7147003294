//! How many steps are under way at once on a platform: enough that its limits bound a run and not the time that an answer takes, and
//! no more, because a prompt's code grows old while it waits for its turn.

use std::time::Duration;

use crate::platform::{PlatformInfo, Rate, RateScope, Work};
use crate::store::steps::Sort;

/// Places for what the admin waits for: bulk work never fills them.
const ADMIN: usize = 8;
/// Places for what follows when a person has authorised or answered.
const PEOPLE: usize = 8;
/// Looks at people's codes: most of them only wait for the server's pace.
const LOOKS: usize = 64;
/// Of the many, at least and at most.
const LEAST: usize = 8;
const MOST: usize = 256;
/// How long a step is under way when nothing holds it up: some requests, some commits, and something to spare.
const UNDER_WAY: Duration = Duration::from_secs(4);

/// How many steps of a sort may be under way on a platform at once.
pub(crate) fn places(info: &PlatformInfo, is_limited: bool, sort: Sort) -> usize {
    match sort {
        Sort::Admin => ADMIN,
        Sort::People => PEOPLE,
        Sort::Look => LOOKS,
        Sort::Many if !is_limited => MOST,
        Sort::Many => [Work::Represent, Work::Prompt].into_iter().map(|work| many(info, work)).max().unwrap_or(MOST),
    }
}

/// As many as the tightest limit that one kind of work meets lets through in the time that a step takes.
fn many(info: &PlatformInfo, work: Work) -> usize {
    let through = info.cost_of(work).filter(|(_, calls)| *calls > 0).flat_map(|(class, calls)| {
        let counted = info.rates.iter().filter(move |rate| rate.class == class && rate.scope == RateScope::Tenant);
        counted.map(move |rate| steps(rate, calls))
    });
    // Work that no limit counts: as many as there may be; work that this platform does not do costs nothing.
    let is_done_here = info.cost_of(work).next().is_some();
    through.min().unwrap_or(if is_done_here { MOST } else { LEAST }).clamp(LEAST, MOST)
}

fn steps(rate: &Rate, calls: u32) -> usize {
    let amount = u128::from(rate.amount) * UNDER_WAY.as_millis();
    usize::try_from(amount.div_ceil(rate.per.as_millis().max(1) * u128::from(calls))).unwrap_or(MOST)
}
