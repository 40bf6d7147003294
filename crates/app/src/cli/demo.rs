//! The guided tour: the real engine and adapters at work on a made-up company, without a keystroke.

mod colleagues;

use std::collections::BTreeSet;
use std::time::Duration;

use engine::cancel::Cancel;
use engine::engine::Confirmed;
use engine::model::{PersonId, PlatformId, Status};
use engine::people::list::Filter;
use engine::people::views::PersonView;
use engine::sync::Until;
use engine::{Engine, Error, Kind, Result, Selection};

use super::answer::{Answer, Exit, print};
use super::args::Cli;
use super::connections::run_import;
use super::credentials::Credentials;
use super::progress;
use super::session::{Session, demo_admin};
use super::step::NextSteps;
use super::tables;
use crate::compose::World;
use crate::ready::Ready;
use colleagues::{Colleagues, lines_of_link_and_code};

/// How long the tour waits for what a colleague did; the platforms let themselves be asked every five seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many different reasons of "What cannot be" are shown.
const REASONS: usize = 4;

/// Connects every platform with the simulator's credentials and imports everybody.
pub(super) async fn prepare(session: &Session) -> Result<()> {
    let World::Demo(ready) = &session.world else { return Ok(()) };
    let engine = session.engine_with(demo_admin(ready)).await?;
    connect(&engine, ready, &|_, _| Ok(())).await?;
    let quiet = Answer { json: true };
    run_import(quiet, &engine, &[]).await.map(|_| ())
}

async fn connect(engine: &Engine, ready: &Ready, told: &(dyn Fn(&str, &str) -> Result<()> + Sync)) -> Result<()> {
    for platform in platforms::all().iter() {
        let info = platform.info();
        let mut given = Credentials::new(ready.credentials.clone()).of(info, true)?;
        for slot in
            info.slots.iter().filter(|slot| !matches!(slot.source, engine::signin::Source::Given | engine::signin::Source::Minted(_)))
        {
            given.remove(slot.field);
        }
        let view = engine.connect(info.id, given.into(), &|_| {}).await?;
        told(info.name, view.tenant_name.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// The tour.
pub(super) async fn run(answer: Answer) -> Result<Exit> {
    let words = ["usersync", "--demo", "status"];
    let folder = std::env::temp_dir().join(format!("user-sync-tour-{}", std::process::id()));
    let mut cli = <Cli as clap::Parser>::parse_from(words);
    cli.data_dir = Some(folder.clone());
    let session = Session::open(&cli, answer).await?;
    let outcome = tour(&session).await;
    session.close().await;
    // Among the temporary files: what cannot be removed now is cleared with them.
    let _ = std::fs::remove_dir_all(folder);
    outcome.map(|()| Exit::Done)
}

async fn tour(session: &Session) -> Result<()> {
    let World::Demo(ready) = &session.world else { return Err(Error::new(Kind::Bug, "demo", "The tour needs a simulator.")) };
    let engine = session.engine_with(demo_admin(ready)).await?;
    let guide = Guide { answer: session.answer, engine, colleagues: Colleagues { ready } };
    guide.say(
        "User Sync lets colleagues on Slack, Microsoft Teams, Webex and Zoom write to each other.\n\
         This is a tour of about half a minute with the made-up company Harbor & Pine. The program is the real one; the four\n\
         platforms are pretended, everything happens on this computer, and nothing reaches a real platform.",
    )?;

    guide.act("Connect", "The IT admin signs in to the four platforms.")?;
    connect(&guide.engine, ready, &|name, tenant| guide.say(&format!("  ✓ {name}: {tenant}"))).await?;

    guide.act("Import", "Every account is read. Accounts with the same verified address are one person.")?;
    guide.say(&tables::imported(&run_import(guide.answer, &guide.engine, &[]).await?))?;
    guide.say("")?;
    guide.say(&tables::people(&guide.engine.reading().people(Filter::default(), 5, None).await?))?;
    let conflicts = guide.engine.reading().conflicts().await?.len();
    guide
        .say(&format!("{conflicts} addresses belong to two accounts of one platform: there the admin decides, User Sync never guesses."))?;

    let all: Vec<PlatformId> = platforms::all().iter().map(|platform| platform.info().id).collect();
    let mut met = Met::default();
    guide.own_accounts(&all, &mut met).await?;
    let represented = guide.stand_ins(&all, &mut met).await?;
    guide.blocked(&all).await?;
    let retried = guide.failure_and_retry(&all, &mut met).await?;
    guide.resets(retried.into_iter().chain(represented).collect()).await?;

    guide.act("Status", "What an admin sees at a glance.")?;
    let status = guide.engine.reading().status().await?;
    session.answer.give(&status, tables::status)?;
    guide.say("\nThat was the tour. To go on by yourself: usersync --help. A company to play with: usersync simulator --help.")
}

/// Whom the tour has shown already, by id and by name: two people of one name would only confuse.
#[derive(Default)]
struct Met {
    ids: BTreeSet<PersonId>,
    names: BTreeSet<String>,
    from: BTreeSet<PlatformId>,
}

/// Somebody, the platform they work on, and the one they are to be reachable on.
struct Pick {
    person: PersonView,
    from: PlatformId,
    to: PlatformId,
}

/// Who leads through the tour.
struct Guide<'a> {
    answer: Answer,
    engine: Engine,
    colleagues: Colleagues<'a>,
}

impl Guide<'_> {
    fn say(&self, text: &str) -> Result<()> {
        if self.answer.json { Ok(()) } else { print(&format!("{}\n", text.trim_end())) }
    }

    fn act(&self, title: &str, text: &str) -> Result<()> {
        self.say(&format!("\n── {title} ──\n{text}"))
    }

    /// Somebody for whom the product's table says this about a platform; from platforms not shown yet, where that is possible.
    async fn find(&self, to: PlatformId, wanted: Kindly, met: &mut Met) -> Result<Option<Pick>> {
        for fresh in [true, false] {
            let mut after = None;
            loop {
                let page = self.engine.reading().people(Filter::default(), 200, after).await?;
                for person in page.people.into_iter().filter(|person| person.offered && wanted.fits(person, to)) {
                    if met.ids.contains(&person.id) || met.names.contains(&person.name) {
                        continue;
                    }
                    for from in person.primary_choices.clone().into_iter().filter(|from| *from != to) {
                        if (!fresh || !met.from.contains(&from)) && self.may(&person, from, to).await? {
                            met.ids.insert(person.id);
                            met.names.insert(person.name.clone());
                            met.from.insert(from);
                            return Ok(Some(Pick { person, from, to }));
                        }
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Whether the plan, with that primary platform, lets the sync begin. Chooses the primary platform.
    async fn may(&self, person: &PersonView, from: PlatformId, to: PlatformId) -> Result<bool> {
        let chosen = person.primary.is_some_and(|primary| primary != from);
        if chosen || person.syncs.values().any(|sync| sync.status != Status::NotSynced) {
            return Ok(false);
        }
        let selection = Selection::People(vec![person.id]);
        self.engine.set_primary(&selection, from, Confirmed::Nothing).await?;
        Ok(!self.engine.reading().plan(&selection, to).await?.steps.is_empty())
    }

    /// The plan, and after its confirmation what came of it.
    async fn sync(&self, pick: &Pick) -> Result<()> {
        let Pick { person, from, to } = pick;
        let selection = Selection::People(vec![person.id]);
        self.say(&format!("\n{} works in {} and is to be reachable on {}. The plan:", person.name, name(*from), name(*to)))?;
        self.say(&tables::plan_rows(&self.engine.reading().plan(&selection, *to).await?.with_commands()))?;
        self.say("The admin confirms it.")?;
        let view = self.engine.sync(&selection, *to, Until::Idle, &Cancel::new()).await?.with_commands();
        self.say(&format!("→ {}", tables::outcomes(&view)))
    }

    /// Waits for what people did, and shows what came of it.
    async fn wait_for(&self, picks: &[&Pick]) -> Result<()> {
        let spinner = progress::line(self.answer, &self.engine, "Asking the platforms, at the pace they allow, what the colleagues did");
        for pick in picks {
            let selection = Selection::People(vec![pick.person.id]);
            let view = self.engine.sync(&selection, pick.to, Until::People(PATIENCE), &Cancel::new()).await?.with_commands();
            spinner.suspend(|| self.say(&format!("→ {}", tables::outcomes(&view))))?;
        }
        spinner.finish_and_clear();
        Ok(())
    }

    async fn own_accounts(&self, all: &[PlatformId], met: &mut Met) -> Result<()> {
        self.act("Own accounts", "Who has an account on the other platform is asked, in the app they use daily, to authorise it.")?;
        let mut asked = Vec::new();
        for to in all {
            let Some(pick) = self.find(*to, Kindly::OwnAccount, met).await? else { continue };
            self.sync(&pick).await?;
            let heard = self.colleagues.heard(&pick.person, pick.from).await?;
            let shown = if asked.is_empty() {
                heard.clone()
            } else {
                format!("…\n{}\n…", lines_of_link_and_code(&heard).collect::<Vec<_>>().join("\n"))
            };
            self.say(&format!("{} reads in {}:\n{}", pick.person.name, name(pick.from), quoted(&shown)))?;
            self.colleagues.enter_code(&pick.person, *to, &heard).await?;
            self.say(&format!("{} opens the link, enters the code and allows it.", pick.person.name))?;
            asked.push(pick);
        }
        self.say("")?;
        self.wait_for(&asked.iter().collect::<Vec<_>>()).await?;
        if let Some(Pick { person, from, .. }) = asked.first() {
            self.say(&format!(
                "The message that {} read in {} now says:\n{}",
                person.name,
                name(*from),
                quoted(&self.colleagues.heard(person, *from).await?)
            ))?;
        }
        Ok(())
    }

    /// Gives the last one who was represented by something that the platform can delete again.
    async fn stand_ins(&self, all: &[PlatformId], met: &mut Met) -> Result<Option<Pick>> {
        self.act("Bots and guests", "Who has none is represented by a bot or a guest that carries their name. Nobody need be asked.")?;
        let mut last = None;
        for to in all {
            let Some(pick) = self.find(*to, Kindly::StandIn, met).await? else { continue };
            self.sync(&pick).await?;
            let guest = platforms::all().get(*to)?.info().capabilities.stand_in == Some(engine::model::RepresentationKind::Guest);
            last = if guest { Some(pick) } else { last };
        }
        Ok(last)
    }

    async fn blocked(&self, all: &[PlatformId]) -> Result<()> {
        self.act("What cannot be", "What a platform would refuse is said before anything is sent, with what lifts it.")?;
        let page = self.engine.reading().people(Filter::default(), 1000, None).await?;
        let mut shown = BTreeSet::new();
        for person in page.people.iter().filter(|person| person.offered && person.primary.is_some()) {
            for to in all.iter().filter(|to| Some(**to) != person.primary) {
                let plan = self.engine.reading().plan(&Selection::People(vec![person.id]), *to).await?.with_commands();
                for row in plan.blocked.iter().filter(|row| shown.len() < REASONS && shown.insert(row.reason.clone())) {
                    self.say(&tables::blocked(row))?;
                }
            }
        }
        Ok(())
    }

    /// A colleague refuses, which is a failure with its reason; asked again, they agree.
    async fn failure_and_retry(&self, all: &[PlatformId], met: &mut Met) -> Result<Option<Pick>> {
        self.act("A failure, and a retry", "A red triangle always names its reason and the next step.")?;
        let mut found = None;
        for to in all {
            if found.is_none() && platforms::all().get(*to)?.info().capabilities.revoke {
                found = self.find(*to, Kindly::OwnAccount, met).await?;
            }
        }
        let Some(pick) = found else { return Ok(None) };
        self.sync(&pick).await?;
        self.say(&format!("{} does not know what this is about and answers: \"no\".\n", pick.person.name))?;
        self.colleagues.answer(&pick.person, pick.from, "no").await?;
        self.wait_for(&[&pick]).await?;
        self.say(&format!("\nThe admin speaks with {} and tries again.", pick.person.name))?;
        let selection = Selection::People(vec![pick.person.id]);
        let view = self.engine.sync(&selection, pick.to, Until::Idle, &Cancel::new()).await?.with_commands();
        self.say(&format!("→ {}", tables::outcomes(&view)))?;
        let heard = self.colleagues.heard(&pick.person, pick.from).await?;
        self.colleagues.enter_code(&pick.person, pick.to, &heard).await?;
        self.say(&format!("{} gets a new code, enters it and allows it.\n", pick.person.name))?;
        self.wait_for(&[&pick]).await?;
        Ok(Some(pick))
    }

    async fn resets(&self, picks: Vec<Pick>) -> Result<()> {
        self.act("Reset", "Everything that was done for a person is undone; what a platform cannot undo is listed.")?;
        for pick in picks {
            self.say(&tables::previews(&[self.engine.reset_preview(pick.person.id).await?]))?;
            let view = self.engine.reset(pick.person.id).await?;
            self.say(&format!("The admin confirms it.\n{}", tables::undone(&pick.person.name, &view)))?;
        }
        Ok(())
    }
}

/// Which column of the product's table is looked for.
#[derive(Clone, Copy)]
enum Kindly {
    /// The person authorises their own account.
    OwnAccount,
    /// A bot or a guest.
    StandIn,
}

impl Kindly {
    fn fits(self, person: &PersonView, to: PlatformId) -> bool {
        let Ok(known) = platforms::all().get(to) else { return false };
        let capabilities = known.info().capabilities;
        let own = person.accounts.contains_key(&to) && capabilities.own_account && !capabilities.stand_in_always;
        match self {
            Self::OwnAccount => own,
            Self::StandIn => !own && capabilities.stand_in.is_some(),
        }
    }
}

fn name(platform: PlatformId) -> &'static str {
    platforms::all().get(platform).map_or("", |known| known.info().name)
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("  │ {line}\n")).collect()
}
