//! Take connections and answer what comes on them, until it's time to stop. Server side.

use std::{
    convert::Infallible,
    net::{self, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, serve::Listener};
use futures::TryFutureExt;
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{HttpService, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tower::Service;

use super::{
    seats::{Door, Seat},
    stream::Connection,
};

/// As much of a head is read before hyper refuses it, in bytes; what came along in the last read counts as well.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Stops servers, from elsewhere. Holds how long running requests may still take.
#[derive(Clone, Default)]
pub struct Stop(watch::Sender<Option<Duration>>);

impl Stop {
    /// No connection is taken any more, and what runs may finish. Said again, the new time counts, from then on.
    pub fn within(&self, deadline: Duration) {
        self.0.send_replace(Some(deadline));
    }

    pub fn at_once(&self) {
        self.within(Duration::ZERO);
    }
}

/// Answers on `listener` until `stop` says so. HTTP/1.1 alone: browsers speak HTTP/2 over TLS only, which ends at the proxy.
pub async fn answer_on(
    listener: net::TcpListener,
    router: Router,
    header_timeout: Duration,
    door: Door,
    stop: Stop,
) -> Result<(), String> {
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let mut listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(HEAD_BYTES_MAX);
    let router = router.with_state(());
    let mut stopping = stop.0.subscribe();
    let (open, mut tasks) = (GracefulShutdown::new(), JoinSet::new());
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            _ = stopping.wait_for(Option::is_some) => break,
            // Before the next one comes: what has ended keeps its memory until it is taken out.
            Some(_) = tasks.join_next() => continue,
            accepted = Listener::accept(&mut listener) => accepted,
        };
        if let Some((connection, service)) = let_in(&door, stream, peer, &router) {
            let served = open.watch(http.serve_connection(TokioIo::new(connection), service));
            let door = door.clone();
            tasks.spawn(served.unwrap_or_else(move |error| {
                if error.is_parse() {
                    door.refused(peer, &error)
                }
            }));
        }
    }
    drop(listener);
    // What runs longer ends with its task.
    tokio::select! { () = open.shutdown() => {}, () = time_is_up(stopping) => {} }
    Ok(())
}

/// The connection, and who answers on it. `None` where there is no seat, or the other end has gone.
fn let_in(
    door: &Door,
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
) -> Option<(Connection, impl HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> + Send + use<>)> {
    // A page in two writes must not wait for the reader's word on the first: that costs 40 ms on a connection in use.
    stream.set_nodelay(true).ok()?;
    let (seat, stays) = door.admit(peer.ip().to_canonical())?;
    let seat = Arc::new(seat);
    let (router, at) = (router.clone(), Arc::clone(&seat));
    let service = move |mut request: Request<Incoming>| {
        let work = Work::begin(&at);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request).map_ok(|response| response.map(|body| holding(work, body)))
    };
    Some((Connection::new(stream, seat, stays), service_fn(service)))
}

/// When a connection is at work: from the head of a request to the last byte of its answer.
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

/// The same body; the work is done when it is, because what looks at its errors has the work.
fn holding(work: Work, body: Body) -> Body {
    Body::new(body.map_err(move |error| {
        let _work = &work;
        error
    }))
}

async fn time_is_up(mut stopping: watch::Receiver<Option<Duration>>) {
    loop {
        let deadline = stopping.borrow_and_update().unwrap_or_default();
        if timeout(deadline, stopping.changed()).await.is_err() {
            return;
        }
    }
}
