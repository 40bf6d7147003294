//! One window's world from its opening to its end, with the simulator's company where one is needed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use engine::Selection;
use engine::people::list::Filter;
use engine::people::listing::Sort;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;
use crate::browser::NoBrowser;
use crate::export::{Exports, Place};

/// What a window was told, and a way to wait for more.
#[derive(Default)]
struct Told {
    news: Mutex<Vec<News>>,
    more: Notify,
}

impl Told {
    fn listener(self: &Arc<Self>) -> Listener {
        let told = self.clone();
        Arc::new(move |news| {
            told.news.lock().unwrap().push(news);
            told.more.notify_one();
        })
    }

    /// Waits until something was told that fits.
    async fn until(&self, fits: impl Fn(&News) -> bool) {
        while !self.news.lock().unwrap().iter().any(&fits) {
            self.more.notified().await;
        }
    }
}

fn supervisor(folder: &Path, demo: Option<PathBuf>) -> (Supervisor, Arc<Told>) {
    let told = Arc::new(Told::default());
    let start = Start { folder: Some(folder.to_owned()), demo };
    (Supervisor::new(start, Arc::new(NoBrowser), told.listener()), told)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_opens_untouched_and_whoever_waits_for_it_is_answered() {
    let folder = folder();
    let (supervisor, _) = supervisor(folder.path(), None);
    let (opened, waited) = tokio::join!(supervisor.open(), supervisor.opening());
    assert!(Arc::ptr_eq(&opened.unwrap(), &waited.unwrap()));
    let opened = supervisor.opened().unwrap();
    assert!(opened.realm() == Realm::Live && opened.is_untouched().await.unwrap());
    assert_eq!(Path::new(opened.folder()), folder.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_on_the_same_folder_is_refused_and_opens_once_the_first_has_closed() {
    let folder = folder();
    let (first, second) = (supervisor(folder.path(), None).0, supervisor(folder.path(), None).0);
    first.open().await.unwrap();
    let refused = second.open().await.map(|_| ()).unwrap_err();
    assert_eq!(refused.kind, Kind::Conflict);
    assert_eq!(second.opening().await.map(|_| ()).unwrap_err().message, refused.message);
    assert_eq!(second.opened().map(|_| ()).unwrap_err().message, refused.message);
    first.close().await;
    second.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_while_opening_is_an_error_and_no_silence() {
    let broken = async { if folder().path().is_dir() { panic!("a mistake") } else { Ok(()) } };
    assert_eq!(whole(broken).await.unwrap_err().kind, Kind::Bug);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_cannot_open_leaves_the_real_data_open() {
    let folder = folder();
    let (supervisor, _) = supervisor(folder.path(), Some(folder.path().join("missing.json")));
    supervisor.open().await.unwrap();
    supervisor.open_demo().await.map(|_| ()).unwrap_err();
    assert_eq!(supervisor.opened().unwrap().realm(), Realm::Live);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_connected_works_by_itself_and_leaves_nothing_behind() {
    let real = folder();
    let (supervisor, told) = supervisor(real.path(), None);
    supervisor.open().await.unwrap();
    let demo = supervisor.open_demo().await.unwrap();
    let place = PathBuf::from(demo.folder());
    assert!(demo.realm() == Realm::Demo && place.is_dir() && place != real.path());
    assert_eq!(demo.reading().connections().await.unwrap().len(), demo.platforms().iter().count());
    assert!(!demo.is_untouched().await.unwrap());

    let run = demo.import(&[]).await.unwrap();
    assert_eq!(demo.importing().len(), demo.platforms().iter().count());
    assert_eq!(demo.import(&[]).await.unwrap_err().kind, Kind::Conflict, "one import of a platform at a time");
    told.until(|news| matches!(news, News::Progress(progress) if progress.run == run && progress.ended)).await;
    told.until(|news| matches!(news, News::Changed(changed) if changed.everyone || !changed.people.is_empty())).await;
    let people = demo.reading().listing(Filter::default(), Sort::default()).await.unwrap().total();
    assert!(people > 200, "{people}");

    let exports = Exports::default();
    let to = Place { folder: real.path().to_owned(), day: jiff::civil::date(2026, 11, 22) };
    let platforms = demo.platforms();
    let export = |selection| exports.people(demo.engine(), &platforms, selection, Sort::default(), &to);
    let saved = export(Selection::Matching(Filter::default())).await.unwrap();
    assert_eq!(saved.rows, people);
    assert_eq!(exports.file(&saved.path.display().to_string()).unwrap(), saved.path);
    assert_eq!(exports.file("/etc/passwd").unwrap_err().kind, Kind::NotFound);
    let text = std::fs::read_to_string(&saved.path).unwrap();
    assert!(text.starts_with("\u{feff}Name,E-mail,Primary platform,Slack,Microsoft Teams,Webex,Zoom Team Chat\r\n"), "{text:.200}");
    assert_eq!(text.lines().count() as u64, people + 1);
    let everyone = demo.reading().select(&Selection::Matching(Filter::default())).await.unwrap();
    let chosen = vec![everyone[2], everyone[0]];
    assert_eq!(export(Selection::People(chosen)).await.unwrap().rows, 2);
    drop(demo);

    let back = supervisor.leave_demo().await.unwrap();
    assert!(back.realm() == Realm::Live && back.is_untouched().await.unwrap());
    assert!(!place.exists(), "{}", place.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_import_is_over_and_says_so() {
    let real = folder();
    let (supervisor, told) = supervisor(real.path(), None);
    let demo = supervisor.open_demo().await.unwrap();
    let run = demo.import(&[]).await.unwrap();
    demo.cancel_run(run).await.unwrap();
    told.until(|news| matches!(news, News::Progress(progress) if progress.run == run && progress.ended)).await;
    let state = demo.reading().runs().await.unwrap().into_iter().find(|view| view.id == run).unwrap().state;
    assert_eq!(state, engine::model::RunState::Cancelled);
}
