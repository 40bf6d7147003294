//! Prepares the window's context: capabilities, icons and the built page.
//!
//! The page must be built before rustc runs (`generate_context!` embeds it). `cargo xtask` does that first; a plain
//! `cargo build` on a fresh clone is told so here in words.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=ui/dist");
    if !Path::new("ui/dist/index.html").is_file() {
        println!("cargo:error=ui/dist is missing: run `cargo xtask setup` once (it builds the page of the window)");
        return ExitCode::FAILURE;
    }
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*.json")
        .app_manifest(tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/*.toml"));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:error=the window's configuration was refused: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
