//! Applications that no one has registered: the ID of one is the address of a document that says what it is (OAuth Client ID
//! Metadata Document). It is read when a user is sent here, and kept as a row beside those of the others. Server side.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Client, ClientKind, RS256, host_of, store,
    typed::{parse_addresses, parse_name},
};
use crate::{
    auth::{app::App, throttle::Way},
    base::{
        error::{AppError, Field, Invalid},
        fetch::Fetch,
    },
    oauth::{
        scope::{OURS, Scopes},
        settings::OauthSettings,
    },
};

const BYTES_MAX: usize = 5 * 1024;
/// A document is read anew after this time: what it takes back works no longer.
const FRESH_MS: i64 = 3_600_000;

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<IgnoredAny>,
    id_token_signed_response_alg: Option<String>,
}

/// Reads the document of this ID where it was not read lately, and keeps what it says. For a user who is logged in: no
/// stranger makes this server call addresses. What is wrong with the document, if anything is.
pub async fn learn(app: &App, settings: &OauthSettings, id: &str, ip: &str) -> Result<Option<String>, AppError> {
    let (pool, now_ms) = (&app.state.db.pool, app.now_ms());
    if store::is_fresh(pool, id, now_ms - FRESH_MS).await? {
        return Ok(None);
    }
    let _counted = app.throttle.admit(Way::Document, ip).await?;
    let read = Fetch::new(settings.reach(&app.state.config)).get(id, BYTES_MAX).await;
    match read.and_then(|document| parse(id, &document, now_ms)) {
        Ok(client) => {
            store::save_client(pool, &client, Some(now_ms)).await?;
            Ok(None)
        }
        Err(why) => {
            tracing::warn!(client = id, why, "the document of an application is of no use");
            Ok(Some(why))
        }
    }
}

fn parse(id: &str, document: &[u8], now_ms: i64) -> Result<Client, String> {
    let document: Document = serde_json::from_slice(document).map_err(|error| {
        tracing::warn!(client = id, %error, "the document of an application can't be read");
        "it isn't JSON with the fields of such a document"
    })?;
    if document.client_id != id {
        return Err("client_id isn't its own address".into());
    }
    if document.token_endpoint_auth_method.is_some_and(|method| method != "none") {
        return Err("token_endpoint_auth_method isn't none".into());
    }
    if document.client_secret.is_some() {
        return Err("it has a client_secret, which everyone can read".into());
    }
    // It keeps no secret, and goes on without the browser.
    let kind = ClientKind::Native;
    let redirects = addresses(&document.redirect_uris, kind, "redirect_uris")?;
    if redirects.is_empty() {
        return Err("redirect_uris is missing".into());
    }
    let name = match document.client_name.as_deref().unwrap_or_default() {
        "" => host_of(id),
        name => match parse_name(name) {
            Err(Invalid::AppNameOurs) => host_of(id),
            parsed => parsed.map_err(|_| "client_name can't be shown".to_owned())?.to_owned(),
        },
    };
    // For words that are not ours no one here could say what they let it do.
    let ours = OURS.map(|(name, _)| name);
    let asked = document.scope.unwrap_or_else(|| ours.join(" "));
    let scopes: Vec<&str> = asked.split_ascii_whitespace().filter(|word| ours.contains(word)).collect();
    Ok(Client {
        id: id.to_owned(),
        name,
        kind,
        redirects,
        logouts: addresses(&document.post_logout_redirect_uris, kind, "post_logout_redirect_uris")?,
        scopes: Scopes::stored(&scopes.join(" ")),
        // Of other words there is nothing to choose: they get what all get.
        id_token_alg: document.id_token_signed_response_alg.filter(|alg| alg == RS256).unwrap_or_default(),
        created_at: now_ms,
        ..Client::default()
    })
}

fn addresses(list: &[String], kind: ClientKind, what: &str) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    let parsed = parse_addresses(&list.join("\n"), kind, Field::Redirects, &mut wrong);
    if wrong.is_empty() { Ok(parsed) } else { Err(format!("{what} has an address that can't be used")) }
}
