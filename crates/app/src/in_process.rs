//! The simulator without a network: tests with paused time use it.

use async_trait::async_trait;
use bytes::Bytes;
use engine::error::Acted;
use engine::transport::{Realm, Response, Wire};
use engine::{Error, Kind, Result};
use simulator::{Dropped, Simulator};

/// Hands each request to the simulator in this process.
pub struct InProcess(pub Simulator);

#[async_trait]
impl Wire for InProcess {
    fn realm(&self) -> Realm {
        Realm::Demo
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Response> {
        let answer = self.0.handle(request).await.map_err(|Dropped| {
            Error::new(Kind::Network, "exchange", "The connection broke before the answer was complete.").acted(Acted::Perhaps)
        })?;
        let (parts, body) = answer.into_parts();
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }
}
