//! The window opens on a new computer.

use user_sync_tests::window::{Desktop, Result, Window, element};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_computer_is_greeted() -> Result<()> {
    let desktop = Desktop::open().await?;
    let window = Window::open(&desktop, &[]).await?;
    let page = window.page();
    page.resize(1280, 800).await?;
    page.see(&element("heading", "User Sync")).await?;
    println!("{}", page.outline().await?);
    page.picture("smoke").await?;
    page.is_accessible("the first page").await?;
    window.close().await
}
