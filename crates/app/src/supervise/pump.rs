//! From the engine's many small facts to the few that a window can draw: what changed, and how far each run is.
//!
//! A bulk run tells thousands of facts a second; a window wants about ten. Facts are gathered for a moment, people are named up
//! to a number, of each run only the newest figure counts. Who listens too slowly hears that everything may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::event::Event;
use engine::model::{PersonId, PlatformId, RunId, RunKind};
use engine::signin::Step;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// For how long facts are gathered.
const MOMENT: Duration = Duration::from_millis(100);
/// More people than this are not named.
const NAMED: usize = 500;
/// A pace is estimated after so long, not earlier.
const ESTIMATE_AFTER: Duration = Duration::from_secs(2);

/// Who is told.
pub type Listener = Arc<dyn Fn(News) + Send + Sync>;

/// What a window is told.
#[derive(Clone, Debug)]
pub enum News {
    /// Something that lists show.
    Changed(Changed),
    /// How far a run is.
    Progress(Progress),
    /// How the admin's sign-in to a platform goes on.
    SignIn(PlatformId, Step),
}

/// What has changed since the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// People whose row changed; none together with `everyone`.
    pub people: Vec<PersonId>,
    /// So many, or so much, that lists are to be read anew.
    pub everyone: bool,
    /// A connection.
    pub connections: bool,
    /// A run began or ended.
    pub runs: bool,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub run: RunId,
    /// What it does.
    pub kind: RunKind,
    /// Where, when it is one platform.
    pub platform: Option<PlatformId>,
    /// How far.
    pub done: u64,
    /// Of how much, when that is known.
    pub total: Option<u64>,
    /// As the engine says; of an import, by its own pace so far.
    pub seconds_left: Option<u64>,
    /// Whether this is its last word.
    pub ended: bool,
}

/// Tells the listener until the engine is gone.
pub(super) async fn pump(mut events: Receiver<Event>, listener: Listener) {
    let mut paces = Paces::default();
    loop {
        let mut batch = Batch::default();
        let first = events.recv().await;
        let until = Instant::now() + MOMENT;
        if !batch.hear(first) {
            return;
        }
        let mut open = true;
        while open && let Ok(heard) = timeout_at(until, events.recv()).await {
            open = batch.hear(heard);
        }
        for (run, far) in std::mem::take(&mut batch.runs) {
            batch.changed.runs |= paces.is_new(run) || far.ended;
            listener(News::Progress(paces.progress(run, far, Instant::now())));
        }
        if let Some(changed) = batch.changed() {
            listener(News::Changed(changed));
        }
        if !open {
            return;
        }
    }
}

/// The newest figures of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Far {
    kind: RunKind,
    platform: Option<PlatformId>,
    done: u64,
    total: Option<u64>,
    time_left: Option<u64>,
    ended: bool,
}

/// What was heard in one moment.
#[derive(Default)]
struct Batch {
    people: BTreeSet<PersonId>,
    changed: Changed,
    runs: BTreeMap<RunId, Far>,
}

impl Batch {
    /// Takes one fact in. False when there will be no more.
    fn hear(&mut self, heard: Result<Event, RecvError>) -> bool {
        match heard {
            Ok(event) => self.add(event),
            Err(RecvError::Lagged(_)) => {
                self.changed = Changed { people: Vec::new(), everyone: true, connections: true, runs: true };
            }
            Err(RecvError::Closed) => return false,
        }
        true
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::PeopleChanged { ids } if ids.is_empty() => self.changed.everyone = true,
            Event::PeopleChanged { ids } => self.people.extend(ids),
            Event::SyncChanged { person, .. } => {
                self.people.insert(person);
            }
            Event::RunProgress { run, kind, platform, done, total, time_left, ended } => {
                self.runs.insert(run, Far { kind, platform, done, total, time_left, ended });
            }
            Event::RunChanged { .. } => self.changed.runs = true,
            Event::ConnectionChanged { .. } => self.changed.connections = true,
        }
    }

    /// `None` when nothing changed that lists show.
    fn changed(self) -> Option<Changed> {
        let mut changed = self.changed;
        changed.everyone |= self.people.len() > NAMED;
        if !changed.everyone {
            changed.people = self.people.into_iter().collect();
        }
        (changed != Changed::default()).then_some(changed)
    }
}

/// Where a run stood when it was first heard of.
#[derive(Clone, Copy, Debug)]
struct Pace {
    since: Instant,
    done_then: u64,
}

/// The paces of the runs under way.
#[derive(Default)]
struct Paces(BTreeMap<RunId, Pace>);

impl Paces {
    fn is_new(&self, run: RunId) -> bool {
        !self.0.contains_key(&run)
    }

    /// The figures as people see them.
    fn progress(&mut self, run: RunId, far: Far, now: Instant) -> Progress {
        let pace = *self.0.entry(run).or_insert(Pace { since: now, done_then: far.done });
        if far.ended {
            self.0.remove(&run);
        }
        let Far { kind, platform, done, total, time_left, ended } = far;
        // The engine knows what the platforms' limits let through; how many pages a directory has is nobody's knowledge.
        let seconds_left = if kind == RunKind::Import { pace.seconds_left(far, now) } else { time_left };
        Progress { run, kind, platform, done, total, seconds_left, ended }
    }
}

impl Pace {
    fn seconds_left(self, far: Far, now: Instant) -> Option<u64> {
        let (Some(total), false) = (far.total, far.ended) else { return None };
        let (passed, did) = (now.duration_since(self.since), far.done.saturating_sub(self.done_then));
        if passed < ESTIMATE_AFTER || did == 0 {
            return None;
        }
        let left = passed.as_secs_f64() / did as f64 * total.saturating_sub(far.done) as f64;
        Some(left.ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use engine::model::Status;

    use super::*;

    const HERE: PlatformId = PlatformId::new("here");

    fn sync_of(person: i64) -> Event {
        Event::SyncChanged { id: engine::model::SyncId(person), person: PersonId(person), platform: HERE, status: Status::Pending }
    }

    fn gathered(events: impl IntoIterator<Item = Event>) -> Option<Changed> {
        let mut batch = Batch::default();
        for event in events {
            assert!(batch.hear(Ok(event)));
        }
        batch.changed()
    }

    #[test]
    fn each_person_is_named_once_up_to_a_number() {
        let few = gathered([sync_of(2), sync_of(1), sync_of(2), Event::PeopleChanged { ids: vec![PersonId(3)] }]).unwrap();
        assert_eq!(few, Changed { people: [1, 2, 3].map(PersonId).into(), ..Changed::default() });
        let as_many_as_named = gathered((0..NAMED as i64).map(sync_of)).unwrap();
        assert!(as_many_as_named.people.len() == NAMED && !as_many_as_named.everyone);
        let more = gathered((0..=NAMED as i64).map(sync_of)).unwrap();
        assert_eq!(more, Changed { everyone: true, ..Changed::default() });
    }

    #[test]
    fn an_empty_list_of_people_means_everyone() {
        let changed = gathered([sync_of(1), Event::PeopleChanged { ids: Vec::new() }]).unwrap();
        assert_eq!(changed, Changed { everyone: true, ..Changed::default() });
    }

    #[test]
    fn a_slow_listener_hears_that_everything_may_have_changed() {
        let mut batch = Batch::default();
        assert!(batch.hear(Ok(sync_of(1))) && batch.hear(Err(RecvError::Lagged(7))));
        assert_eq!(batch.changed(), Some(Changed { people: Vec::new(), everyone: true, connections: true, runs: true }));
    }

    #[test]
    fn connections_are_told_and_nothing_is_told_of_nothing() {
        assert_eq!(gathered([Event::ConnectionChanged { platform: HERE }]), Some(Changed { connections: true, ..Changed::default() }));
        assert_eq!(gathered([]), None);
    }

    fn far(done: u64, total: Option<u64>, ended: bool) -> Far {
        Far { kind: RunKind::Import, platform: Some(HERE), done, total, time_left: None, ended }
    }

    #[test]
    fn of_each_run_only_the_newest_figures_count() {
        let mut batch = Batch::default();
        for done in [1, 7] {
            let (kind, platform, total, ended) = (RunKind::Import, Some(HERE), Some(9), false);
            batch.add(Event::RunProgress { run: RunId(1), kind, platform, done, total, time_left: None, ended });
        }
        assert_eq!(batch.runs, BTreeMap::from([(RunId(1), far(7, Some(9), false))]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_left_of_an_import_follows_its_own_pace_and_is_not_guessed_too_early() {
        let mut paces = Paces::default();
        let mut left = |far| paces.progress(RunId(1), far, Instant::now()).seconds_left;
        let (total, on) = (Some(1_000), false);
        assert_eq!(left(far(100, total, on)), None, "only begun");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(left(far(150, total, on)), None, "too early");
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(left(far(200, total, on)), Some(80), "100 in 10 s, 800 left");
        assert_eq!(left(far(100, total, on)), None, "no pace yet");
        assert_eq!(left(far(200, None, on)), None, "no end known");
        assert_eq!(left(far(1_000, total, true)), None, "over");
        assert!(paces.is_new(RunId(1)), "a run that is over is forgotten");
    }

    #[test]
    fn of_other_runs_the_engine_says_how_long_they_take_and_a_pause_is_told() {
        let sync = Far { kind: RunKind::Sync, time_left: Some(90), ..far(1, Some(9), false) };
        assert_eq!(Paces::default().progress(RunId(1), sync, Instant::now()).seconds_left, Some(90));
        assert_eq!(gathered([Event::RunChanged { run: RunId(1) }]), Some(Changed { runs: true, ..Changed::default() }));
    }

    #[tokio::test(start_paused = true)]
    async fn thousands_of_facts_a_second_are_about_ten_pieces_of_news() {
        let events = engine::event::Events::new();
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = told.clone();
        let listener: Listener = Arc::new(move |news| kept.lock().unwrap().push(news));
        let receiver = events.listen();
        let telling = async {
            for _ in 0..100 {
                for person in 0..40 {
                    events.tell(sync_of(person));
                }
                tokio::time::advance(Duration::from_millis(10)).await;
            }
            drop(events);
        };
        tokio::join!(pump(receiver, listener), telling);
        let told = told.lock().unwrap();
        assert!((8..=12).contains(&told.len()), "{}", told.len());
        assert!(told.iter().all(|news| matches!(news, News::Changed(changed) if changed.people.len() == 40)), "{told:?}");
    }
}
