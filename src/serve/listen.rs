//! Answer requests until a signal comes. Server side.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use axum::Router;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;

use super::{
    router::{metrics_router, router},
    services::Services,
};
use crate::web::{connections, connections::Door, session::open_streams::OpenStreams};

/// A request head larger than this is refused by hyper, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Monitoring asks now and then, and must not take what callers need.
const MONITORING_CONNECTIONS: usize = 32;

/// # Errors
/// One line that names the setting.
pub fn bind(addr: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(addr)
        .map_err(|error| format!("cannot listen on {addr}: {error}; set {setting} to another address"))
}

/// Answers until a signal comes. Monitoring is answered to the end, so that it sees the last requests, too.
pub async fn answer(services: &Services, listener: TcpListener, monitoring: Option<TcpListener>) -> Result<(), String> {
    let (handle, monitoring_handle) = (Handle::new(), Handle::new());
    if let Some(listener) = monitoring {
        let app = metrics_router(services.clone());
        let door = Door::new(&services.state.config, MONITORING_CONNECTIONS, services.metrics.clone());
        let answers = answer_on(listener, app, services.state.config.header_timeout(), door, monitoring_handle.clone());
        tokio::spawn(async move {
            if let Err(error) = answers.await {
                tracing::error!(error, "metrics are no longer available");
            }
        });
    }
    let deadline = Duration::from_secs(services.state.config.shutdown_seconds);
    tokio::spawn(stop_on_signal(handle.clone(), services.streams.clone(), deadline));
    let served = listen(services, listener, handle).await;
    monitoring_handle.shutdown();
    served
}

/// Answers on `listener` until the handle says stop.
///
/// # Errors
/// When the listener fails.
pub async fn listen(services: &Services, listener: TcpListener, handle: Handle<SocketAddr>) -> Result<(), String> {
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
    answer_on(listener, router(services.clone()), config.header_timeout(), door, handle).await
}

/// As [`listen`], with any router.
///
/// # Errors
/// When the listener fails.
pub async fn answer_on(
    listener: TcpListener,
    router: Router,
    header_timeout: Duration,
    door: Door,
    handle: Handle<SocketAddr>,
) -> Result<(), String> {
    listener.set_nonblocking(true).map_err(|error| error.to_string())?;
    let server = axum_server::from_tcp(listener).map_err(|error| error.to_string())?;
    // HTTP/1.1 alone: browsers speak HTTP/2 over TLS only, which ends at the proxy. Without it the deadline of a head runs
    // from the accept on, and not from the moment at which the version is known.
    let mut server = server.handle(handle).acceptor(door).http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(HEAD_BYTES_MAX);
    let app = router.into_make_service_with_connect_info::<SocketAddr>();
    server.serve(app).await.map_err(|error| format!("the server stopped: {error}"))
}

/// A second signal ends at once.
async fn stop_on_signal(handle: Handle<SocketAddr>, streams: OpenStreams, deadline: Duration) {
    signal().await;
    tracing::info!(seconds = deadline.as_secs(), "stopping; waiting for running requests");
    stop(&handle, &streams, deadline);
    signal().await;
    handle.shutdown();
}

/// Stops taking connections, lets running requests finish, and ends them at the deadline. The streams of open pages
/// never finish by themselves, so they are ended now.
pub fn stop(handle: &Handle<SocketAddr>, streams: &OpenStreams, deadline: Duration) {
    handle.graceful_shutdown(Some(deadline));
    streams.stop();
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
