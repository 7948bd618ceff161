//! What was worked out once and would come out the same. Server side; no I/O.

use std::sync::Arc;

use foldhash::quality::RandomState;
use quick_cache::{UnitWeighter, sync};

/// Room that is set aside at the start, in entries. The rest comes as it is needed.
const FIRST_ROOM: usize = 1_024;

/// By a text that is compared whole; its hash only finds the place, and is seeded anew by each process. Bounded: what was
/// used least gives way.
pub struct Cache<T>(Option<sync::Cache<Box<str>, Arc<T>, UnitWeighter, RandomState>>);

impl<T> Cache<T> {
    /// Keeps so many, none where it is 0.
    pub fn of(entries: u32) -> Self {
        let cache = || {
            let (hasher, lifecycle) = Default::default();
            sync::Cache::with((entries as usize).min(FIRST_ROOM), entries.into(), UnitWeighter, hasher, lifecycle)
        };
        Self((entries > 0).then(cache))
    }

    pub fn get(&self, text: &str) -> Option<Arc<T>> {
        self.0.as_ref()?.get(text)
    }

    pub fn insert(&self, text: &str, value: Arc<T>) {
        if let Some(cache) = &self.0 {
            cache.insert(text.into(), value);
        }
    }

    pub fn remove(&self, text: &str) {
        if let Some(cache) = &self.0 {
            cache.remove(text);
        }
    }
}
