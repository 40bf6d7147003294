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
const MOST: usize = 128;
/// How long a step is under way when nothing holds it up: so long for each request, and so long besides.
const A_REQUEST: Duration = Duration::from_secs(1);
const BESIDES: Duration = Duration::from_secs(2);

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
    let requests: u32 = info.cost_of(work).map(|(_, calls)| calls).sum();
    let under_way = A_REQUEST * requests + BESIDES;
    let through = info.rates.iter().filter(|rate| rate.scope == RateScope::Tenant).filter_map(|rate| {
        let calls = info.cost_of_each(work).filter(|(class, _)| rate.counts(class)).map(|(_, calls)| calls).sum();
        (calls > 0).then(|| steps(rate, calls, under_way))
    });
    // Work that no limit counts: as many as there may be; work that this platform does not do costs nothing.
    let is_done_here = info.cost_of(work).next().is_some();
    through.min().unwrap_or(if is_done_here { MOST } else { LEAST }).clamp(LEAST, MOST)
}

fn steps(rate: &Rate, calls: u32, under_way: Duration) -> usize {
    let amount = u128::from(rate.amount) * under_way.as_millis();
    usize::try_from(amount.div_ceil(rate.per.as_millis().max(1) * u128::from(calls))).unwrap_or(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::testing::info;
    use crate::platform::Cost;

    #[test]
    fn as_many_are_under_way_as_the_tightest_limit_lets_through_and_always_a_few() {
        let rate = |class, amount, seconds| Rate {
            class,
            also: &[],
            scope: RateScope::Tenant,
            amount,
            per: Duration::from_secs(seconds),
            burst: 1,
        };
        let places_with = |rates: Vec<Rate>, costs: Vec<Cost>| {
            places(&PlatformInfo { rates: rates.leak(), costs: costs.leak(), ..info() }, true, Sort::Many)
        };
        let [light, heavy] = [Cost::of(Work::Represent, "light", 4), Cost::of(Work::Represent, "heavy", 1)];
        assert_eq!(places_with(vec![rate("light", 3_500, 10), rate("heavy", 100, 5)], vec![light, heavy]), MOST);
        assert_eq!(places_with(vec![rate("light", 3_500, 10), rate("heavy", 50, 60)], vec![light, heavy]), LEAST);
        assert_eq!(places_with(vec![rate("light", 30, 1)], vec![light]), 45);
        assert_eq!(places_with(vec![rate("heavy", 1_000, 1)], vec![heavy]), MOST);
        // The better of two kinds of work counts; what no limit counts is done by as many as there may be.
        assert_eq!(places_with(vec![rate("light", 10, 1)], vec![Cost::of(Work::Prompt, "light", 1), heavy]), MOST);
        // What one request answers for all holds nobody up.
        assert_eq!(places_with(vec![rate("light", 10, 1)], vec![Cost::together(Work::Represent, "light", 1)]), MOST);
        assert_eq!(places(&info(), false, Sort::Many), MOST);
        assert_eq!(places(&info(), true, Sort::Admin), ADMIN);
    }
}
