//! Web sockets, free of any transport: the in-process door hands a [`Socket`] out, the TCP doors pump one into a real
//! web socket. So far only Slack's Socket Mode has them.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::http::{Answer, Context, Origin};
use crate::{Platform, Simulator, owner, slack};

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(String),
    /// The server closes.
    Close,
}

/// The client's end of one web socket. Dropping it closes the socket.
pub struct Socket {
    simulator: Simulator,
    id: u64,
    frames: mpsc::UnboundedReceiver<Frame>,
}

impl Simulator {
    /// Opens a web socket in process; `url` is as the platform gave it. `Err` carries the status of the refusal.
    pub fn open_socket(&self, url: &str) -> Result<Socket, u16> {
        let url = url.replacen("wss://", "https://", 1);
        let request = ::http::Request::builder().uri(url).body(Bytes::new()).map_err(|_| 400_u16)?;
        self.socket(&Context::new(request, Origin::Vendor, self.clouds(), self.clock().now())).map_err(|answer| answer.status.as_u16())
    }

    /// The socket that a request for an upgrade asks for, or the answer that refuses it.
    pub(crate) fn socket(&self, context: &Context) -> Result<Socket, Answer> {
        if owner(context.host) != Some(Platform::Slack) {
            return Err(self.unknown(context));
        }
        let (sender, frames) = mpsc::unbounded_channel();
        let id = slack::sockets::connect(self, context, sender)?;
        Ok(Socket { simulator: self.clone(), id, frames })
    }

    /// Waits until something is due by the clock, or for a request that may have changed that, and does what is due.
    pub(crate) async fn wait_and_tick(&self) {
        let stirred = self.inner.stirred.notified();
        match self.next_due() {
            Some(due) => tokio::select! {
                () = self.clock().sleep_until(due) => {}
                () = stirred => {}
            },
            None => stirred.await,
        }
        self.tick().await;
    }
}

impl Socket {
    /// The next frame; `None` when the server is gone. Time passes while waiting: what is due happens.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            tokio::select! {
                biased;
                frame = self.frames.recv() => return frame,
                () = self.simulator.wait_and_tick() => {}
            }
        }
    }

    /// Sends a text frame.
    pub fn send(&self, text: &str) {
        slack::sockets::said(&self.simulator, self.id, text);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        slack::sockets::closed(&self.simulator, self.id);
    }
}
