//! Who may hold a connection: a limit of all, and one of each address. Server side.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use ipnet::Ipv6Net;
use tokio::sync::oneshot;

use crate::base::{
    config::Config,
    lock::lock,
    metrics::{CutOff, Metrics},
    state::Stopwatch,
};

/// What one household or one server gets of IPv6.
const IPV6_PREFIX: u8 = 64;

/// Seconds between two lines of the log that say that it is full.
const TOLD_EVERY_SECONDS: f64 = 60.0;

/// Lets connections in. Cheap to clone.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    /// At once.
    connections: usize,
    metrics: Metrics,
    moments: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    connections: HashMap<u64, Held>,
    of_place: HashMap<IpAddr, usize>,
    told: Option<Stopwatch>,
}

/// A connection that is open.
struct Held {
    /// Where it comes from; `None` for a proxy, which speaks for many.
    place: Option<IpAddr>,
    state: Arc<SeatState>,
    /// When this is dropped, the connection ends.
    _stays: oneshot::Sender<()>,
}

/// What a connection does; it says so on each request, without the lock.
struct SeatState {
    /// Since which moment it waits for a request; [`AT_WORK`].
    waits_since: AtomicU64,
    /// Whether the last bytes of an answer are still on their way.
    is_stuck: AtomicBool,
}

/// No moment.
const AT_WORK: u64 = 0;

impl Door {
    /// For a listener that may hold so many connections.
    pub fn new(config: &Arc<Config>, connections: usize, metrics: Metrics) -> Self {
        let (moments, open) = Default::default();
        Self(Arc::new(Inner { config: Arc::clone(config), connections, metrics, moments, open }))
    }

    /// A seat, and what ends when someone else needs it. `None` where each is at work.
    pub fn admit(&self, peer: IpAddr) -> Option<(Seat, oneshot::Receiver<()>)> {
        let Inner { config, connections, metrics, .. } = &*self.0;
        // In production what comes from this machine is the proxy in front, whether or not it is named.
        let speaks_for_many = config.trusts(peer) || config.production() && peer.is_loopback();
        let place = (!speaks_for_many).then(|| place_of(peer));
        let per_place = config.connections_per_address as usize;
        let mut open = lock(&self.0.open);
        while open.is_full(place, per_place, *connections) {
            let own = place.filter(|place| open.of_place.get(place).is_some_and(|count| *count >= per_place));
            open.tell(peer);
            if !open.dismiss(own) {
                metrics.connection_cut_off(CutOff::Full);
                return None;
            }
            metrics.connection_cut_off(CutOff::GaveWay);
            metrics.connections_open.dec();
        }
        metrics.connections_open.inc();
        let number = self.next_moment();
        let (state, stays) = open.add(number, place);
        Some((Seat { door: self.clone(), number, state }, stays))
    }

    /// What came was refused before any request began, so no other line of the log tells of it.
    pub fn refused(&self, peer: SocketAddr, error: &hyper::Error) {
        self.0.metrics.connection_cut_off(CutOff::Unreadable);
        tracing::info!(ip = %peer.ip().to_canonical(), %error, "refused what is no request");
    }

    /// Counts what happens: an order without a clock.
    fn next_moment(&self) -> u64 {
        self.0.moments.fetch_add(1, Relaxed) + 1
    }
}

fn place_of(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) => Ipv6Net::new(ip, IPV6_PREFIX).map_or(ip, |network| network.network()).into(),
        ip => ip,
    }
}

impl Open {
    fn is_full(&self, place: Option<IpAddr>, per_place: usize, in_all: usize) -> bool {
        let of_place = place.and_then(|place| self.of_place.get(&place)).copied().unwrap_or_default();
        of_place >= per_place || self.connections.len() >= in_all
    }

    fn add(&mut self, number: u64, place: Option<IpAddr>) -> (Arc<SeatState>, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let state = Arc::new(SeatState { waits_since: number.into(), is_stuck: false.into() });
        self.connections.insert(number, Held { place, state: Arc::clone(&state), _stays: sender });
        if let Some(place) = place {
            *self.of_place.entry(place).or_default() += 1;
        }
        (state, receiver)
    }

    /// Whether it was still there.
    fn remove(&mut self, number: u64) -> bool {
        let Some(held) = self.connections.remove(&number) else { return false };
        if let Some(place) = held.place
            && let Some(count) = self.of_place.get_mut(&place)
        {
            *count -= 1;
            if *count == 0 {
                self.of_place.remove(&place);
            }
        }
        true
    }

    /// Ends the connection that has waited longest for a request: of one place, or of all. `false` where none waits.
    fn dismiss(&mut self, place: Option<IpAddr>) -> bool {
        let meant = self.connections.iter().filter(|(_, held)| place.is_none() || held.place == place);
        let waiting = meant.filter(|(_, held)| !held.state.is_stuck.load(Relaxed));
        let waiting = waiting.map(|(number, held)| (held.state.waits_since.load(Relaxed), *number));
        waiting.filter(|(since, _)| *since != AT_WORK).min().is_some_and(|(_, number)| self.remove(number))
    }

    fn tell(&mut self, peer: IpAddr) {
        if self.told.is_none_or(|watch| watch.elapsed_seconds() > TOLD_EVERY_SECONDS) {
            self.told = Some(Stopwatch::start());
            tracing::warn!(
                %peer,
                open = self.connections.len(),
                "no more connections are allowed (LATCHKEY_CONNECTIONS, LATCHKEY_CONNECTIONS_PER_ADDRESS): idle ones are closed; if \
                 the peer is your proxy, name it in LATCHKEY_TRUSTED_PROXIES"
            );
        }
    }
}

/// The right to one open connection, given back when it is dropped.
pub struct Seat {
    door: Door,
    number: u64,
    state: Arc<SeatState>,
}

impl Seat {
    pub fn set_waiting(&self, waits: bool) {
        let moment = if waits { self.door.next_moment() } else { AT_WORK };
        self.state.waits_since.store(moment, Relaxed);
    }

    pub fn set_stuck(&self, is_stuck: bool) {
        self.state.is_stuck.store(is_stuck, Relaxed);
    }

    /// How long the other end may take nothing.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_secs(self.door.0.config.write_timeout_seconds)
    }

    /// The other end took nothing for so long.
    pub fn count_not_read(&self) {
        self.door.0.metrics.connection_cut_off(CutOff::NotRead);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if lock(&self.door.0.open).remove(self.number) {
            self.door.0.metrics.connections_open.dec();
        }
    }
}
