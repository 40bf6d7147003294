//! Pictures of the page, kept below cargo's target folder for whoever looks at a run afterwards.

use super::page::Page;
use super::{Result, Trouble, ensure};

/// The window's title, for those who look for it on the screen.
const TITLE: &str = "^User Sync";
/// Moves that end have ended, and two frames were drawn since.
const SETTLED: &str = "\
    const moves = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime < 3000);
    Promise.allSettled(moves.map((one) => one.finished)).then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";

/// The sizes at which the window must be comfortable, and usable.
pub const SIZES: [(u32, u32); 2] = [(1280, 800), (900, 600)];

/// Light or dark, as the Settings page names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Look {
    /// For the names of files and the choice on the Settings page.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

impl Page {
    /// Keeps a picture of what the window shows now.
    pub async fn picture(&self, name: &str) -> Result<()> {
        let name: String =
            name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }).collect();
        self.waiting_script(SETTLED, Vec::new()).await?;
        // Off the screen, with what the window manager shows: WebDriver's own picture waits for a repaint that may never come.
        let windows = self.surroundings.says("xdotool", &["search", "--onlyvisible", "--name", TITLE])?.unwrap_or_default();
        let window = windows.lines().last().ok_or_else(|| Trouble("no window can be seen on the screen".to_owned()))?;
        let file = crate::kept("window").map_err(Trouble)?.join(format!("{name}.png"));
        let taken = self.surroundings.command("import").args(["-silent", "-window", window]).arg(&file).status()?;
        ensure(taken.success(), || format!("no picture could be taken of {name}"))
    }
}
