//! Other clouds than the commercial one: the same adapter under other host names.

use engine::Kind;
use user_sync_tests::bed::Setup;

use crate::messages::{people, recipient};
use crate::{Case, Checked, checks, ensure, say};

checks![
    in_every_cloud_all_requests_stay_in_that_cloud,
    lists_are_read_to_their_end_in_every_cloud,
    a_link_into_another_cloud_is_not_followed,
];

async fn in_every_cloud_all_requests_stay_in_that_cloud(case: Case) -> Checked {
    let info = case.platform.info();
    for cloud in info.clouds.iter().skip(1) {
        // Not recorded: the vendors' specifications name the commercial hosts.
        let bed = case.bed_off_the_record_with(Setup { cloud: Some(cloud.name), ..Setup::default() }).await?;
        let connection = bed.connection();
        connection.whoami().await.map_err(say)?;
        ensure!(!connection.accounts(None, None).await.map_err(say)?.items.is_empty(), "{}: nobody is there", cloud.name);
        let to = recipient(&bed, people(&bed)[0]).await?;
        let sent = connection.send_direct(&to, "hello", "key-1").await.map_err(say)?;
        connection.inbox(&sent.conversation, bed.simulator.clock().now(), None).await.map_err(say)?;
        let strange: Vec<String> = bed.hosts().into_iter().filter(|host| !info.is_host_of(cloud, host)).collect();
        ensure!(strange.is_empty() && !bed.hosts().is_empty(), "{}: {strange:?} of {:?}", cloud.name, bed.hosts());
        ensure!(bed.hosts().iter().all(|host| !info.hosts.contains(&host.as_str())), "{}: {:?}", cloud.name, bed.hosts());
        ensure!(bed.simulator.unknown_requests() == 0, "{}: requests went to no operation", cloud.name);
    }
    Ok(())
}

async fn lists_are_read_to_their_end_in_every_cloud(case: Case) -> Checked {
    for cloud in case.platform.info().clouds.iter().skip(1) {
        let setup = Setup { people: 1500, rate_limits: false, cloud: Some(cloud.name), ..Setup::default() };
        let bed = case.bed_off_the_record_with(setup).await?;
        let (mut pages, mut cursor) = (0, None);
        loop {
            let page = bed.connection().accounts(None, cursor.as_deref()).await.map_err(say)?;
            (pages, cursor) = (pages + 1, page.next);
            if cursor.is_none() {
                break;
            }
        }
        ensure!(pages > 1, "{}: one page was all", cloud.name);
    }
    Ok(())
}

async fn a_link_into_another_cloud_is_not_followed(case: Case) -> Checked {
    let info = case.platform.info();
    let bed = case.bed_off_the_record().await?;
    let (before, other) = (bed.hosts(), info.clouds.get(1).ok_or("only one cloud")?);
    for host in info.hosts.iter().filter_map(|host| info.host_in(other, host)) {
        let cursor = format!("https://{host}/v1.0/users?$skiptoken=x");
        let error = bed.connection().accounts(None, Some(&cursor)).await.err().ok_or_else(|| format!("{cursor} was followed"))?;
        ensure!(error.kind != Kind::Bug, "{}", error.message);
    }
    let reached: Vec<String> = bed.hosts().difference(&before).filter(|host| !info.hosts.contains(&host.as_str())).cloned().collect();
    ensure!(reached.is_empty(), "{reached:?}");
    Ok(())
}
