//! A login through a browser elsewhere (RFC 8628). Server side.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{sleep, timeout};

use super::server::{SCOPES, Server, Tokens, Trouble};
use crate::{base::logging::visible, cli::Failed};

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: String,
    expires_in: u64,
    interval: Option<u64>,
}

pub async fn log_in(server: &Server) -> Result<Tokens, Failed> {
    let begun: Begun = server.post(&server.device_authorization_endpoint, &[("scope", SCOPES)]).await?;
    let words = format!(
        "Open {} in a browser on any device and enter this code:\n\n    {}\n\nOr open {}\n\nWaiting until you've allowed the \
         login. Press Ctrl-C to stop.",
        begun.verification_uri, begun.user_code, begun.verification_uri_complete
    );
    eprintln!("{}", visible(&words));
    let decided = timeout(Duration::from_secs(begun.expires_in), decision(server, &begun)).await;
    decided.unwrap_or_else(|_| Err("the code has expired; log in again".into()))
}

async fn decision(server: &Server, begun: &Begun) -> Result<Tokens, Failed> {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let fields = [("grant_type", grant), ("device_code", &*begun.device_code)];
    let mut seconds = begun.interval.unwrap_or(5);
    loop {
        sleep(Duration::from_secs(seconds)).await;
        match server.tokens(&fields).await {
            Err(trouble) if trouble.is("authorization_pending") => {}
            // A server that was away or busy for a moment is asked again, less often.
            Err(Trouble::Away(_)) => seconds += 5,
            Err(trouble) if trouble.is("slow_down") || trouble.is("temporarily_unavailable") => seconds += 5,
            Err(trouble) if trouble.is("access_denied") => return Err("you refused, so you're not logged in".into()),
            Err(trouble) if trouble.is("expired_token") => return Err("the code has expired; log in again".into()),
            decided => return Ok(decided?),
        }
    }
}
