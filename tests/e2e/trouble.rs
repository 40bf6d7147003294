//! A data folder that cannot be opened is a page that says what happened and what to do, never a blank window.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use user_sync_tests::window::{Filled, Page, Result, Trouble, element, ensure, real_data};

use crate::stage::{closed_stage, stage};

const REFUSED: &str = "^User Sync cannot open your data$";

/// The page says this much, can be read by everybody, and is kept as a picture.
async fn says(page: &Page, what: &str, name: &str) -> Result<()> {
    page.resize(1280, 800).await?;
    page.see(&element("heading", REFUSED)).await?;
    page.see_text(what).await?;
    page.see(&element("button", "^Try again$")).await?;
    page.is_accessible(name).await?;
    page.picture(name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_on_the_same_data_says_so_and_opens_once_the_first_is_gone() -> Result<()> {
    stage("second-window", async |stage| {
        stage.page()?.see(&element("heading", "^Welcome")).await?;
        let second = stage.another_window().await?;
        let page = second.page();
        says(page, "(another|already|other)", "trouble-second-window").await?;
        page.click(&element("button", "^Try again$")).await?;
        page.see(&element("heading", REFUSED)).await?;
        stage.close().await?;
        page.click(&element("button", "^Try again$")).await?;
        page.see(&element("heading", "^Welcome")).await?;
        second.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_program_is_left_alone_and_the_page_says_so() -> Result<()> {
    closed_stage("newer-database", async |stage| {
        real_data(&stage.data(), 250, Filled::Connected).await?;
        let database = stage.data().join("user-sync.db");
        let current = version(&database)?;
        set_version(&database, 9_999)?;
        stage.open().await?;
        says(stage.page()?, "newer", "trouble-newer-database").await?;
        ensure(version(&database)? == 9_999, || "the newer database was changed".to_owned())?;
        set_version(&database, current)?;
        opens(stage.page()?).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_is_named_and_the_window_opens_once_it_is_unlocked() -> Result<()> {
    closed_stage("locked-keychain", async |stage| {
        real_data(&stage.data(), 250, Filled::Connected).await?;
        stage.desktop.lock_keychain()?;
        stage.open().await?;
        says(stage.page()?, "locked", "trouble-locked-keychain").await?;
        stage.desktop.unlock_keychain().await?;
        opens(stage.page()?).await
    })
    .await
}

/// Tried again, the window shows its first page.
async fn opens(page: &Page) -> Result<()> {
    page.click(&element("button", "^Try again$")).await?;
    page.see(&element("heading", "^User Sync$")).await.map(|_| ())
}

/// Where an SQLite file keeps the number that its program gave it ("user version" in the file format).
const VERSION_AT: u64 = 60;

fn version(database: &Path) -> Result<u32> {
    ensure(!database.with_extension("db-wal").exists(), || "the database was not closed cleanly".to_owned())?;
    let mut file = std::fs::File::open(database).map_err(|error| Trouble(format!("{}: {error}", database.display())))?;
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(VERSION_AT))?;
    file.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn set_version(database: &Path, version: u32) -> Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(database)?;
    file.seek(SeekFrom::Start(VERSION_AT))?;
    file.write_all(&version.to_be_bytes())?;
    Ok(file.sync_all()?)
}
