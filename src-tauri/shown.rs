//! Whom a preview was about: "all who match" is read once, when it is shown, and what is confirmed then is about these people and
//! nobody else, whatever an import brought meanwhile. What is confirmed of runs and failures is a number that was shown: fewer may
//! be left of it by then, but not more.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use engine::engine::Selection;
use engine::model::PersonId;
use engine::people::list::Filter;
use engine::{Error, Kind, Reading, Result};

/// The people of the newest preview of many; the page shows one at a time.
#[derive(Default)]
pub(crate) struct Shown(Mutex<Option<(Filter, Vec<PersonId>)>>);

impl Shown {
    /// The selection of a preview, by name and remembered.
    pub(crate) async fn show(&self, reading: &Reading, selection: Selection) -> Result<Selection> {
        let Selection::Matching(filter) = &selection else { return Ok(selection) };
        let people = reading.select(&selection).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((filter.clone(), people.clone()));
        Ok(Selection::People(people))
    }

    /// The selection of what is confirmed: who was shown and still matches.
    ///
    /// Errors: `Kind::Conflict` when something else was shown.
    pub(crate) async fn confirmed(&self, reading: &Reading, selection: Selection) -> Result<Selection> {
        let Selection::Matching(filter) = &selection else { return Ok(selection) };
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|(known, _)| known == filter);
        let Some((_, mut people)) = shown else {
            return Err(Error::new(Kind::Conflict, "confirm", "This is not what was shown, so nothing was begun.")
                .ask_admin("Close this and look at it again."));
        };
        let still: HashSet<PersonId> = reading.select(&selection).await?.into_iter().collect();
        people.retain(|person| still.contains(person));
        Ok(Selection::People(people))
    }

    /// Another folder was opened.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What is confirmed is no more than what was shown.
///
/// Errors: `Kind::Conflict` when it has grown meanwhile.
pub(crate) fn not_more(operation: &'static str, now: u64, shown: u64) -> Result<()> {
    if now <= shown {
        return Ok(());
    }
    Err(Error::new(Kind::Conflict, operation, "It has become more since this was shown, so nothing was begun.")
        .ask_admin("Close this and look at it again."))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use app::supervise::{Start, Supervisor};
    use engine::people::listing::Sort;

    use super::*;
    use crate::browser::SystemBrowser;

    #[test]
    fn less_than_was_shown_may_be_confirmed_and_more_may_not() {
        assert!(not_more("undo", 3, 3).is_ok() && not_more("undo", 0, 3).is_ok());
        assert_eq!(not_more("undo", 4, 3).unwrap_err().kind, Kind::Conflict);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_confirmed_is_about_whom_was_shown_and_nobody_else() {
        let supervisor = Supervisor::new(Start::default(), Arc::new(SystemBrowser), Arc::new(|_| {}));
        let demo = supervisor.open_demo().await.unwrap();
        let (all, shown) = (Selection::Matching(Filter::default()), Shown::default());
        let refused = shown.confirmed(demo.reading(), all.clone()).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict, "nothing was shown");
        assert_eq!(shown.show(demo.reading(), all.clone()).await.unwrap(), Selection::People(Vec::new()));

        let run = demo.engine().begin_import(&[]).await.unwrap();
        demo.engine().run_import(run, &engine::cancel::Cancel::new(), &|_, _| {}).await.unwrap();
        assert!(demo.reading().listing(Filter::default(), Sort::default()).await.unwrap().total() > 200);
        let confirmed = shown.confirmed(demo.reading(), all.clone()).await.unwrap();
        assert_eq!(confirmed, Selection::People(Vec::new()), "people who came after the preview are not meant");

        let Selection::People(people) = shown.show(demo.reading(), all.clone()).await.unwrap() else { panic!("by name") };
        assert_eq!(shown.confirmed(demo.reading(), all).await.unwrap(), Selection::People(people));
        let other = Selection::Matching(Filter { search: Some("an".into()), ..Filter::default() });
        assert_eq!(shown.confirmed(demo.reading(), other).await.unwrap_err().kind, Kind::Conflict);
        drop(demo);
        supervisor.close().await;
    }
}
