//! Preparing this machine, as far as a command needs it. Each step looks first, so a second run takes a moment.

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use crate::Result;
use crate::command::{cargo, root, succeed};
use crate::steps::Steps;
use crate::tools::{self, Node};

/// How many steps [`for_terminal`] takes.
pub(crate) const TERMINAL_STEPS: usize = 1;
/// How many steps [`for_window`] takes.
pub(crate) const WINDOW_STEPS: usize = 3;
/// How many steps [`for_everything`] takes.
pub(crate) const EVERYTHING_STEPS: usize = 6;

/// What `cargo xtask setup` does.
pub(crate) fn only() -> Result<ExitCode> {
    let mut steps = Steps::new(EVERYTHING_STEPS);
    for_everything(&mut steps)?;
    println!("\nReady after {}. Next: cargo xtask run", steps.elapsed());
    Ok(ExitCode::SUCCESS)
}

/// What the terminal program needs.
pub(crate) fn for_terminal(steps: &mut Steps) -> Result<()> {
    steps.step("System packages for the terminal program", || tools::system_packages(tools::FOR_TERMINAL))
}

/// What the window needs: system packages, Node.js, the built page.
pub(crate) fn for_window(steps: &mut Steps) -> Result<()> {
    steps.step("System packages for the window", || tools::system_packages(tools::FOR_WINDOW))?;
    let node = steps.step("Node.js", Node::find)?;
    steps.step("Page of the window", || page(&node))
}

/// What the whole workspace and its tests need: system packages, Rust's tools and packages, Node.js, the built page of the window.
pub(crate) fn for_everything(steps: &mut Steps) -> Result<Node> {
    let packages = [tools::FOR_WINDOW, tools::FOR_TESTS].concat();
    steps.step("System packages", || tools::system_packages(&packages))?;
    steps.step("Rust tools", tools::rust_tools)?;
    // All systems' packages, so that the licence test needs no network.
    steps.step("Rust packages", || succeed(&mut cargo(&["fetch", "--locked"])))?;
    steps.step("Driver of the window", tools::driver)?;
    let node = steps.step("Node.js", Node::find)?;
    steps.step("Page of the window", || page(&node))?;
    Ok(node)
}

fn page(node: &Node) -> Result<()> {
    let ui = root().join("ui");
    let installed = modified(&ui.join("node_modules/.package-lock.json"));
    if installed < modified(&ui.join("package-lock.json")) {
        succeed(&mut node.npm(&["ci", "--no-audit", "--no-fund"]))?;
    }
    let sources = ["index.html", "package-lock.json", "package.json", "src", "tsconfig.json", "vite.config.ts"];
    let newest = sources.iter().filter_map(|name| newest_below(&ui.join(name))).max();
    if modified(&ui.join("dist/index.html")) < newest {
        return succeed(&mut node.npm(&["run", "build"]));
    }
    println!("      ui/dist is newer than its sources");
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|facts| facts.modified()).ok()
}

fn newest_below(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = path.read_dir() else {
        return modified(path);
    };
    // The folder's own time tells of a deleted file.
    entries.flatten().filter_map(|entry| newest_below(&entry.path())).chain(modified(path)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_file_of_a_folder_decides() {
        let source = root().join("xtask/src");
        let newest = newest_below(&source).unwrap();
        assert!(newest >= modified(&source.join("setup.rs")).unwrap());
        assert_eq!(newest_below(&source.join("setup.rs")), modified(&source.join("setup.rs")));
        assert_eq!(newest_below(&source.join("nowhere")), None);
    }

    #[test]
    fn what_was_never_built_is_older_than_everything() {
        assert!(modified(Path::new("/no/such/file")) < modified(&root().join("Cargo.toml")));
    }
}
