//! The passes that are at work in this process. What one has taken is its own while it lives, and free again the moment it ends,
//! however it ends: by coming to its end, by being dropped, or with the whole process.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Random;

use super::shared::Wake;

/// All of them.
#[derive(Debug)]
pub(crate) struct Passes {
    numbers: Mutex<Numbers>,
    /// Wakes whoever may want what one that ended had taken.
    wake: Wake,
}

#[derive(Debug)]
struct Numbers {
    last: i64,
    living: BTreeSet<i64>,
}

impl Passes {
    /// None yet. They are numbered from a random number on: what an earlier life of the program had taken is nobody's.
    pub(crate) fn new(random: &dyn Random, wake: Wake) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let numbers = Numbers { last: i64::from_le_bytes(bytes) >> 8, living: BTreeSet::new() };
        Self { numbers: Mutex::new(numbers), wake }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Numbers) -> T) -> T {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new one.
    pub(crate) fn begin(self: &Arc<Self>) -> Pass {
        let number = self.with(|numbers| {
            numbers.last += 1;
            numbers.living.insert(numbers.last);
            numbers.last
        });
        Pass { all: Arc::clone(self), number }
    }

    /// The numbers of those that live.
    pub(crate) fn living(&self) -> Vec<i64> {
        self.with(|numbers| numbers.living.iter().copied().collect())
    }
}

/// One that lives.
#[derive(Debug)]
pub(crate) struct Pass {
    all: Arc<Passes>,
    number: i64,
}

impl Pass {
    pub(crate) fn number(&self) -> i64 {
        self.number
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.all.with(|numbers| numbers.living.remove(&self.number));
        self.all.wake.up();
    }
}
