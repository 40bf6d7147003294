//! Queues and limits by themselves: bursts, channels, lanes, what a refusal closes and slows down, and how long things will take.

use std::sync::Mutex as StdMutex;

use futures::future::join_all;

use super::*;
use crate::clock::SystemClock;

const ALPHA: PlatformId = PlatformId::new("alpha");

const fn rate(class: &'static str, also: &'static [&'static str], scope: RateScope, amount: u32, seconds: u64, burst: u32) -> Rate {
    Rate { class, also, scope, amount, per: Duration::from_secs(seconds), burst }
}

const RATES: &[Rate] = &[
    rate("read", &[], RateScope::Tenant, 60, 60, 3),
    rate("post", &[], RateScope::Tenant, 10, 1, 1),
    rate("post", &[], RateScope::Channel, 1, 1, 1),
    rate("change", &["invite"], RateScope::Tenant, 10, 1, 2),
    rate("invite", &[], RateScope::Tenant, 1, 1, 2),
];

fn way(class: &'static str, channel: Option<&str>) -> Way {
    Way::new(ALPHA, RATES, class, channel)
}

async fn pass(limits: &Limits, class: &'static str, channel: Option<&str>, lane: Lane) -> Passed {
    limits.pass(&way(class, channel), lane, &SystemClock).await.unwrap_or_else(|_| panic!("nobody is refused here"))
}

/// Goes through, and is refused.
async fn refused(limits: &Limits, class: &'static str, channel: Option<&str>, pause: Duration) {
    let passed = pass(limits, class, channel, Lane::Bulk).await;
    limits.refused(&way(class, channel), &passed, pause);
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_free_and_then_the_rate_holds() {
    let (limits, start) = (Limits::default(), Instant::now());
    for expected in [0, 0, 0, 1, 2, 3] {
        pass(&limits, "read", None, Lane::Bulk).await;
        assert_eq!(start.elapsed().as_secs(), expected);
    }
    tokio::time::advance(seconds(100)).await;
    let start = Instant::now();
    for _ in 0..3 {
        pass(&limits, "read", None, Lane::Bulk).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "after a rest the burst is there again, and no more than it");
    pass(&limits, "read", None, Lane::Bulk).await;
    assert_eq!(start.elapsed(), seconds(1));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_person_overtakes_bulk_work_that_came_first() {
    let (limits, order) = (Limits::default(), StdMutex::new(Vec::new()));
    let one = |name: &'static str, lane: Lane, after: u64| {
        let (limits, order) = (&limits, &order);
        async move {
            SystemClock.wait(Duration::from_millis(after)).await;
            pass(limits, "read", None, lane).await;
            order.lock().unwrap().push(name);
        }
    };
    futures::join!(
        one("burst", Lane::Import, 0),
        one("burst", Lane::Import, 0),
        one("burst", Lane::Import, 0),
        one("import 1", Lane::Import, 1),
        one("import 2", Lane::Import, 2),
        one("prompt", Lane::Prompt, 3),
        one("person", Lane::Waiting, 500),
    );
    assert_eq!(*order.lock().unwrap(), ["burst", "burst", "burst", "person", "prompt", "import 1", "import 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_person_waits_for_one_turn_however_much_bulk_work_stands_in_the_queues() {
    for (class, channel, most) in
        [("read", None, seconds(1)), ("post", Some("admin"), Duration::from_millis(100)), ("invite", None, seconds(1))]
    {
        let limits = Limits::default();
        let bulk = (0..3_000).map(|number| {
            let (limits, channel) = (&limits, channel.map(|_| format!("channel {number}")));
            async move { drop(pass(limits, class, channel.as_deref(), Lane::Bulk).await) }
        });
        let bulk = join_all(bulk);
        tokio::pin!(bulk);
        assert!(futures::poll!(&mut bulk).is_pending());
        let came = Instant::now();
        tokio::select! {
            _ = &mut bulk => panic!("the person came last"),
            _ = pass(&limits, class, channel, Lane::Waiting) => {}
        }
        assert!(came.elapsed() <= most, "{class}: {:?}", came.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_gets_each_tenth_turn_beside_bulk_work_and_a_person_none_the_later() {
    let (limits, order) = (Limits::default(), StdMutex::new(Vec::new()));
    let one = |lane: Lane| {
        let (limits, order) = (&limits, &order);
        async move {
            pass(limits, "read", None, lane).await;
            order.lock().unwrap().push(lane);
        }
    };
    let (bulk, import, people) = (
        (0..60).map(|_| one(Lane::Bulk)),
        (0..5).map(|_| one(Lane::Import)),
        (0..3).map(|_| async {
            SystemClock.wait(seconds(20)).await;
            one(Lane::Waiting).await;
        }),
    );
    futures::join!(join_all(bulk), join_all(import), join_all(people));
    let order = order.into_inner().unwrap();
    let places: Vec<usize> = order
        .iter()
        .filter(|lane| **lane != Lane::Waiting)
        .enumerate()
        .filter(|(_, lane)| **lane == Lane::Import)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places, [12, 22, 32, 42, 52], "{order:?}");
    let people: Vec<usize> = order.iter().enumerate().filter(|(_, lane)| **lane == Lane::Waiting).map(|(place, _)| place).collect();
    assert_eq!(people, [people[0], people[0] + 1, people[0] + 2], "somebody came between: {order:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_channel_keeps_no_other_channel_waiting() {
    let (limits, start) = (Limits::default(), Instant::now());
    let one = |channel: &'static str| {
        let limits = &limits;
        async move {
            pass(limits, "post", Some(channel), Lane::Bulk).await;
            start.elapsed().as_millis()
        }
    };
    let (a, b, c, other) = futures::join!(one("room"), one("room"), one("room"), one("other"));
    assert_eq!((a, b, c, other), (0, 1000, 2000, 100));
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_one_limit_comes_in_no_crowd_to_another() {
    let (limits, start) = (Limits::default(), Instant::now());
    // The class is closed while three messages to one channel wait.
    refused(&limits, "post", Some("elsewhere"), seconds(30)).await;
    let at = join_all((0..3).map(|_| async {
        pass(&limits, "post", Some("room"), Lane::Bulk).await;
        start.elapsed().as_secs()
    }));
    assert_eq!(at.await, [30, 31, 32]);
}

#[tokio::test(start_paused = true)]
async fn a_request_counts_against_every_limit_that_names_its_class_and_a_refusal_closes_them() {
    let (limits, start) = (Limits::default(), Instant::now());
    pass(&limits, "invite", None, Lane::Bulk).await;
    pass(&limits, "invite", None, Lane::Bulk).await;
    pass(&limits, "change", None, Lane::Bulk).await;
    assert_eq!(start.elapsed(), Duration::from_millis(100), "two invitations are two changes");
    refused(&limits, "invite", None, seconds(60)).await;
    let closed_at = start.elapsed();
    pass(&limits, "read", None, Lane::Bulk).await;
    assert_eq!(start.elapsed(), closed_at, "what does not count there goes on");
    pass(&limits, "change", None, Lane::Bulk).await;
    assert_eq!(start.elapsed(), closed_at + seconds(60));
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_opens_when_the_platform_said_and_one_who_gives_up_leaves_the_queue() {
    let (limits, start) = (Limits::default(), Instant::now());
    let first = pass(&limits, "read", None, Lane::Bulk).await;
    assert!(limits.refused(&way("read", None), &first, seconds(30)));
    assert!(!limits.refused(&way("read", None), &first, seconds(5)), "a shorter pause changes nothing");
    {
        let given_up = pass(&limits, "read", None, Lane::Waiting);
        tokio::pin!(given_up);
        assert!(futures::poll!(&mut given_up).is_pending());
    }
    pass(&limits, "read", None, Lane::Import).await;
    assert_eq!(start.elapsed(), seconds(30));
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_too_long_is_told_at_once_those_in_the_queue_too() {
    let limits = Limits::default();
    let first = pass(&limits, "read", None, Lane::Bulk).await;
    limits.refused(&way("read", None), &first, seconds(60));
    let way = way("read", None);
    let waiting = join_all((0..5).map(|_| limits.pass(&way, Lane::Bulk, &SystemClock)));
    let longer = async {
        SystemClock.wait(seconds(1)).await;
        limits.refused(&way, &first, seconds(3_600));
        Instant::now()
    };
    let start = Instant::now();
    let (waiting, _) = futures::join!(waiting, longer);
    assert!(waiting.iter().all(|waited| matches!(waited, Err(left) if *left == seconds(3_600))));
    assert_eq!(start.elapsed(), seconds(1));
}

#[tokio::test(start_paused = true)]
async fn one_refusal_that_many_see_slows_down_once_and_peace_brings_the_speed_back() {
    let limits = Limits::default();
    let underway = join_all((0..64).map(|number| {
        let channel = format!("channel {number}");
        let limits = &limits;
        async move { (pass(limits, "post", Some(&channel), Lane::Bulk).await, channel) }
    }));
    let underway = underway.await;
    for (passed, channel) in &underway {
        limits.refused(&way("post", Some(channel)), passed, seconds(2));
    }
    let paced = async |from: u64| {
        SystemClock.wait(seconds(from)).await;
        pass(&limits, "post", Some("a"), Lane::Bulk).await;
        let start = Instant::now();
        pass(&limits, "post", Some("b"), Lane::Bulk).await;
        start.elapsed().as_millis()
    };
    assert!((198..=200).contains(&paced(2).await), "half as fast");
    assert!((132..=134).contains(&paced(150).await), "three quarters after a quarter of the time");
    assert_eq!(paced(300).await, 100, "and no faster than declared");

    for _ in 0..40 {
        refused(&limits, "post", None, Duration::from_millis(1)).await;
    }
    let slowest = paced(0).await;
    assert!((2_500..=3_200).contains(&slowest), "a thirty-second, however many refusals: {slowest}");
}

#[tokio::test(start_paused = true)]
async fn the_time_for_many_calls_is_the_time_that_they_then_take() {
    for (pause, count) in
        [(None, 1_u64), (None, 3), (None, 4), (None, 100), (Some(30), 1), (Some(30), 60), (Some(0), 700), (Some(0), 2_000)]
    {
        let (limits, start) = (Limits::default(), Instant::now());
        let first = pass(&limits, "read", None, Lane::Bulk).await;
        if let Some(pause) = pause {
            limits.refused(&way("read", None), &first, seconds(pause));
        }
        let told = limits.time_for(ALPHA, RATES, &[("read", count), ("post", 1)]);
        for _ in 0..count {
            pass(&limits, "read", None, Lane::Bulk).await;
        }
        let took = start.elapsed();
        assert!(
            took.abs_diff(told) <= told / 100 + seconds(1) && (pause.is_some() || took == told),
            "{pause:?} {count}: {told:?}, {took:?}"
        );
    }
    let limits = Limits::default();
    assert_eq!(limits.time_for(ALPHA, RATES, &[("invite", 3), ("change", 40)]), Duration::from_millis(4_100), "both change something");
    assert_eq!(limits.time_for(ALPHA, RATES, &[("read", 0), ("post", 0)]), Duration::ZERO);
    assert_eq!(limits.time_for(ALPHA, RATES, &[("read", u64::MAX)]), limits.time_for(ALPHA, RATES, &[("read", u64::MAX)]));
    assert_eq!(limits.time_for(ALPHA, RATES, &[]), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn idle_channels_are_forgotten_and_busy_ones_are_not() {
    let limits = Limits::default();
    refused(&limits, "post", Some("busy"), seconds(600)).await;
    let start = Instant::now();
    let touch = |channel: String| limits.time_for_channel(&way("post", Some(&channel)));
    for number in 0..=2 * MANY {
        touch(format!("channel {number}"));
    }
    assert!(limits.state().gates.len() <= MANY + 3);
    pass(&limits, "post", Some("busy"), Lane::Bulk).await;
    assert_eq!(start.elapsed(), seconds(600), "a closed channel was forgotten");
}

impl Limits {
    fn time_for_channel(&self, way: &Way) -> Duration {
        let (mut state, now) = (self.state(), Instant::now());
        way.0.iter().map(|(key, rate)| state.gate(key, *rate).time_for(1, now)).max().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_clock_that_does_not_move_ends_every_wait_all_the_same() {
    struct Still;
    #[async_trait::async_trait]
    impl Clock for Still {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
        async fn wait(&self, _duration: Duration) {}
    }
    let limits = Limits::default();
    refused(&limits, "read", None, seconds(600)).await;
    for _ in 0..50 {
        assert!(limits.pass(&way("read", None), Lane::Bulk, &Still).await.is_ok());
    }
}

#[tokio::test]
async fn whoever_comes_tells_whose_turn_it_becomes() {
    let mut gate = Gate::new(None);
    let bells: [Arc<Notify>; 3] = Default::default();
    let [import, bulk, prompt] = [(Lane::Import, 50), (Lane::Bulk, 20), (Lane::Prompt, 60)];
    gate.join(import, &bells[0]);
    for number in 0..9 {
        gate.join((Lane::Bulk, number), &Arc::default());
        gate.take((Lane::Bulk, number), Instant::now());
    }
    gate.join(bulk, &bells[1]);
    assert_eq!(gate.turn(), Some(import), "it was passed over nine times");
    while futures::poll!(Box::pin(bells[1].notified())).is_ready() {}
    gate.join(prompt, &bells[2]);
    assert_eq!(gate.turn(), Some(bulk), "now it stands longest behind somebody");
    assert!(futures::poll!(Box::pin(bells[1].notified())).is_ready(), "nobody told it");
}
