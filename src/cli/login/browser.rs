//! A login through a browser on this computer, which comes back to a port of ours (RFC 8252). Server side.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    process::{Command, Stdio},
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, Uri, header},
    response::IntoResponse,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::server::{SCOPES, Server, Tokens};
use crate::{
    base::{logging::visible, random},
    cli::Failed,
};

/// As long as the code of a device works.
const PATIENCE: Duration = Duration::from_secs(600);
/// For the last page to be on its way.
const FAREWELL: Duration = Duration::from_secs(2);

/// What came back in the address.
type Answer = BTreeMap<String, String>;

/// Whether a browser could be seen here.
pub fn has_screen() -> bool {
    let is_there = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) && !is_there("SSH_CONNECTION")
        || is_there("DISPLAY")
        || is_there("WAYLAND_DISPLAY")
}

pub async fn log_in(server: &Server, opens: bool) -> Result<Tokens, Failed> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let back = format!("http://127.0.0.1:{}/", listener.local_addr()?.port());
    // Random both; and the hash of a link's token is just what PKCE sends ahead (RFC 7636 4.2).
    let (state, verifier) = (random::token()?, random::token()?);
    let url = server.authorization(&[
        ("response_type", "code"),
        ("redirect_uri", &back),
        ("scope", SCOPES),
        ("state", &state),
        ("code_challenge", &random::hash(&verifier)),
        ("code_challenge_method", "S256"),
    ])?;
    let how = if opens && open(url.as_str()) { "If no browser opens, open" } else { "Open" };
    eprintln!("{}", visible(&format!("{how} this page on this computer:\n\n    {url}\n\nPress Ctrl-C to stop.")));
    let answer = timeout(PATIENCE, wait(listener, state)).await;
    let answer = answer.map_err(|_| "no one has logged in within 10 minutes; log in again")??;
    let said = |name: &str| answer.get(name).map(String::as_str).unwrap_or_default();
    // The answer of another server is for no one here (RFC 9207).
    if said("iss") != server.issuer {
        return Err("another server has answered, so nothing was done; log in again".into());
    }
    match said("error") {
        "" => {}
        "access_denied" => return Err("you refused, so you're not logged in".into()),
        error => return Err(format!("the server refused ({error}): {}", said("error_description")).into()),
    }
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", said("code")),
        ("redirect_uri", &back),
        ("code_verifier", &verifier),
    ];
    Ok(server.tokens(&fields).await?)
}

/// The first request with our state. Whatever else comes to this port is none of ours.
async fn wait(listener: TcpListener, state: String) -> Result<Answer, Failed> {
    let (tell, mut told) = mpsc::channel::<Answer>(1);
    let page = async move |uri: Uri| {
        let query = uri.query().unwrap_or_default();
        let answer: Answer = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let is_ours = answer.get("state") == Some(&state) && tell.try_send(answer).is_ok();
        let (status, words) = match is_ours {
            true => (StatusCode::OK, "Go back to the terminal. You can close this page."),
            false => (StatusCode::NOT_FOUND, "Nothing is waiting for this. You can close this page."),
        };
        let page = format!("<!doctype html><html lang=en><meta charset=utf-8><title>Latchkey</title><p>{words}");
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        (status, headers, page).into_response()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, Router::new().fallback(page)).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let serving = tokio::spawn(serving.into_future());
    let answer = told.recv().await.ok_or("the port was closed; log in again")?;
    drop(stop);
    let _ = timeout(FAREWELL, serving).await;
    Ok(answer)
}

/// Whether there is a program that opens it.
fn open(url: &str) -> bool {
    let (program, first): (&str, &[&str]) = match () {
        () if cfg!(target_os = "macos") => ("open", &[]),
        () if cfg!(windows) => ("rundll32", &["url.dll,FileProtocolHandler"]),
        () => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(first).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
