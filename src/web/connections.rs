//! Who may hold a connection, and for how long: a limit of all and one of each address, and an end for who takes nothing
//! of an answer. Server side.
//!
//! Where a limit is reached, the connection that has waited longest for a request gives way, so whoever opens many and
//! says nothing keeps no one out. One that is at work never gives way. How long a request may take to arrive is hyper's
//! part (`serve/mod.rs`).

use std::{
    collections::HashMap,
    future::{Future, Ready, ready},
    io,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use axum_server::accept::Accept;
use futures::{TryFutureExt, future::BoxFuture};
use http_body::{Frame, SizeHint};
use ipnet::Ipv6Net;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::oneshot,
    time::{Sleep, sleep},
};
use tower::Service;

use crate::base::{
    config::Config,
    metrics::{CutOff, Metrics},
    state::Stopwatch,
};

/// What one household or one server gets of IPv6.
const IPV6_PREFIX: u8 = 64;

/// Seconds between two lines of the log that say that it is full.
const TOLD_EVERY_SECONDS: f64 = 60.0;

/// Lets connections in, as axum-server's acceptor. Cheap to clone.
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

    fn let_in<S>(&self, stream: TcpStream, service: S) -> io::Result<(Connection, Guest<S>)> {
        // A page in two writes must not wait for the reader's word on the first: that costs 40 ms on a connection in use.
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?.ip().to_canonical();
        let (seat, stays) = self.admit(peer).ok_or(io::ErrorKind::QuotaExceeded)?;
        let seat = Arc::new(seat);
        let write_timeout = self.0.config.write_timeout();
        let connection = Connection { stream, seat: Arc::clone(&seat), stays: Some(stays), write_timeout, stuck: None };
        Ok((connection, Guest { service, seat }))
    }

    /// A seat, and what ends when someone else needs it. `None` where each is at work.
    fn admit(&self, peer: IpAddr) -> Option<(Seat, oneshot::Receiver<()>)> {
        let Inner { config, connections, metrics, .. } = &*self.0;
        // In production what comes from this machine is the proxy in front, whether or not it is named.
        let speaks_for_many = config.trusts(peer) || config.production() && peer.is_loopback();
        let place = (!speaks_for_many).then(|| place_of(peer));
        let per_place = config.connections_per_address as usize;
        let mut open = self.open();
        while open.is_full(place, per_place, *connections) {
            let own = place.filter(|place| open.of_place.get(place).is_some_and(|count| *count >= per_place));
            open.tell(peer);
            if !open.dismiss(own) {
                metrics.connection_cut_off(CutOff::Full);
                return None;
            }
            metrics.connection_cut_off(CutOff::GaveWay);
            metrics.connection_closed();
        }
        metrics.connection_opened();
        let number = self.next_moment();
        let (state, stays) = open.add(number, place);
        Some((Seat { door: self.clone(), number, state }, stays))
    }

    /// Counts what happens: an order without a clock.
    fn next_moment(&self) -> u64 {
        self.0.moments.fetch_add(1, Relaxed) + 1
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
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

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Connection;
    type Service = Guest<S>;
    type Future = Ready<io::Result<(Connection, Guest<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.let_in(stream, service))
    }
}

/// The right to one open connection, given back when it is dropped.
struct Seat {
    door: Door,
    number: u64,
    state: Arc<SeatState>,
}

impl Seat {
    fn set_waiting(&self, waits: bool) {
        let moment = if waits { self.door.next_moment() } else { AT_WORK };
        self.state.waits_since.store(moment, Relaxed);
    }

    fn set_stuck(&self, is_stuck: bool) {
        self.state.is_stuck.store(is_stuck, Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.door.open().remove(self.number) {
            self.door.0.metrics.connection_closed();
        }
    }
}

/// A TCP connection that ends when someone else needs the seat, or when its other end takes nothing any more.
pub struct Connection {
    stream: TcpStream,
    seat: Arc<Seat>,
    stays: Option<oneshot::Receiver<()>>,
    write_timeout: Duration,
    /// Runs while the other end takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stuck.take().is_some() {
                self.seat.set_stuck(false);
            }
            return written;
        }
        if self.stuck.is_none() {
            self.seat.set_stuck(true);
        }
        let timeout = self.write_timeout;
        ready!(self.stuck.get_or_insert_with(|| Box::pin(sleep(timeout))).as_mut().poll(context));
        self.stuck = None;
        self.seat.door.0.metrics.connection_cut_off(CutOff::NotRead);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Looks as if the other end had closed: nothing is under way, so nothing is lost.
        if self.stays.as_mut().is_none_or(|stays| Pin::new(stays).poll(context).is_ready()) {
            self.stays = None;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The application for one connection. It knows when the connection is at work.
#[derive(Clone)]
pub struct Guest<S> {
    service: S,
    seat: Arc<Seat>,
}

impl<S, R> Service<R> for Guest<S>
where
    S: Service<R, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let work = Work::begin(&self.seat);
        let answer = self.service.call(request);
        Box::pin(answer.map_ok(|response| response.map(|body| Body::new(Answer { body, _work: work }))))
    }
}

/// From the head of a request to the last byte of its answer.
struct Work(Arc<Seat>);

impl Work {
    fn begin(seat: &Arc<Seat>) -> Self {
        seat.set_waiting(false);
        Self(Arc::clone(seat))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.set_waiting(true);
    }
}

/// The body of an answer; the work is done when it is.
struct Answer {
    body: Body,
    _work: Work,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Files that are no connections: the database (SQLite opens up to four for each of its connections, the Lab's included), the
/// files of the site, the mail server, the program's own.
pub fn other_files(config: &Config) -> u64 {
    64 + 4 * u64::from(config.database_connections + 7)
}

/// So many connections fit below this limit of open files; `None` is no limit. Whatever the system says, a few must.
pub fn fitting(config: &Config, open_files: Option<u64>) -> usize {
    const AT_LEAST: u64 = 16;
    let fit = open_files.map_or(u64::MAX, |files| files.saturating_sub(other_files(config)).max(AT_LEAST));
    usize::try_from(fit.min(config.connections.into())).unwrap_or(usize::MAX)
}

/// How many files this process may open: now, and after it has asked for more.
#[cfg(unix)]
pub fn open_files() -> (Option<u64>, Option<u64>) {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    (limit.current, limit.maximum)
}

#[cfg(not(unix))]
pub fn open_files() -> (Option<u64>, Option<u64>) {
    (None, None)
}

/// Asks for as many open files as the settings need. Systems begin with 1,024, for old programs, and allow more.
#[cfg(unix)]
pub fn ask_for_open_files(config: &Config) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let wanted = u64::from(config.connections) + other_files(config);
    let (current, maximum) = open_files();
    if current.is_some_and(|current| current < wanted) {
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        // What it comes to is looked at afterwards.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    }
}

#[cfg(not(unix))]
pub fn ask_for_open_files(_config: &Config) {}
