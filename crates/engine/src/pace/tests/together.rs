//! One request for all who ask the same at once.

use super::*;

fn question() -> Request {
    get("/who").same_for_all()
}

#[tokio::test(start_paused = true)]
async fn one_request_answers_all_who_ask_the_same_while_it_is_under_way_and_nobody_later() {
    let bench = bench([says_with(429, "retry-after", "30", "{}")]).ready().await;
    let all = futures::future::join_all((0..50).map(|_| bench.send(question()))).await;
    assert!(all.iter().all(Result::is_ok), "{:?}", all[0]);
    assert_eq!(bench.lines().len(), 2, "the one that was refused, and the same again");
    bench.send(question()).await.unwrap();
    assert_eq!(bench.lines().len(), 3, "an answer was kept for somebody who asked later");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_everybodys_and_other_questions_are_their_own() {
    let bench = bench([says_with(429, "retry-after", "30", "{}"), says(403, "{}")]).ready().await;
    let (first, second, other) = futures::join!(bench.send(question()), bench.send(question()), bench.send(get("/who")));
    assert_eq!([first.unwrap_err().kind, second.unwrap_err().kind], [Kind::Invalid; 2]);
    assert!(other.is_ok(), "{other:?}");
    assert_eq!(bench.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_takes_the_answer_from_nobody_else() {
    let bench = bench([says_with(429, "retry-after", "30", "{}")]).ready().await;
    let mut first = Box::pin(bench.send(question()));
    assert!(futures::poll!(&mut first).is_pending());
    let second = bench.send(question());
    let mut second = Box::pin(second);
    assert!(futures::poll!(&mut second).is_pending());
    drop(first);
    second.await.unwrap();
    assert_eq!(bench.lines().len(), 2);
}
