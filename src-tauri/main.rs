//! The desktop program `user-sync`: reads its arguments and opens the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    user_sync::main(std::env::args_os().skip(1))
}
