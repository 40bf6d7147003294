//! Says in time that the sign-in of a connection ends, also while nothing is sent for days.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::error::Result;
use crate::store::connections;

use super::shared::Shared;

/// How often it is looked at: what is told is a matter of days.
const PACE: Duration = Duration::from_secs(6 * 3600);

/// Goes on until `cancel`.
pub(crate) async fn keep(shared: &Shared, cancel: &Cancel) -> Result<()> {
    while !cancel.is_cancelled() {
        for platform in shared.store.read(connections::platforms).await? {
            shared.paced.look(platform);
        }
        tokio::select! {
            () = shared.clock.wait(PACE) => {}
            () = cancel.cancelled() => {}
        }
    }
    Ok(())
}
