//! What the page may ask: one file per page of the window, each command a call into the engine.
//!
//! The list below is the contract with the page: the order is that of `ui/src/lib/bindings.ts`, which is generated from it, and
//! `permissions/commands.toml` allows exactly these by name. Tests hold all three together.

pub(crate) mod activity;
pub(crate) mod audit;
pub(crate) mod connect;
pub(crate) mod failures;
pub(crate) mod people;
pub(crate) mod platforms;
pub(crate) mod runs;
pub(crate) mod security;
pub(crate) mod settings;
pub(crate) mod start;
pub(crate) mod syncs;

use tauri::Wry;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::events::{Changed, Progress, SignIn};

/// Every command and event.
pub(crate) fn all() -> Builder<Wry> {
    Builder::<Wry>::new()
        .commands(collect_commands![
            start::startup,
            start::open_again,
            start::open_demo,
            start::leave_demo,
            people::list_people,
            people::people_window,
            people::people_by_id,
            people::position_of,
            people::timeline,
            people::conflicts,
            people::keep_apart,
            people::link_account,
            people::unlink_account,
            people::find_accounts,
            people::preview_primary,
            people::set_primary,
            people::export_people,
            people::show_in_folder,
            syncs::preview_sync,
            syncs::sync,
            syncs::prompt_again,
            syncs::cancel_sync,
            syncs::check_answers,
            syncs::preview_reset,
            syncs::reset,
            platforms::platforms,
            connect::setup_guide,
            connect::check_field,
            connect::connect,
            connect::cancel_connect,
            connect::open_page,
            platforms::answer,
            platforms::teams,
            platforms::choose_teams,
            platforms::preview_import,
            platforms::cancel_preview_import,
            platforms::import_people,
            platforms::disconnect,
            security::security,
            security::grant_key,
            security::rotate_key,
            security::ask_lost_again,
            activity::runs,
            activity::run_people,
            activity::cancel_run,
            activity::export_run,
            runs::pause_run,
            runs::resume_run,
            runs::approve_run,
            runs::preview_undo,
            runs::undo_run,
            failures::failures,
            failures::retry_failed,
            failures::send_anew,
            audit::audit,
            audit::verify_audit,
            audit::export_audit,
            settings::stop_limits,
            settings::set_stop_limits,
            settings::open_data_folder,
        ])
        .events(collect_events![Changed, Progress, SignIn])
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}
