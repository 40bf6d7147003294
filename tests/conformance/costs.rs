//! What `info().costs` says is what leaves: the requests of one piece of each kind of work, counted by class.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::model::PlatformId;
use engine::pace::Paced;
use engine::platform::{Connection, GrantFacts, Undone, Work};
use engine::transport::{Http, Lane, Realm, Request, Response, Subject, Transport};
use user_sync_tests::bed::Bed;

use crate::messages::{people, recipient};
use crate::sign_in::{GRANT, keep, tokens};
use crate::{Case, Checked, checks, ensure, say};

checks![
    sending_changing_and_reading_cost_what_is_declared,
    making_and_dismissing_a_stand_in_cost_what_is_declared,
    verifying_and_revoking_cost_what_is_declared,
    every_declared_cost_is_of_a_class_with_a_rate,
];

/// The real transport, and what went through it.
struct Counting {
    paced: Paced,
    classes: Mutex<BTreeMap<&'static str, u32>>,
}

impl Counting {
    fn new(bed: &Bed) -> Arc<Self> {
        Arc::new(Self { paced: bed.paced.clone(), classes: Mutex::default() })
    }

    fn connection(self: &Arc<Self>, bed: &Bed, subject: Subject) -> Box<dyn Connection> {
        bed.platform.connect(bed.facts.clone(), Http::new(self.clone(), bed.platform.info().id, subject, Lane::Bulk))
    }

    fn taken(&self) -> BTreeMap<&'static str, u32> {
        std::mem::take(&mut self.classes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Compares what left since the last look with what is declared.
    fn compare(&self, bed: &Bed, what: Work) -> Checked {
        let declared: BTreeMap<&str, u32> = bed.platform.info().cost_of(what).collect();
        let left = self.taken();
        ensure!(left == declared, "{what:?}: {left:?} left, {declared:?} is declared");
        Ok(())
    }
}

#[async_trait]
impl Transport for Counting {
    fn realm(&self) -> Realm {
        self.paced.realm()
    }

    async fn send(&self, platform: PlatformId, request: Request, subject: Subject, lane: Lane) -> engine::Result<Response> {
        if request.class != Paced::UNCOUNTED {
            *self.classes.lock().unwrap_or_else(PoisonError::into_inner).entry(request.class).or_default() += 1;
        }
        self.paced.send(platform, request, subject, lane).await
    }
}

async fn sending_changing_and_reading_cost_what_is_declared(case: Case) -> Checked {
    let bed = case.bed().await?;
    let to = recipient(&bed, people(&bed)[0]).await?;
    let counting = Counting::new(&bed);
    let connection = counting.connection(&bed, Subject::Connection);
    let message = connection.send_direct(&to, "first", "key-1").await.map_err(say)?;
    counting.compare(&bed, Work::Prompt)?;
    connection.edit_direct(&message, "second").await.map_err(say)?;
    counting.compare(&bed, Work::Withdraw)?;
    connection.inbox(&message.conversation, bed.simulator.clock().now(), None).await.map_err(say)?;
    counting.compare(&bed, Work::Listen)
}

async fn making_and_dismissing_a_stand_in_cost_what_is_declared(case: Case) -> Checked {
    let Some((bed, person)) = crate::stand_ins::prepared(&case).await? else {
        let info = case.platform.info();
        ensure!(info.cost_of(Work::Represent).chain(info.cost_of(Work::Dismiss)).next().is_none(), "a cost of what is not offered");
        return Ok(());
    };
    let counting = Counting::new(&bed);
    let connection = counting.connection(&bed, Subject::Connection);
    let made = connection.represent(&person, "key-1").await.map_err(say)?;
    counting.compare(&bed, Work::Represent)?;
    let undone = connection.dismiss(&made).await.map_err(say)?;
    ensure!(matches!(undone, Undone::Gone(_)) == bed.platform.info().capabilities.stand_in_removable, "{undone:?}");
    counting.compare(&bed, Work::Dismiss)
}

async fn verifying_and_revoking_cost_what_is_declared(case: Case) -> Checked {
    let info = case.platform.info();
    if !info.capabilities.own_account {
        ensure!(info.cost_of(Work::Verify).chain(info.cost_of(Work::Revoke)).next().is_none(), "a cost of what is not offered");
        return Ok(());
    }
    let bed = case.bed().await?;
    let person = people(&bed)[0];
    let (grant, account) = (GRANT, person.id.clone());
    keep(&bed, &tokens(&bed, person).await?).await?;
    let counting = Counting::new(&bed);
    let identity = counting.connection(&bed, Subject::Grant(grant)).whoami().await.map_err(say)?;
    ensure!(identity.account == account, "somebody else authorised");
    counting.compare(&bed, Work::Verify)?;
    if info.capabilities.revoke {
        counting.connection(&bed, Subject::Connection).revoke(&GrantFacts { id: grant, account }).await.map_err(say)?;
    }
    counting.compare(&bed, Work::Revoke)
}

async fn every_declared_cost_is_of_a_class_with_a_rate(case: Case) -> Checked {
    let info = case.platform.info();
    for cost in info.costs {
        ensure!(cost.calls > 0 && info.rates.iter().any(|rate| rate.class == cost.class), "{cost:?}");
        let twice = info.costs.iter().filter(|other| (other.what, other.class) == (cost.what, cost.class)).count();
        ensure!(twice == 1, "{cost:?} is declared {twice} times");
    }
    Ok(())
}
