//! A data folder full of people, imported once and kept below cargo's target folder.

use std::path::PathBuf;

use user_sync_tests::window::{Filled, Result, Trouble, real_data};

/// The folder with so many people; made at the first call, which takes about half a minute.
pub(crate) async fn folder(people: usize) -> Result<PathBuf> {
    let folder = user_sync_tests::kept("window").map_err(Trouble)?.join(format!("people-{people}"));
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    println!("Importing {people} people once, into {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    real_data(&folder, people, Filled::Imported).await?;
    std::fs::write(complete, "")?;
    Ok(folder)
}
