//! The terminal program: words in, one answer out, one exit code.
//!
//! Everything here is reading arguments, calling the engine and showing what it says. No rule of the product lives here.

pub mod answer;
pub mod args;
mod connect;
mod connections;
pub mod credentials;
mod demo;
mod guide;
mod people;
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
        Command::Disconnect { platforms, all, yes: _ } => connections::disconnect(session, platforms, all).await,
        Command::Key { what } => security::key(session, what).await,
        Command::Security => security::show(session).await,
        Command::Teams { platform } => connections::teams(session, platform).await,
        Command::Import { platforms, teams } => connections::import(session, platforms, teams).await,
        Command::People { filter, limit, after } => people::list(session, filter, limit, after).await,
        Command::Person { person } => people::one(session, &person).await,
        Command::Primary { words, all, yes } => people::primary(session, words, all, yes).await,
        Command::Conflicts => people::conflicts(session).await,
        Command::Link { person, account } => people::link(session, &person, &account).await,
        Command::Unlink { account } => people::unlink(session, &account).await,
        Command::Plan(selection) => syncs::plan(session, selection).await,
        Command::Sync { selection, yes, wait, timeout } => syncs::sync(session, selection, yes, wait.then_some(timeout)).await,
        Command::Cancel { person, to } => syncs::cancel(session, &person, to).await,
        Command::Work { seconds } => syncs::work(session, seconds).await,
        Command::Status => people::status(session).await,
        Command::Runs => syncs::runs(session).await,
        Command::Reset { people, yes } => syncs::reset(session, people, yes).await,
    }
}
