//! Nothing is changed before it was shown: the one place that decides whether a command goes on.

use std::future::Future;

use engine::Result;
use serde::Serialize;

use super::answer::{Answer, Exit};
use super::args::{Confirm, Dry};

/// What is said when nobody agreed.
const NOTHING: &str = "Nothing was sent, and nothing was changed.";

/// Shows what would happen unless it is confirmed already. `None`: go on; otherwise the command ends so.
pub(super) async fn confirmed<T: Serialize>(
    answer: Answer,
    confirm: Confirm,
    question: &str,
    preview: impl Future<Output = Result<T>>,
    text: impl Fn(&T) -> String,
) -> Result<Option<Exit>> {
    if confirm.yes {
        return Ok(None);
    }
    let preview = preview.await?;
    if confirm.dry.run {
        return shown(answer, &preview, text).map(Some);
    }
    if !answer.can_ask() {
        answer.give(&preview, text)?;
        answer.note(&format!("{NOTHING} Confirm with --yes."));
        return Ok(Some(Exit::Usage));
    }
    answer.note(&text(&preview));
    if answer.ask(question) {
        return Ok(None);
    }
    answer.note(NOTHING);
    Ok(Some(Exit::Usage))
}

/// Shows what would happen when that is all that is wanted, of a command that needs no confirmation.
pub(super) async fn only_looked<T: Serialize>(
    answer: Answer,
    dry: Dry,
    preview: impl Future<Output = Result<T>>,
    text: impl Fn(&T) -> String,
) -> Result<Option<Exit>> {
    if !dry.run {
        return Ok(None);
    }
    shown(answer, &preview.await?, text).map(Some)
}

fn shown<T: Serialize>(answer: Answer, preview: &T, text: impl Fn(&T) -> String) -> Result<Exit> {
    answer.give(preview, text)?;
    answer.note(NOTHING);
    Ok(Exit::Done)
}
