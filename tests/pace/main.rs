//! Bulk syncs use up what the platforms' limits allow, and no more: small runs of what `cargo xtask bench` measures with ten thousand
//! people. Real engine, real adapters, virtual time.

#[cfg(test)]
mod tests {
    use user_sync_tests::bulk::{Bulk, bulk};

    async fn check(wanted: Bulk) {
        let folder = tempfile::tempdir().unwrap();
        let outcome = bulk(folder.path(), wanted).await.unwrap();
        assert_eq!((outcome.people, outcome.early), (wanted.people, 0), "{outcome:?}");
        assert!(outcome.least.as_secs() > 0, "no limit was met, so nothing was proven: {outcome:?}");
        assert!(outcome.ratio().is_some_and(|ratio| ratio <= 1.05), "{:?}: {outcome:?}", outcome.ratio());
    }

    #[tokio::test(start_paused = true)]
    async fn bots_in_slack_are_checked_together_so_that_no_limit_binds() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = bulk(folder.path(), Bulk { to: "slack", carrier: None, people: 1_000, company: 2_000 }).await.unwrap();
        assert_eq!((outcome.people, outcome.early, outcome.ratio()), (1_000, 0, None), "{outcome:?}");
        assert!(outcome.counted <= 100 && outcome.makespan.as_secs() <= 60, "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn guests_in_teams_are_invited_as_soon_as_its_limits_allow() {
        check(Bulk { to: "teams", carrier: None, people: 600, company: 10_000 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn bots_in_webex_are_made_as_soon_as_its_limits_allow() {
        check(Bulk { to: "webex", carrier: None, people: 1_500, company: 5_000 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn prompts_in_slack_are_sent_as_soon_as_its_limits_allow() {
        check(Bulk { to: "zoom", carrier: Some("slack"), people: 300, company: 1_200 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn prompts_in_teams_are_sent_as_soon_as_its_limits_allow() {
        check(Bulk { to: "webex", carrier: Some("teams"), people: 300, company: 1_200 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn prompts_in_webex_are_sent_as_soon_as_its_limits_allow() {
        check(Bulk { to: "zoom", carrier: Some("webex"), people: 1_500, company: 6_000 }).await;
    }

    #[tokio::test(start_paused = true)]
    async fn prompts_in_zoom_are_sent_as_soon_as_its_limits_allow() {
        check(Bulk { to: "webex", carrier: Some("zoom"), people: 1_500, company: 6_000 }).await;
    }
}
