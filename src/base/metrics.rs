//! What monitoring reads: counts, times and levels. No label holds a user, an address or a secret. Server side.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use strum::IntoStaticStr;

/// All metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    propagation: Family<Propagation, Histogram>,
    arrivals: [Mutex<Arrivals>; 2],
    feed_reads: Family<FeedRead, Counter>,
    requests: Family<Request, Counter>,
    durations: Family<Request, Histogram>,
    password_hashes: Family<Hashed, Counter>,
    mails_sent: Counter,
    mails_failed: Counter,
    outbox_waiting: Gauge,
    notices: Family<Told, Counter>,
    notices_waiting: Gauge,
    oauth_grants: Family<Granted, Counter>,
    oauth_refusals: Family<Refused, Counter>,
    refresh_tokens_reused: Counter,
    connections_open: Gauge,
    connections_cut_off: Family<Cut, Counter>,
    levels: LevelGauges,
    /// By application; no label, since anyone may have many.
    calls: Mutex<BTreeMap<String, i64>>,
}

/// Why a connection was closed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum CutOff {
    /// It was one too many, and each of the others was at work.
    Full,
    /// It had waited longest for a request when there were too many.
    GaveWay,
    /// Its other end took nothing of an answer.
    NotRead,
}

/// What became of a try to tell an application that its user is logged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Notice {
    Told,
    /// It may still get through.
    Failed,
    GivenUp,
}

/// How a revocation came into this memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Via {
    /// It was made here.
    Local,
    /// Another process made it.
    Feed,
}

/// How long the newest revocations took, exactly: a histogram has buckets, and cannot be read back.
#[derive(Default)]
struct Arrivals {
    /// All since the start.
    count: i64,
    /// Milliseconds of the last [`NEWEST`].
    newest: VecDeque<i64>,
}

/// So many make a p99 that one late row does not decide alone.
const NEWEST: usize = 1_000;

/// How long revocations took to arrive, of the newest thousand. Milliseconds; zero where there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// All since the start.
    pub count: i64,
    pub p50_ms: i64,
    pub p99_ms: i64,
}

impl Arrivals {
    fn add(&mut self, milliseconds: i64) {
        self.count += 1;
        if self.newest.len() == NEWEST {
            self.newest.pop_front();
        }
        self.newest.push_back(milliseconds);
    }

    fn spread(&self) -> Spread {
        let mut sorted: Vec<i64> = self.newest.iter().copied().collect();
        sorted.sort_unstable();
        // The nearest rank: the least value that so many per cent do not exceed.
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        Spread { count: self.count, p50_ms: at(50), p99_ms: at(99) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Propagation {
    via: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FeedRead {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Told {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Granted {
    grant_type: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    endpoint: &'static str,
    error: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Cut {
    why: &'static str,
}

/// The labels of an HTTP request. Each has few values: what a caller can invent makes no new row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// One of the standard methods, or `other`.
    pub method: &'static str,
    /// The pattern in the router, or `none`.
    pub route: String,
    /// `2xx` to `5xx`.
    pub status: &'static str,
}

/// What a hash cost, as the stored ones name it: the settings of today, and those that older hashes were made with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hashed {
    cost: String,
}

/// What is measured at the moment of asking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    pub connections_in_use: i64,
    pub connections_idle: i64,
    pub connections_max: i64,
    pub revocations: i64,
    pub feed_silent_seconds: f64,
    pub log_lines_dropped: i64,
    pub hashes_running: i64,
    pub hashes_waiting: i64,
}

#[derive(Default)]
struct LevelGauges {
    connections_in_use: Gauge,
    connections_idle: Gauge,
    connections_max: Gauge,
    revocations: Gauge,
    feed_silent_seconds: Gauge<f64, AtomicU64>,
    log_lines_dropped: Gauge,
    hashes_running: Gauge,
    hashes_waiting: Gauge,
}

/// Seconds. From one write to memory on the same machine to the moment at which an instance that hears nothing stops
/// trusting itself.
const PROPAGATION_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];

/// Seconds. From an answer out of memory to the time-out of a request.
const REQUEST_BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("latchkey");
        let propagation =
            Family::<Propagation, Histogram>::new_with_constructor(|| Histogram::new(PROPAGATION_BUCKETS));
        let feed_reads = Family::<FeedRead, Counter>::default();
        let requests = Family::<Request, Counter>::default();
        let durations = Family::<Request, Histogram>::new_with_constructor(|| Histogram::new(REQUEST_BUCKETS));
        registry.register(
            "revocation_propagation_seconds",
            "From the writing of a revocation until this instance refuses what it names",
            propagation.clone(),
        );
        registry.register("revocation_reads", "Reads of the revocation feed in the database", feed_reads.clone());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_duration_seconds", "Time until the head of the answer", durations.clone());
        let password_hashes = Family::<Hashed, Counter>::default();
        registry.register("password_hashes", "Passwords hashed, by what it cost", password_hashes.clone());
        let (mails_sent, mails_failed, outbox_waiting) = (Counter::default(), Counter::default(), Gauge::default());
        registry.register("mails_sent", "Mails that the mail server has taken", mails_sent.clone());
        registry.register("mails_failed", "Tries to send a mail that failed", mails_failed.clone());
        registry.register("outbox_waiting", "Mails that wait, when last looked at", outbox_waiting.clone());
        let (notices, notices_waiting) = (Family::<Told, Counter>::default(), Gauge::default());
        registry.register("logout_notices", "Tries to tell an application of a logout", notices.clone());
        registry.register(
            "logout_notices_waiting",
            "Notices that wait, a thousand at most, when last looked at",
            notices_waiting.clone(),
        );
        let (oauth_grants, oauth_refusals) =
            (Family::<Granted, Counter>::default(), Family::<Refused, Counter>::default());
        registry.register("oauth_grants", "Tokens issued to applications, by grant type", oauth_grants.clone());
        registry.register("oauth_refusals", "Applications refused, by endpoint and error code", oauth_refusals.clone());
        let refresh_tokens_reused = Counter::default();
        registry.register(
            "refresh_tokens_reused",
            "Refresh tokens that came back long after their use: a copy, perhaps a thief's",
            refresh_tokens_reused.clone(),
        );
        let (connections_open, connections_cut_off) = (Gauge::default(), Family::<Cut, Counter>::default());
        registry.register("connections_open", "Connections of callers", connections_open.clone());
        registry.register(
            "connections_cut_off",
            "Connections closed before their time: too many, or an answer that no one reads",
            connections_cut_off.clone(),
        );
        let levels = LevelGauges::registered(&mut registry);
        Self(Arc::new(Inner {
            registry,
            propagation,
            arrivals: Default::default(),
            feed_reads,
            requests,
            durations,
            password_hashes,
            mails_sent,
            mails_failed,
            outbox_waiting,
            notices,
            notices_waiting,
            oauth_grants,
            oauth_refusals,
            refresh_tokens_reused,
            connections_open,
            connections_cut_off,
            levels,
            calls: Mutex::default(),
        }))
    }
}

impl LevelGauges {
    fn registered(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        for (name, help, gauge) in [
            ("database_connections_in_use", "Connections at work", &gauges.connections_in_use),
            ("database_connections_idle", "Connections open and free", &gauges.connections_idle),
            ("database_connections_max", "Connections at most", &gauges.connections_max),
            ("revocations_in_memory", "Sessions, users and signing keys that are refused", &gauges.revocations),
            ("log_lines_dropped", "Since the start: whoever reads the log is too slow", &gauges.log_lines_dropped),
            ("password_hashes_running", "Passwords hashed at this moment", &gauges.hashes_running),
            ("password_hashes_waiting", "Passwords that wait for a place", &gauges.hashes_waiting),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let silent = gauges.feed_silent_seconds.clone();
        registry.register("revocation_feed_silent_seconds", "Since the database was last heard", silent);
        gauges
    }

    fn set(&self, levels: Levels) {
        self.connections_in_use.set(levels.connections_in_use);
        self.connections_idle.set(levels.connections_idle);
        self.connections_max.set(levels.connections_max);
        self.revocations.set(levels.revocations);
        self.feed_silent_seconds.set(levels.feed_silent_seconds);
        self.log_lines_dropped.set(levels.log_lines_dropped);
        self.hashes_running.set(levels.hashes_running);
        self.hashes_waiting.set(levels.hashes_waiting);
    }
}

impl Metrics {
    /// A revocation has come into memory `milliseconds` after it was written. Clocks of two machines differ: what
    /// seems to come from the future counts as at once.
    pub fn revocation_taken_in(&self, via: Via, milliseconds: i64) {
        let milliseconds = milliseconds.max(0);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few seconds")]
        let seconds = milliseconds as f64 / 1000.0;
        self.0.propagation.get_or_create(&Propagation { via: via.into_str() }).observe(seconds);
        self.arrivals(via).add(milliseconds);
    }

    /// How long revocations took to come into this memory.
    pub fn spread(&self, via: Via) -> Spread {
        self.arrivals(via).spread()
    }

    fn arrivals(&self, via: Via) -> std::sync::MutexGuard<'_, Arrivals> {
        let [local, feed] = &self.0.arrivals;
        let arrivals = match via {
            Via::Local => local,
            Via::Feed => feed,
        };
        arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feed was read, or could not be.
    pub fn feed_read(&self, succeeded: bool) {
        let result = if succeeded { "ok" } else { "failed" };
        self.0.feed_reads.get_or_create(&FeedRead { result }).inc();
    }

    /// Reads of the feed so far: those that succeeded, and those that failed.
    #[cfg(test)]
    pub fn feed_reads(&self) -> [u64; 2] {
        ["ok", "failed"].map(|result| self.0.feed_reads.get_or_create(&FeedRead { result }).get())
    }

    pub fn request_answered(&self, request: &Request, seconds: f64) {
        self.0.requests.get_or_create(request).inc();
        self.0.durations.get_or_create(request).observe(seconds);
    }

    pub fn password_hashed(&self, cost: String) {
        self.0.password_hashes.get_or_create(&Hashed { cost }).inc();
    }

    pub fn connection_opened(&self) {
        self.0.connections_open.inc();
    }

    pub fn connection_closed(&self) {
        self.0.connections_open.dec();
    }

    pub fn connection_cut_off(&self, why: CutOff) {
        self.0.connections_cut_off.get_or_create(&Cut { why: why.into_str() }).inc();
    }

    pub fn mail_sent(&self) {
        self.0.mails_sent.inc();
    }

    /// One try; the mail may still get through.
    pub fn mail_failed(&self) {
        self.0.mails_failed.inc();
    }

    pub fn outbox_waiting(&self, count: i64) {
        self.0.outbox_waiting.set(count);
    }

    pub fn notice(&self, notice: Notice) {
        self.0.notices.get_or_create(&Told { result: notice.into_str() }).inc();
    }

    pub fn notices_waiting(&self, count: i64) {
        self.0.notices_waiting.set(count);
    }

    /// Tokens were issued to an application.
    pub fn oauth_granted(&self, grant_type: &'static str) {
        self.0.oauth_grants.get_or_create(&Granted { grant_type }).inc();
    }

    pub fn oauth_refused(&self, endpoint: &'static str, error: &'static str) {
        self.0.oauth_refusals.get_or_create(&Refused { endpoint, error }).inc();
    }

    pub fn refresh_token_reused(&self) {
        self.0.refresh_tokens_reused.inc();
    }

    /// The API has let in the token of this application, so many times.
    pub fn called(&self, client_id: &str, times: i64) {
        let mut calls = self.0.calls.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.get_mut(client_id) {
            Some(known) => *known += times,
            None => drop(calls.insert(client_id.to_owned(), times)),
        }
    }

    /// The calls of each application since this was asked last.
    pub fn take_calls(&self) -> BTreeMap<String, i64> {
        std::mem::take(&mut *self.0.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The whole text, in the format of OpenMetrics 1.0.
    ///
    /// # Errors
    /// Never, in practice: it is written to memory.
    pub fn render(&self, levels: Levels) -> Result<String, std::fmt::Error> {
        self.0.levels.set(levels);
        let mut text = String::new();
        text::encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}
