//! `usersync simulator`: the pretended platforms for other programs, until interrupted.

use std::path::Path;

use engine::{Error, Kind, Result};
use simulator::{Clock, Options, Served, Simulator, serve};

use super::answer::Answer;
use super::args;
use crate::ready::{Ready, write_private};

/// Runs until the program is interrupted.
pub(super) async fn run(answer: Answer, args: &args::Simulator) -> Result<()> {
    let (simulator, served) = start(options(args), args.listen).await?;
    let ready = ready(&simulator, &served, &args.ready_file.with_extension("ca.pem"))?;
    ready.write(&args.ready_file)?;
    answer.note(&format!(
        "The simulator listens on {} ({} people). Attach with --demo={}; stop with Ctrl+C.",
        ready.http,
        ready.people,
        args.ready_file.display()
    ));
    interrupted().await;
    served.stop().await;
    // The doors are closed: whoever still holds the file would only meet a closed port.
    let _ = std::fs::remove_file(&args.ready_file);
    Ok(())
}

/// What the words of the command line ask for.
fn options(args: &args::Simulator) -> Options {
    Options {
        people: args.people,
        seed: args.seed,
        rate_limits: !args.no_rate_limits,
        employees: args.employees,
        no_device_grant: args.no_device_grant.clone(),
        clouds: args.cloud.clone(),
        clock: Clock::wall(),
        record: args.record.clone(),
        weather: args.weather.clone(),
    }
}

/// Starts a simulator with both doors open.
pub(super) async fn start(options: Options, listen: std::net::SocketAddr) -> Result<(Simulator, Served)> {
    if !listen.ip().is_loopback() {
        return Err(Error::invalid(
            "simulator",
            format!("{listen} can be reached from other computers."),
            "Listen on a loopback address such as 127.0.0.1:0.",
        ));
    }
    if options.people < 100 {
        return Err(Error::invalid(
            "simulator",
            "A company of fewer than 100 people cannot hold every case.",
            "Give --people 100 or more.",
        ));
    }
    let failed = |error: std::io::Error| {
        Error::new(Kind::Network, "simulator", format!("The simulator cannot start: {error}."))
            .ask_admin("Choose another address with --listen, or free the file named with --record.")
    };
    let simulator = Simulator::new(options).map_err(failed)?;
    let served = serve(simulator.clone(), listen).await.map_err(failed)?;
    Ok((simulator, served))
}

/// How to attach to a running simulator; its certificate authority is written to `ca`.
pub(crate) fn ready(simulator: &Simulator, served: &Served, ca: &Path) -> Result<Ready> {
    write_private(ca, served.ca_pem.as_bytes()).map_err(|error| {
        Error::new(Kind::Storage, "simulator", format!("{} cannot be written: {error}.", ca.display()))
            .ask_admin("Choose a folder that you may write to.")
    })?;
    Ok(Ready {
        http: served.http_url.clone(),
        tls: served.tls_addr,
        ca: std::path::absolute(ca).unwrap_or_else(|_| ca.to_owned()),
        credentials: simulator.credentials(),
        people: simulator.world().humans(),
        seed: simulator.options().seed,
        admin: Some(simulator.admin_email().to_owned()),
        rate_limits: simulator.options().rate_limits,
        patience_ms: None,
    })
}

/// Ctrl+C, or the system's request to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    // Without a signal handler the program simply runs until it is ended.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn asked(words: &[&str]) -> std::result::Result<Options, clap::Error> {
        let cli = args::Cli::try_parse_from([&["usersync", "simulator", "--ready-file", "READY.json"], words].concat())?;
        let args::Command::Simulator(simulator) = &cli.command else { panic!("another command") };
        Ok(options(simulator))
    }

    #[test]
    fn clouds_are_named_by_platform_and_name() {
        let options = asked(&["--cloud", "teams=gcc-high", "zoom=gov", "--no-rate-limits"]).unwrap();
        let named: Vec<(&str, &str)> = options.clouds.iter().map(|cloud| (cloud.platform().slug(), cloud.name())).collect();
        assert_eq!((named, options.rate_limits), (vec![("teams", "gcc-high"), ("zoom", "gov")], false));
        let wrong = asked(&["--cloud", "teams=govslack"]).unwrap_err().to_string();
        assert!(wrong.contains("commercial, gcc-high, dod, china"), "{wrong}");
    }

    #[tokio::test]
    async fn a_ready_file_tells_the_cloud_beside_the_first_credentials() {
        let options = Options { people: 100, clouds: vec!["slack=govslack".parse().unwrap()], ..Options::default() };
        let (simulator, served) = start(options, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ready = ready(&simulator, &served, &folder.path().join("ca.pem")).unwrap();
        assert_eq!((&ready.credentials["slack"]["cloud"], ready.credentials["teams"].get("cloud")), (&"govslack".into(), None));
        served.stop().await;
    }
}
