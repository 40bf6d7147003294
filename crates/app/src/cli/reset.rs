//! reset: of people who are named, one by one; of many, as a run.

use engine::model::PersonId;
use engine::sync::{PersonReset, ResetPreview, UndoneView};
use engine::{Engine, Result, Selection};
use serde::Serialize;

use super::answer::Exit;
use super::args::{AllMatching, Confirm};
use super::confirm::confirmed;
use super::runs::{came_to, go_on};
use super::session::Session;
use super::{step, tables};

/// So many at most are reset one by one, each told in full sentences; stop limits hold nothing of so few.
const FEW: usize = 10;

pub(super) async fn reset(session: &Session, people: Vec<String>, all: AllMatching, confirm: Confirm) -> Result<Exit> {
    let engine = session.engine().await?;
    match session.selection(engine.reading(), &people, &all).await? {
        Selection::People(people) if people.len() <= FEW => few(session, &engine, people, confirm).await,
        selection => many(session, &engine, selection, confirm).await,
    }
}

async fn many(session: &Session, engine: &Engine, selection: Selection, confirm: Confirm) -> Result<Exit> {
    let preview = engine.reset_preview_many(&selection);
    if let Some(exit) = confirmed(session.answer, confirm, "Reset them?", preview, |view: &ResetPreview| tables::resets(view)).await? {
        return Ok(exit);
    }
    let run = engine.begin_reset(&selection).await?;
    go_on(session, engine, "Resetting", "reset").await?;
    came_to(session, engine, run).await
}

/// JSON of an unconfirmed `reset` of people who are named.
#[derive(Serialize)]
struct Previews {
    preview: Vec<PersonReset>,
}

/// JSON of `reset` of people who are named.
#[derive(Serialize)]
struct Resets {
    people: Vec<UndoneView>,
}

async fn few(session: &Session, engine: &Engine, people: Vec<PersonId>, confirm: Confirm) -> Result<Exit> {
    let preview = async {
        let mut preview = Vec::new();
        for person in &people {
            preview.push(engine.reset_preview(*person).await?);
        }
        Ok(Previews { preview })
    };
    if let Some(exit) = confirmed(session.answer, confirm, "Reset?", preview, |view| tables::previews(&view.preview)).await? {
        return Ok(exit);
    }
    let mut done = Vec::new();
    let mut first = None;
    for person in &people {
        match engine.reset(*person).await {
            Ok(view) => done.push(view),
            Err(error) => {
                if first.is_some() || people.len() > 1 {
                    session.answer.note(&format!("{person}: {} {}", error.message, step::after(&error)));
                }
                first.get_or_insert(error);
            }
        }
    }
    match first {
        Some(error) if done.is_empty() => Err(error),
        first => {
            let mut names = Vec::new();
            for view in &done {
                names.push(super::people::name_of(engine.reading(), view.person).await);
            }
            session.answer.give(&Resets { people: done }, |view| {
                names.iter().zip(&view.people).map(|(name, view)| tables::undone(name, view)).collect()
            })?;
            Ok(if first.is_some() { Exit::Partly } else { Exit::Done })
        }
    }
}
