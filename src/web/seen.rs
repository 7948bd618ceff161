//! How a request looks when it arrives here, told to who holds the secret key: what the proxies in between make of it
//! shows at this end only. For `latchkey doctor`. Server side.

use aws_lc_rs::constant_time;
use axum::http::{header, request::Parts};
use serde::{Deserialize, Serialize};

use super::caller::{ip_of, peer_of};
use crate::base::{sealed::SecretKey, state::AppState};

/// The header that asks.
pub const QUESTION: &str = "latchkey-question";

/// A question that was overheard is good for nothing soon; clocks that differ are what is looked for, too.
const GOOD_FOR_MS: i64 = 10 * 60_000;

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Which instance answers.
    pub instance: String,
    pub host: String,
    /// Who has opened the connection: the proxy, where there is one.
    pub peer: String,
    /// Who is taken for the caller.
    pub client: String,
    /// Whether someone has written down for whom the request was passed on.
    pub forwarded: bool,
    /// This end's clock, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// What to send in [`QUESTION`].
pub fn question(secret: &SecretKey, now_ms: i64) -> String {
    format!("{now_ms}.{}", tag(secret, now_ms))
}

/// The request as it arrived, for who asks with the secret key; `None` for everyone else.
pub fn answer(parts: &Parts, secret: &SecretKey, state: &AppState) -> Option<Seen> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let (asked_at, given) = text(QUESTION)?.split_once('.')?;
    let (asked_at, now_ms) = (asked_at.parse::<i64>().ok()?, state.clock.now_ms());
    constant_time::verify_slices_are_equal(given.as_bytes(), tag(secret, asked_at).as_bytes()).ok()?;
    (now_ms.abs_diff(asked_at) < GOOD_FOR_MS.unsigned_abs()).then(|| Seen {
        instance: state.config.instance_name(),
        host: text(header::HOST.as_str()).unwrap_or_default().to_owned(),
        peer: peer_of(parts).map(|ip| ip.to_string()).unwrap_or_default(),
        client: ip_of(parts, &state.config),
        forwarded: parts.headers.contains_key("x-forwarded-for"),
        now_ms,
    })
}

fn tag(secret: &SecretKey, asked_at: i64) -> String {
    secret.tag(&format!("seen {asked_at}"))
}
