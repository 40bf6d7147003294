//! Whatever comes in whatever order: no request leaves earlier than it may, none is lost, a waiting person is passed by nobody, the
//! declared rates hold over any time, and while there is work they are used up.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::platform::{PlatformInfo, Rate, RateScope};
use crate::transport::Wire;

/// How a platform words its pause.
#[derive(Clone, Copy, Debug)]
enum Form {
    Seconds,
    Fraction,
    HttpDate,
    DateTime,
    Missing,
}

/// A refusal: the form, and the pause in milliseconds.
type Refusal = Option<(Form, u64)>;

/// A platform that refuses as it was told to, and writes down what it sees.
struct Strict {
    start: Instant,
    latency: Duration,
    refusals: Mutex<std::vec::IntoIter<Refusal>>,
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone, Debug)]
struct Seen {
    at: Duration,
    path: String,
    /// When the answer was there, and until when it asked to wait.
    answered: Option<(Duration, Duration)>,
    is_refused: bool,
}

impl Strict {
    fn clock(&self) -> Timestamp {
        START.parse::<Timestamp>().unwrap() + self.start.elapsed()
    }
}

#[async_trait]
impl Wire for Strict {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let refusal = self.refusals.lock().unwrap_or_else(PoisonError::into_inner).next().flatten();
        let index = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Seen {
                at: self.start.elapsed(),
                path: request.uri().path().to_owned(),
                answered: None,
                is_refused: refusal.is_some(),
            });
            seen.len() - 1
        };
        SystemClock.wait(self.latency).await;
        let now = self.start.elapsed();
        let mut headers = HeaderMap::new();
        let mut until = now;
        if let Some((form, pause)) = refusal {
            let pause = Duration::from_millis(pause);
            let wall = self.clock();
            let (text, asked) = match form {
                Form::Seconds => (Some(pause.as_secs().to_string()), Duration::from_secs(pause.as_secs())),
                Form::Fraction => (Some(format!("{:.3}", pause.as_secs_f64())), pause),
                Form::HttpDate => {
                    // Whole seconds; what the date says counts.
                    let at = Timestamp::from_second((wall + pause).as_second()).unwrap();
                    let text = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                    (Some(text), Duration::try_from(at.duration_since(wall)).unwrap_or_default())
                }
                Form::DateTime => (Some((wall + pause).to_string()), pause),
                Form::Missing => (None, Duration::from_millis(250)),
            };
            if let Some(text) = text {
                headers.insert(http::header::RETRY_AFTER, text.parse().unwrap());
            }
            until = now + asked;
        }
        self.seen.lock().unwrap()[index].answered = Some((now, until));
        let status = if refusal.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
        Ok(Response { status, headers, body: "{}".into() })
    }
}

/// One who sends.
#[derive(Clone, Debug)]
struct Sender {
    after: u64,
    lane: Lane,
    class: &'static str,
    channel: Option<u8>,
}

const RATES: &[Rate] = &[
    Rate { class: "read", also: &[], scope: RateScope::Tenant, amount: 20, per: Duration::from_secs(1), burst: 5 },
    Rate { class: "post", also: &["invite"], scope: RateScope::Tenant, amount: 300, per: Duration::from_secs(60), burst: 10 },
    Rate { class: "post", also: &[], scope: RateScope::Channel, amount: 1, per: Duration::from_secs(1), burst: 3 },
    Rate { class: "invite", also: &[], scope: RateScope::Tenant, amount: 3, per: Duration::from_secs(1), burst: 3 },
];

struct Played {
    seen: Vec<Seen>,
    /// When each sender came, and whether it got its answer.
    senders: Vec<(Sender, bool)>,
}

fn play(rates: &'static [Rate], senders: Vec<Sender>, refusals: Vec<Refusal>, latency: u64) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async move {
        let wire = Arc::new(Strict {
            start: Instant::now(),
            latency: Duration::from_millis(latency),
            refusals: Mutex::new(refusals.into_iter()),
            seen: Mutex::default(),
        });
        let bench = bench_of(PlatformInfo { rates, ..info() }, []).of(|parts| {
            parts.wire = wire.clone();
            parts.clock = Arc::new(Watch::new());
        });
        let bench = bench.ready().await;
        let sent = senders.iter().enumerate().map(|(number, sender)| {
            let bench = &bench;
            async move {
                SystemClock.wait(Duration::from_millis(sender.after)).await;
                let channel = sender.channel.map_or(String::new(), |channel| channel.to_string());
                let path = format!("/{number}/{}/{channel}", sender.class);
                let request = Request { class: sender.class, ..get(&path) };
                let request = if sender.channel.is_some() { request.channel(&channel) } else { request };
                bench.paced.send(ALPHA, request, Subject::Connection, sender.lane).await.is_ok()
            }
        });
        let answered = join_all(sent).await;
        let seen = wire.seen.lock().unwrap().clone();
        Played { seen, senders: senders.into_iter().zip(answered).collect() }
    })
}

impl Seen {
    fn number(&self) -> usize {
        self.path.split('/').nth(1).unwrap().parse().unwrap()
    }

    fn class(&self) -> &str {
        self.path.split('/').nth(2).unwrap()
    }

    fn counts_in(&self, rate: &Rate, channel: &str) -> bool {
        rate.counts(self.class()) && (rate.scope == RateScope::Tenant || self.path.ends_with(&format!("/{channel}")))
    }
}

impl Played {
    /// Of each limit, what it counted.
    fn counted(&self, rates: &[Rate]) -> Vec<(Rate, Vec<&Seen>)> {
        let mut counted = Vec::new();
        for rate in rates {
            let channels: &[&str] = if rate.scope == RateScope::Channel { &["0", "1", "2"] } else { &[""] };
            for channel in channels {
                counted.push((*rate, self.seen.iter().filter(|seen| seen.counts_in(rate, channel)).collect()));
            }
        }
        counted
    }
}

fn check(played: &Played, rates: &[Rate]) -> std::result::Result<(), TestCaseError> {
    for (sender, is_answered) in &played.senders {
        prop_assert!(is_answered, "lost: {sender:?}");
    }
    for number in 0..played.senders.len() {
        let successes = played.seen.iter().filter(|seen| seen.number() == number && !seen.is_refused).count();
        prop_assert_eq!(successes, 1, "sender {}", number);
    }
    for (rate, counted) in played.counted(rates) {
        for (first, seen) in counted.iter().enumerate() {
            let (answered, until) = seen.answered.unwrap();
            for later in &counted[first + 1..] {
                let is_early = later.at > answered && later.at < until;
                prop_assert!(!is_early, "{later:?} although {seen:?}");
            }
            for (more, later) in counted[first..].iter().enumerate() {
                let passed = (later.at - seen.at).as_secs_f64() * f64::from(rate.amount) / rate.per.as_secs_f64();
                let allowed = f64::from(rate.burst) + passed + 1e-6;
                let sent = (more + 1) as f64;
                prop_assert!(sent <= allowed, "{sent} within {passed} of {rate:?}");
            }
        }
    }
    // Who waits is passed by nobody who does not, where all their limits are the same.
    for (number, (sender, _)) in played.senders.iter().enumerate().filter(|(_, (sender, _))| sender.lane == Lane::Waiting) {
        let came = Duration::from_millis(sender.after);
        let left = played.seen.iter().find(|seen| seen.number() == number).unwrap().at;
        for other in played.seen.iter().filter(|seen| seen.at > came && seen.at < left) {
            let rival = &played.senders[other.number()].0;
            let is_same = (rival.class, rival.channel) == (sender.class, sender.channel);
            prop_assert!(!is_same || rival.lane == Lane::Waiting, "{other:?} passed {sender:?}");
        }
    }
    Ok(())
}

fn senders() -> impl Strategy<Value = Vec<Sender>> {
    let lane = prop_oneof![Just(Lane::Waiting), Just(Lane::Prompt), Just(Lane::Bulk), Just(Lane::Bulk), Just(Lane::Import)];
    let class = prop_oneof![Just(("read", false)), Just(("post", true)), Just(("invite", false))];
    let one = (0_u64..20_000, lane, class, 0_u8..3);
    let one =
        one.prop_map(|(after, lane, (class, has_channel), channel)| Sender { after, lane, class, channel: has_channel.then_some(channel) });
    proptest::collection::vec(one, 1..80)
}

fn refusals() -> impl Strategy<Value = Vec<Refusal>> {
    let form = prop_oneof![Just(Form::Seconds), Just(Form::Fraction), Just(Form::HttpDate), Just(Form::DateTime), Just(Form::Missing)];
    let refusal = prop_oneof![4 => Just(None), 1 => (form, 0_u64..20_000).prop_map(Some)];
    proptest::collection::vec(refusal, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_sends_early_loses_one_or_lets_a_person_wait(senders in senders(), refusals in refusals(), latency in 0_u64..400) {
        let played = play(RATES, senders, refusals, latency);
        check(&played, RATES)?;
    }

    #[test]
    fn while_there_is_work_the_declared_rate_is_used_up(
        amount in 1_u32..300, seconds in prop_oneof![Just(1_u64), Just(5), Just(60)], burst in 2_u32..50, count in 60_usize..400, latency in 0_u64..300,
    ) {
        let rates = Box::leak(Box::new([Rate { class: "read", also: &[], scope: RateScope::Tenant, amount, per: Duration::from_secs(seconds), burst }]));
        let bulk = Sender { after: 0, lane: Lane::Bulk, class: "read", channel: None };
        let played = play(rates, vec![bulk; count], Vec::new(), latency);
        check(&played, rates)?;
        let last = played.seen.iter().map(|seen| seen.at).max().unwrap();
        let least = (count as f64 - f64::from(burst)) * seconds as f64 / f64::from(amount);
        prop_assert!(last.as_secs_f64() <= least.max(0.0) / 0.95 + 0.002, "{last:?} for {least} s");
    }
}
