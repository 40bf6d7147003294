//! The terminal program: words in, one answer out, one exit code.
//!
//! Everything here is reading arguments, calling the engine and showing what it says. No rule of the product lives here.

pub mod answer;
pub mod args;
mod audit;
mod confirm;
mod connect;
mod connections;
pub mod credentials;
mod demo;
mod failures;
mod guide;
mod limits;
mod people;
mod progress;
mod reset;
mod runs;
mod security;
mod session;
pub(crate) mod simulator;
mod step;
mod syncs;
mod tables;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use engine::Result;
use engine::engine::Failed;

use answer::{Answer, Exit};
use args::{Cli, Command};
use session::Session;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let answer = Answer { json: words.iter().any(|word| word == "--json") };
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return finish(answer, answer::print(&error.to_string()).map(|()| Exit::Done));
        }
        Err(error) => {
            answer.misuse(&error);
            return ExitCode::from(Exit::Usage as u8);
        }
    };
    log();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(cli, answer)),
        Err(error) => Err(engine::Error::new(engine::Kind::Bug, "start", format!("The program could not start: {error}."))),
    };
    finish(answer, outcome)
}

fn finish(answer: Answer, outcome: Result<Exit>) -> ExitCode {
    let exit = outcome.unwrap_or_else(|error| {
        answer.fail(&error);
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

/// Logs go to standard error, and only when the admin asks for them with USERSYNC_LOG.
fn log() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing_subscriber::filter::LevelFilter::OFF.into())
        .with_env_var("USERSYNC_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

async fn run(cli: Cli, answer: Answer) -> Result<Exit> {
    match &cli.command {
        Command::Demo => return demo::run(answer).await,
        Command::Guide { platform, fields } => return guide::show(answer, *platform, fields),
        Command::Simulator(args) => return simulator::run(answer, args).await.map(|()| Exit::Done),
        _ => {}
    }
    let session = Session::open(&cli, answer).await?;
    let outcome = command(&session, cli.command).await;
    session.close().await;
    outcome
}

async fn command(session: &Session, command: Command) -> Result<Exit> {
    match command {
        Command::Demo | Command::Simulator(_) | Command::Guide { .. } => Ok(Exit::Usage),
        Command::Check { platform, credentials } => connect::check(session, platform, credentials.as_deref()).await,
        Command::Connect(args) => connect::connect(session, args).await,
        Command::Connections => connections::list(session).await,
        Command::Disconnect { platforms, all, confirm } => connections::disconnect(session, platforms, all, confirm).await,
        Command::Key { what } => security::key(session, what).await,
        Command::Security => security::show(session).await,
        Command::Teams { platform } => connections::teams(session, platform).await,
        Command::Import { platforms, teams, dry } => connections::import(session, platforms, teams, dry).await,
        Command::People { filter, limit, after } => people::list(session, filter, limit, after).await,
        Command::Person { person } => people::one(session, &person).await,
        Command::Primary { words, all, confirm } => people::primary(session, words, all, confirm).await,
        Command::Conflicts => people::conflicts(session).await,
        Command::Link { person, account, dry } => people::link(session, &person, &account, dry).await,
        Command::Unlink { account, dry } => people::unlink(session, &account, dry).await,
        Command::Plan(selection) => syncs::plan(session, selection).await,
        Command::Sync { selection, confirm, wait, timeout } => syncs::sync(session, selection, confirm, wait.then_some(timeout)).await,
        Command::Cancel { person, to, dry } => syncs::cancel(session, &person, to, dry).await,
        Command::Work { seconds } => syncs::work(session, seconds).await,
        Command::Status => people::status(session).await,
        Command::Runs { run: None, .. } => runs::list(session).await,
        Command::Runs { run: Some(run), status, limit, from } => runs::one(session, run, status, from, limit).await,
        Command::Pause { run } => runs::pause(session, run).await,
        Command::Resume { run } => runs::resume(session, run).await,
        Command::Stop { run } => runs::stop(session, run).await,
        Command::Approve { run, confirm } => runs::approve(session, run, confirm).await,
        Command::Undo { run, confirm } => runs::undo(session, run, confirm).await,
        Command::Failures => failures::list(session).await,
        Command::Retry { reason, platform, run, confirm } => {
            failures::retry(session, Failed { platform, kind: reason, run }, confirm).await
        }
        Command::SendAnew { person, to, yes } => failures::send_anew(session, &person, to, yes).await,
        Command::Limits { what } => limits::limits(session, what).await,
        Command::Audit(args) => audit::audit(session, args).await,
        Command::Reset { people, all, confirm } => reset::reset(session, people, all, confirm).await,
    }
}
