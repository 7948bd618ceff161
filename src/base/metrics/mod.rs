//! What monitoring reads: counts, times and levels. No label holds a user, an address or a secret. Server side.

mod labels;
mod spread;

use std::{
    collections::{BTreeMap, HashMap},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicU64},
};

use foldhash::fast::RandomState;
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

use self::spread::Arrivals;
pub use self::{
    labels::{CutOff, Notice, Request, Via},
    spread::Spread,
};
use super::lock::lock;

/// All metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

type Histograms<Labels> = Family<Labels, Histogram>;
/// One name, and one of few values.
type Label<T = &'static str> = [(&'static str, T); 1];

/// What [`Metrics`] is made of.
pub struct Inner {
    registry: Registry,
    propagation: Histograms<Label>,
    arrivals: [Mutex<Arrivals>; 2],
    feed_reads: Family<Label, Counter>,
    requests: Family<Request, Counter>,
    durations: Histograms<Request>,
    /// What is in those two, found by a quicker hash: each request asks.
    answered: RwLock<HashMap<Request, (Counter, Histogram), RandomState>>,
    password_hashes: Family<Label<String>, Counter>,
    pub mails_sent: Counter,
    /// Tries: the mail may still get through.
    pub mails_failed: Counter,
    pub outbox_waiting: Gauge,
    notices: Family<Label, Counter>,
    pub notices_waiting: Gauge,
    oauth_grants: Family<Label, Counter>,
    oauth_refusals: Family<[(&'static str, &'static str); 2], Counter>,
    pub refresh_tokens_reused: Counter,
    pub connections_open: Gauge,
    connections_cut_off: Family<Label, Counter>,
    /// By application; no label, since anyone may have many.
    calls: Mutex<BTreeMap<String, i64>>,
    // From here on: to be set at the moment of asking.
    pub connections_in_use: Gauge,
    pub connections_idle: Gauge,
    pub connections_max: Gauge,
    pub revocations: Gauge,
    pub feed_silent_seconds: Gauge<f64, AtomicU64>,
    pub log_lines_dropped: Gauge,
    pub hashes_running: Gauge,
    pub hashes_waiting: Gauge,
}

impl Deref for Metrics {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Seconds. From one write to memory on the same machine to the moment at which an instance that hears nothing stops
/// trusting itself.
const PROPAGATION_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];

/// Seconds. From an answer out of memory to the time-out of a request.
const REQUEST_BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("latchkey");
        let all = &mut registry;
        let propagation = Histograms::<Label>::new_with_constructor(|| Histogram::new(PROPAGATION_BUCKETS));
        let durations = Histograms::<Request>::new_with_constructor(|| Histogram::new(REQUEST_BUCKETS));
        Self(Arc::new(Inner {
            propagation: added(
                all,
                "revocation_propagation_seconds",
                "From the writing of a revocation until this instance refuses what it names",
                propagation,
            ),
            arrivals: Default::default(),
            feed_reads: new(all, "revocation_reads", "Reads of the revocation feed in the database"),
            requests: new(all, "http_requests", "Requests answered"),
            durations: added(all, "http_request_duration_seconds", "Time until the head of the answer", durations),
            answered: RwLock::default(),
            password_hashes: new(all, "password_hashes", "Passwords hashed, by what it cost"),
            mails_sent: new(all, "mails_sent", "Mails that the mail server has taken"),
            mails_failed: new(all, "mails_failed", "Tries to send a mail that failed"),
            outbox_waiting: new(all, "outbox_waiting", "Mails that wait, when last looked at"),
            notices: new(all, "logout_notices", "Tries to tell an application of a logout"),
            notices_waiting: new(
                all,
                "logout_notices_waiting",
                "Notices that wait, a thousand at most, when last looked at",
            ),
            oauth_grants: new(all, "oauth_grants", "Tokens issued to applications, by grant type"),
            oauth_refusals: new(all, "oauth_refusals", "Applications refused, by endpoint and error code"),
            refresh_tokens_reused: new(
                all,
                "refresh_tokens_reused",
                "Refresh tokens that came back long after their use: a copy, perhaps a thief's",
            ),
            connections_open: new(all, "connections_open", "Connections of callers"),
            connections_cut_off: new(
                all,
                "connections_cut_off",
                "Connections closed before their time: too many, an answer that no one reads, or no request",
            ),
            connections_in_use: new(all, "database_connections_in_use", "Connections at work"),
            connections_idle: new(all, "database_connections_idle", "Connections open and free"),
            connections_max: new(all, "database_connections_max", "Connections at most"),
            revocations: new(all, "revocations_in_memory", "Sessions, users and signing keys that are refused"),
            feed_silent_seconds: new(all, "revocation_feed_silent_seconds", "Since the database was last heard"),
            log_lines_dropped: new(all, "log_lines_dropped", "Since the start: whoever reads the log is too slow"),
            hashes_running: new(all, "password_hashes_running", "Passwords hashed at this moment"),
            hashes_waiting: new(all, "password_hashes_waiting", "Passwords that wait for a place"),
            calls: Mutex::default(),
            registry,
        }))
    }
}

fn new<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    added(registry, name, help, M::default())
}

fn added<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// A revocation has come into memory `milliseconds` after it was written. Clocks of two machines differ: what
    /// seems to come from the future counts as at once.
    pub fn revocation_taken_in(&self, via: Via, milliseconds: i64) {
        let milliseconds = milliseconds.max(0);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few seconds")]
        let seconds = milliseconds as f64 / 1000.0;
        self.propagation.get_or_create(&[("via", via.into_str())]).observe(seconds);
        self.arrivals(via).add(milliseconds);
    }

    /// How long revocations took to come into this memory.
    pub fn spread(&self, via: Via) -> Spread {
        self.arrivals(via).spread()
    }

    fn arrivals(&self, via: Via) -> MutexGuard<'_, Arrivals> {
        lock(&self.arrivals[via as usize])
    }

    pub fn feed_read(&self, succeeded: bool) {
        let result = if succeeded { "ok" } else { "failed" };
        self.feed_reads.get_or_create(&[("result", result)]).inc();
    }

    /// Reads of the feed so far: those that succeeded, and those that failed.
    #[cfg(test)]
    pub fn feed_reads(&self) -> [u64; 2] {
        ["ok", "failed"].map(|result| self.feed_reads.get_or_create(&[("result", result)]).get())
    }

    pub fn request_answered(&self, request: &Request, seconds: f64) {
        let Inner { answered, requests, durations, .. } = &*self.0;
        let note = |(count, times): &(Counter, Histogram)| {
            count.inc();
            times.observe(seconds);
        };
        let known = answered.read().unwrap_or_else(PoisonError::into_inner).get(request).map(note);
        if known.is_none() {
            let new = (requests.get_or_create_owned(request), durations.get_or_create_owned(request));
            note(&new);
            answered.write().unwrap_or_else(PoisonError::into_inner).insert(request.clone(), new);
        }
    }

    pub fn password_hashed(&self, cost: String) {
        self.password_hashes.get_or_create(&[("cost", cost)]).inc();
    }

    pub fn connection_cut_off(&self, why: CutOff) {
        self.connections_cut_off.get_or_create(&[("why", why.into_str())]).inc();
    }

    pub fn notice(&self, notice: Notice) {
        self.notices.get_or_create(&[("result", notice.into_str())]).inc();
    }

    pub fn oauth_granted(&self, grant_type: &'static str) {
        self.oauth_grants.get_or_create(&[("grant_type", grant_type)]).inc();
    }

    pub fn oauth_refused(&self, endpoint: &'static str, error: &'static str) {
        self.oauth_refusals.get_or_create(&[("endpoint", endpoint), ("error", error)]).inc();
    }

    /// The API has let in the token of this application, so many times.
    pub fn called(&self, client_id: &str, times: i64) {
        let mut calls = lock(&self.calls);
        match calls.get_mut(client_id) {
            Some(known) => *known += times,
            None => drop(calls.insert(client_id.to_owned(), times)),
        }
    }

    /// The calls of each application since this was asked last.
    pub fn take_calls(&self) -> BTreeMap<String, i64> {
        std::mem::take(&mut *lock(&self.calls))
    }

    /// The whole text, in the format of OpenMetrics 1.0.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
