//! Questions whose answer is the same whoever asks: one request answers everybody who asks while it is under way.
//!
//! Nothing is kept: who asks after the answer has come asks anew, so no answer is older than the request that is under way.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use url::Url;

use crate::error::Result;
use crate::model::PlatformId;
use crate::transport::{Lane, Response, Subject};

/// What makes two questions one: where, on whose behalf, with which token, how urgent, and what.
pub(super) type Question = (PlatformId, Subject, &'static str, Lane, Url);

type Asked = BoxFuture<'static, Result<Response>>;

/// What is asked just now.
#[derive(Default)]
pub(super) struct Together(Mutex<HashMap<Question, WeakShared<Asked>>>);

impl Together {
    /// The answer to a question that is under way, or to this one. It ends when the last who waits for it gives up.
    pub(super) fn ask(&self, question: Question, ask: impl Future<Output = Result<Response>> + Send + 'static) -> Shared<Asked> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = asked.get(&question).and_then(WeakShared::upgrade).filter(|answer| answer.peek().is_none());
        under_way.unwrap_or_else(|| {
            let answer = ask.boxed().shared();
            // One that nobody has asked for the answer yet is always under way.
            asked.extend(answer.downgrade().map(|weak| (question, weak)));
            answer
        })
    }
}
