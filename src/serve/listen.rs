//! Answer requests until a signal comes. Server side.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

use super::{
    router::{metrics_router, router},
    services::Services,
};
use crate::web::{
    connections,
    connections::{Door, Stop, answer_on},
    session::open_streams::OpenStreams,
};

/// Monitoring asks now and then, and must not take what callers need.
const MONITORING_CONNECTIONS: usize = 32;

pub fn bind(addr: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(addr)
        .map_err(|error| format!("cannot listen on {addr}: {error}; set {setting} to another address"))
}

/// Answers until a signal comes. Monitoring is answered to the end, so that it sees the last requests, too.
pub async fn answer(services: &Services, listener: TcpListener, monitoring: Option<TcpListener>) -> Result<(), String> {
    let (stop, monitoring_stop) = (Stop::default(), Stop::default());
    if let Some(listener) = monitoring {
        let app = metrics_router(services.clone());
        let door = Door::new(&services.state.config, MONITORING_CONNECTIONS, services.metrics.clone());
        let answers = answer_on(listener, app, services.state.config.header_timeout(), door, monitoring_stop.clone());
        tokio::spawn(async move {
            if let Err(error) = answers.await {
                tracing::error!(error, "metrics are no longer available");
            }
        });
    }
    let deadline = Duration::from_secs(services.state.config.shutdown_seconds);
    tokio::spawn(stop_on_signal(stop.clone(), services.streams.clone(), deadline));
    let served = listen(services, listener, stop).await;
    monitoring_stop.at_once();
    served
}

/// Answers on `listener` until `stop` says so.
pub async fn listen(services: &Services, listener: TcpListener, stop: Stop) -> Result<(), String> {
    let config = &services.state.config;
    let (open_files, _) = connections::open_files();
    let fitting = connections::fitting(config, open_files);
    if fitting < config.connections as usize {
        tracing::warn!(
            open_files,
            connections = fitting,
            "the limit for open files allows fewer connections than LATCHKEY_CONNECTIONS; raise LimitNOFILE in the \
             service's unit, or run `ulimit -n` before the start"
        );
    }
    let door = Door::new(config, fitting, services.metrics.clone());
    answer_on(listener, router(services.clone()), config.header_timeout(), door, stop).await
}

/// A second signal ends at once.
async fn stop_on_signal(stop: Stop, streams: OpenStreams, deadline: Duration) {
    let mut signals = signals();
    if signals.next().await.is_none() {
        return;
    }
    tracing::info!(seconds = deadline.as_secs(), "stopping; waiting for running requests");
    finish(&stop, &streams, deadline);
    if signals.next().await.is_some() {
        stop.at_once();
    }
}

/// Stops taking connections, lets running requests finish, and ends them at the deadline. The streams of open pages
/// never finish by themselves, so they are ended now.
pub fn finish(stop: &Stop, streams: &OpenStreams, deadline: Duration) {
    stop.within(deadline);
    streams.stop();
}

/// SIGTERM and SIGINT, both from the start on: two that come at once are two.
#[cfg(unix)]
fn signals() -> BoxStream<'static, ()> {
    let heard = [SignalKind::terminate(), SignalKind::interrupt()].into_iter().filter_map(|kind| signal(kind).ok());
    stream::select_all(heard.map(|mut signal| stream::poll_fn(move |context| signal.poll_recv(context)))).boxed()
}

#[cfg(not(unix))]
fn signals() -> BoxStream<'static, ()> {
    stream::unfold((), |()| async { Some((tokio::signal::ctrl_c().await.ok()?, ())) }).boxed()
}
