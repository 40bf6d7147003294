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
pub(crate) const EVERYTHING_STEPS: usize = 8;
/// How many steps [`for_fuzzing`] takes.
pub(crate) const FUZZER_STEPS: usize = 3;

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
    steps.step("Rust packages", || {
        succeed(&mut cargo(&["fetch", "--locked"]))?;
        succeed(&mut cargo(&["fetch", "--locked", "--manifest-path", FUZZ]))
    })?;
    steps.step("Driver of the window", tools::driver)?;
    steps.step("Fuzzer", tools::fuzzer)?;
    let node = steps.step("Node.js", Node::find)?;
    steps.step("Page of the window", || page(&node))?;
    steps.step("Authorization server of the proof", || server(&node))?;
    Ok(node)
}

/// The manifest of the fuzz targets, a workspace of its own.
pub(crate) const FUZZ: &str = "fuzz/Cargo.toml";

/// What the fuzz targets need.
pub(crate) fn for_fuzzing(steps: &mut Steps) -> Result<()> {
    steps.step("System packages", || tools::system_packages(tools::FOR_TERMINAL))?;
    steps.step("Rust packages", || succeed(&mut cargo(&["fetch", "--locked", "--manifest-path", FUZZ])))?;
    steps.step("Fuzzer", tools::fuzzer)
}

fn server(node: &Node) -> Result<()> {
    let folder = root().join("tests/proof/server");
    if is_installed(&folder) {
        println!("      its packages are there");
        return Ok(());
    }
    install(node, &folder)
}

/// Whether npm has installed what the folder's lock file says now.
fn is_installed(folder: &Path) -> bool {
    modified(&folder.join("node_modules/.package-lock.json")) >= modified(&folder.join("package-lock.json"))
}

fn install(node: &Node, folder: &Path) -> Result<()> {
    succeed(&mut node.npm(folder, &["ci", "--no-audit", "--no-fund"]))
}

fn page(node: &Node) -> Result<()> {
    let ui = root().join("ui");
    if !is_installed(&ui) {
        install(node, &ui)?;
    }
    let sources = ["index.html", "package-lock.json", "package.json", "src", "tsconfig.json", "vite.config.ts"];
    let newest = sources.iter().filter_map(|name| newest_below(&ui.join(name))).max();
    if modified(&ui.join("dist/index.html")) < newest {
        return succeed(&mut node.npm(&ui, &["run", "build"]));
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
