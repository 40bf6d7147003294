//! A list of people as a window shows it: everybody who matches, in the wanted order, as of one moment, with the counts that
//! stand beside the filters.
//!
//! A [`Listing`] keeps its order while statuses change, so that no row jumps away under the pointer; rows are asked for by
//! position and are always read as they are now. One look at the index gives order, total and all counts.
//! A filter means exactly what it means in `list`, which pages through the store itself; a test holds the two together.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::model::{PersonId, PlatformId, Status};
use crate::store::conflicts;

use super::index::{Index, Place, Set};
use super::list::Filter;
use super::words;

/// What a list is sorted by; people who are alike in it stand by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// Name, whatever the case of its letters.
    #[default]
    Name,
    /// The most urgent of a person's syncs: failed, pending, not synced, synced; who cannot be synced comes last.
    Status,
    /// Still to be chosen, then in the order of the platforms; who cannot be synced comes last.
    Primary,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The other way round, names too.
    pub descending: bool,
}

/// How many match with a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct StatusFacet {
    /// Which.
    pub status: Status,
    /// How many.
    pub count: u64,
}

/// How many match with a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct PlatformFacet {
    /// Which.
    pub platform: PlatformId,
    /// How many.
    pub count: u64,
}

/// How many match with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, specta::Type)]
pub struct ReasonFacet {
    /// Its word.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// How many would match with this one value, everything else of the filter as it is. Statuses and the platforms that are
/// connected are always there; other platforms and reasons only where somebody matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, specta::Type)]
pub struct Facets {
    /// By status, in the order of the legend.
    pub status: Vec<StatusFacet>,
    /// By platform, in the order in which people see them.
    pub platform: Vec<PlatformFacet>,
    /// By primary platform, in the same order.
    pub primary: Vec<PlatformFacet>,
    /// By reason, the most frequent first.
    pub reason: Vec<ReasonFacet>,
}

/// Who matched, in order, when it was asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Who.
    pub people: Arc<[PersonId]>,
    /// How many there are, matching or not.
    pub everyone: u64,
    /// What stands beside the filters.
    pub facets: Facets,
    /// Conflicts that wait for the admin.
    pub conflicts: u64,
}

impl Listing {
    /// How many match.
    pub fn total(&self) -> u64 {
        self.people.len() as u64
    }

    /// Where somebody stands.
    pub fn position_of(&self, person: PersonId) -> Option<usize> {
        self.people.iter().position(|one| *one == person)
    }
}

/// The index, shared by all who look.
#[derive(Debug, Default)]
pub(crate) struct Indexed(Mutex<Option<Index>>);

impl Indexed {
    /// Looks at the index as the database stands now. The lock is taken before the database is first looked at, so that
    /// nobody brings the index back to an older state.
    pub(super) fn with<T>(&self, connection: &Connection, order: &[PlatformId], look: impl FnOnce(&mut Index) -> Result<T>) -> Result<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(Index::fresh(&mut kept, connection, order)?)
    }

    /// Everybody who matches, in order. `order`: the platforms in the order in which people see them.
    pub(crate) fn list(&self, connection: &Connection, order: &[PlatformId], filter: &Filter, sort: Sort) -> Result<Listing> {
        self.with(connection, order, |index| {
            let mut found = Vec::new();
            let (facets, everyone) = look(index, connection, filter, |at| found.push(at))?;
            let people = sorted(index, found, sort).into_iter().map(|at| index.id(at as usize)).collect();
            Ok(Listing { people, everyone, facets, conflicts: conflicts::count(connection)? })
        })
    }
}

/// A filter in the index's terms.
struct Wanted {
    found: Option<Arc<[bool]>>,
    status: Option<Status>,
    /// The platforms towards which syncs count: the wanted one, else all.
    towards: Set,
    platform: bool,
    /// `Some(None)`: one that nobody has.
    primary: Option<Option<usize>>,
    reason: Option<Option<u16>>,
}

impl Wanted {
    fn new(index: &mut Index, connection: &Connection, filter: &Filter) -> Result<Self> {
        let text = filter.search.as_deref().filter(|text| !text.trim().is_empty());
        let found = match text.map(words::question) {
            None => None,
            Some(Some(words)) => Some(index.search(connection, &words)?),
            Some(None) => Some(vec![false; index.len()].into()),
        };
        let place = |platform: PlatformId| index.platforms.iter().position(|known| *known == platform);
        let reason = |word: &String| index.reasons.iter().position(|known| known == word).and_then(|at| u16::try_from(at + 1).ok());
        Ok(Self {
            found,
            status: filter.status,
            towards: filter.platform.map_or(Set::MAX, |platform| place(platform).map_or(0, |at| 1 << at)),
            platform: filter.platform.is_some(),
            primary: filter.primary.map(place),
            reason: filter.reason.as_ref().map(reason),
        })
    }
}

/// What the syncs of one person say: which platforms each status and the wanted reason is found on.
struct Syncs {
    by_status: [Set; 4],
    of_reason: Set,
}

impl Syncs {
    /// A sync counts towards connected platforms other than the primary, and only for who is offered; a reason always counts.
    fn of(index: &Index, at: usize, person: Place, reason: Option<u16>) -> Self {
        let mut syncs = Self { by_status: [0; 4], of_reason: 0 };
        for platform in 0..index.platforms.len() {
            let (here, sync) = (1 << platform, index.sync(at, platform));
            if reason.is_some_and(|reason| sync.reason == reason) {
                syncs.of_reason |= here;
            }
            if !person.offered || index.connected & here == 0 || person.primary() == Some(platform) {
                continue;
            }
            match sync.status.unwrap_or(Status::NotSynced) {
                Status::NotSynced => syncs.by_status[number(Status::NotSynced)] |= here,
                status if person.primary().is_some() => syncs.by_status[number(status)] |= here,
                _ => {}
            }
        }
        syncs
    }
}

fn number(status: Status) -> usize {
    status as usize
}

/// Tells every place that matches, in the order of names, and counts; gives how many people there are, too.
fn look(index: &mut Index, connection: &Connection, filter: &Filter, mut each: impl FnMut(u32)) -> Result<(Facets, u64)> {
    let wanted = Wanted::new(index, connection, filter)?;
    let mut counts = Counts::new(index);
    let mut everyone = 0;
    for at in 0..index.len() {
        let person = index.person(at);
        if !person.listed {
            continue;
        }
        everyone += 1;
        if wanted.found.as_ref().is_some_and(|found| !found[at]) {
            continue;
        }
        let primary = wanted.primary.is_none_or(|primary| person.offered && primary.is_some() && person.primary() == primary);
        let syncs = Syncs::of(index, at, person, wanted.reason.flatten());
        let status = |status: Status, towards: Set| syncs.by_status[number(status)] & towards != 0;
        let with_status = |towards: Set| wanted.status.is_none_or(|wanted| status(wanted, towards));
        let with_reason = |towards: Set| wanted.reason.is_none() || syncs.of_reason & towards != 0;
        // Without a status or a reason, a platform means an account there.
        let by_syncs = wanted.status.is_some() || wanted.reason.is_some();
        let on_platform = by_syncs || !wanted.platform || person.on & wanted.towards != 0;
        let (stands, says) = (with_status(wanted.towards), with_reason(wanted.towards));
        if primary && stands && says && on_platform {
            each(u32::try_from(at).unwrap_or(u32::MAX));
        }
        if primary && says {
            for one in Status::ALL.into_iter().filter(|one| status(*one, wanted.towards)) {
                counts.status[number(one)] += 1;
            }
        }
        if primary {
            for platform in 0..counts.platform.len() {
                let here = 1 << platform;
                if if by_syncs { with_status(here) && with_reason(here) } else { person.on & here != 0 } {
                    counts.platform[platform] += 1;
                }
            }
        }
        if stands
            && says
            && on_platform
            && person.offered
            && let Some(primary) = person.primary()
        {
            counts.primary[primary] += 1;
        }
        if primary && stands {
            counts.reasons(index, at, wanted.towards);
        }
    }
    Ok((counts.facets(index), everyone))
}

/// The counts of all facets, by place.
struct Counts {
    status: [u64; 4],
    platform: Vec<u64>,
    primary: Vec<u64>,
    reason: Vec<u64>,
}

impl Counts {
    fn new(index: &Index) -> Self {
        let none = vec![0; index.platforms.len()];
        Self { status: [0; 4], platform: none.clone(), primary: none, reason: vec![0; index.reasons.len()] }
    }

    /// Every reason of a person once.
    fn reasons(&mut self, index: &Index, at: usize, towards: Set) {
        let of = |platform: usize| if towards & (1 << platform) == 0 { 0 } else { index.sync(at, platform).reason };
        for platform in 0..index.platforms.len() {
            let reason = of(platform);
            if reason != 0 && (0..platform).all(|before| of(before) != reason) {
                self.reason[usize::from(reason - 1)] += 1;
            }
        }
    }

    fn facets(self, index: &Index) -> Facets {
        let platforms = |counts: Vec<u64>| {
            let all = index.platforms.iter().zip(counts).enumerate();
            let shown = all.filter(|(at, (_, count))| index.connected & (1 << at) != 0 || *count > 0);
            shown.map(|(_, (platform, count))| PlatformFacet { platform: *platform, count }).collect()
        };
        let status = Status::ALL.into_iter().map(|status| StatusFacet { status, count: self.status[number(status)] }).collect();
        let reasons = index.reasons.iter().zip(self.reason).filter(|(_, count)| *count > 0);
        let mut reason: Vec<ReasonFacet> = reasons.map(|(reason, count)| ReasonFacet { reason: reason.clone(), count }).collect();
        reason.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.reason.cmp(&other.reason)));
        Facets { status, platform: platforms(self.platform), primary: platforms(self.primary), reason }
    }
}

/// Puts places, which come in the order of names, into the wanted order.
fn sorted(index: &Index, mut found: Vec<u32>, sort: Sort) -> Vec<u32> {
    match sort.by {
        SortBy::Name => {}
        SortBy::Status => found.sort_by_cached_key(|at| urgency(index, *at as usize)),
        SortBy::Primary => found.sort_by_cached_key(|at| {
            let person = index.person(*at as usize);
            if person.offered { person.primary().map_or(0, |primary| primary + 1) } else { usize::MAX }
        }),
    }
    if sort.descending {
        found.reverse();
    }
    found
}

/// How soon the most urgent sync of a person wants to be looked at.
fn urgency(index: &Index, at: usize) -> usize {
    const ORDER: [Status; 4] = [Status::Failed, Status::Pending, Status::NotSynced, Status::Synced];
    let syncs = Syncs::of(index, at, index.person(at), None);
    ORDER.into_iter().position(|status| syncs.by_status[number(status)] != 0).unwrap_or(ORDER.len())
}
