//! One command's hold on a data folder: reading beside others, or as the one who writes.

use std::path::PathBuf;
use std::sync::Arc;

use engine::cancel::Cancel;
use engine::clock::Browser;
use engine::model::PersonId;
use engine::people::list::Filter;
use engine::{Engine, Error, Kind, Reading, Result, Selection};
use simulator::{Clock, Options, Served};

use super::answer::Answer;
use super::args::{self, AllMatching, Cli, Command};
use crate::browser::{DemoAdmin, NoBrowser, SystemBrowser};
use crate::compose::{World, default_folder, make_folder};
use crate::ready::Ready;

/// How many people a company of the simulator inside this program has.
const PEOPLE: usize = 250;
/// Its seed.
const SEED: u64 = 1;

/// What a command works with.
pub(super) struct Session {
    pub(super) answer: Answer,
    pub(super) world: World,
    pub(super) folder: PathBuf,
    approve: bool,
    /// A simulator inside this program, and the scratch folder of a demo that nobody keeps.
    inside: Option<Inside>,
}

struct Inside {
    served: Served,
    scratch: Option<PathBuf>,
}

impl Session {
    /// Chooses the world and the folder. Opens nothing yet.
    pub(super) async fn open(cli: &Cli, answer: Answer) -> Result<Self> {
        let approve = matches!(&cli.command, Command::Connect(args) if args.approve);
        if approve && cli.demo.is_none() {
            return Err(Error::invalid(
                "connect",
                "--approve is for the demo only: nobody signs in to a real platform for you.",
                "Leave --approve out, or add --demo.",
            ));
        }
        let chosen = cli.data_dir.clone();
        match &cli.demo {
            None => {
                let folder = chosen.map_or_else(|| default_folder(engine::transport::Realm::Live), Ok)?;
                Ok(Self { answer, world: World::Live, folder, approve, inside: None })
            }
            Some(path) if path.as_os_str().is_empty() => Self::inside(answer, chosen, approve).await,
            Some(path) => {
                let ready = Ready::read(path)?;
                let folder = chosen.map_or_else(|| default_folder(engine::transport::Realm::Demo), Ok)?;
                Ok(Self { answer, world: World::Demo(ready), folder, approve, inside: None })
            }
        }
    }

    /// A demo with its simulator inside this program. Without a named folder nothing of it is kept, and it starts connected and imported.
    async fn inside(answer: Answer, chosen: Option<PathBuf>, approve: bool) -> Result<Self> {
        let kept = chosen.is_some();
        let folder = chosen.unwrap_or_else(|| std::env::temp_dir().join(format!("user-sync-demo-{}", std::process::id())));
        make_folder(&folder)?;
        let options = Options { people: PEOPLE, seed: SEED, clock: Clock::wall(), ..Options::default() };
        let (simulator, served) = super::simulator::start(options, ([127, 0, 0, 1], 0).into()).await?;
        let ready = super::simulator::ready(&simulator, &served, &folder.join("simulator.ca.pem"))?;
        let inside = Inside { served, scratch: (!kept).then(|| folder.clone()) };
        let session = Self { answer, world: World::Demo(ready), folder, approve, inside: Some(inside) };
        if !kept {
            answer.note("Demo with a made-up company of 250 people; nothing of it is kept. (Name a folder with --data-dir, or attach to `usersync simulator`, to keep it.)");
            super::demo::prepare(&session).await?;
        }
        Ok(session)
    }

    /// Whether the simulator is inside this program, so that it forgets at the end what it was told.
    pub(super) fn ends_with_this_command(&self) -> bool {
        self.inside.is_some()
    }

    /// Lets everything go.
    pub(super) async fn close(self) {
        let Some(Inside { served, scratch }) = self.inside else { return };
        served.stop().await;
        if let Some(folder) = scratch {
            // The folder lies among the temporary files; what is left of it is cleared with them.
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    /// The one who writes: holds the folder.
    pub(super) async fn engine(&self) -> Result<Engine> {
        self.engine_with(self.browser()).await
    }

    /// The same with a given browser.
    pub(super) async fn engine_with(&self, browser: Arc<dyn Browser>) -> Result<Engine> {
        make_folder(&self.folder)?;
        Engine::open(self.world.parts(&self.folder, browser)?).await
    }

    fn browser(&self) -> Arc<dyn Browser> {
        match &self.world {
            World::Live => Arc::new(SystemBrowser),
            World::Demo(ready) if self.approve => demo_admin(ready),
            World::Demo(_) => Arc::new(NoBrowser),
        }
    }

    /// Somebody who only looks, beside whoever works with the folder.
    pub(super) async fn reading(&self) -> Result<Reading> {
        Reading::open(platforms::all(), &self.folder, self.world.realm()).await
    }

    /// Whom the arguments mean.
    pub(super) async fn selection(&self, reading: &Reading, people: &[String], all: &AllMatching) -> Result<Selection> {
        if all.all_matching {
            return Ok(Selection::Matching(filter(&all.filter)?));
        }
        let mut ids: Vec<PersonId> = Vec::new();
        for text in people {
            let id = reading.find_person(text).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(Selection::People(ids))
    }
}

/// The simulator's pretended admin.
pub(super) fn demo_admin(ready: &Ready) -> Arc<dyn Browser> {
    Arc::new(DemoAdmin { ready: ready.clone(), platforms: platforms::all() })
}

/// A filter in the engine's words.
pub(super) fn filter(args: &args::Filter) -> Result<Filter> {
    for platform in [args.platform, args.primary].into_iter().flatten() {
        platforms::all().get(platform)?;
    }
    Ok(Filter { search: args.search.clone(), status: args.status, platform: args.platform, primary: args.primary, reason: None })
}

/// Ctrl+C ends long work at the next place where nothing is half done.
pub(super) fn cancel_on_interrupt() -> Cancel {
    let cancel = Cancel::new();
    let wish = cancel.clone();
    #[expect(clippy::disallowed_methods, reason = "lives as long as the program; there is nothing to supervise")]
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            wish.cancel();
        }
    });
    cancel
}

/// The error of a command that stopped because somebody pressed Ctrl+C.
pub(super) fn interrupted(operation: &'static str) -> Error {
    Error::new(Kind::Cancelled, operation, "It was stopped. What was done is kept.").ask_admin("Go on with: usersync work")
}
