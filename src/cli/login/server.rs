//! A server of ours as a program sees it: what its document names, and the answers of its routes. Server side.

use axum::{
    body::Body,
    http::{Request, header, request::Builder},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    base::fetch::leads_here,
    cli::{Failed, ask},
};

/// Every server of ours knows the command line by this name (migrations/0019_oauth.sql).
const CLIENT_ID: &str = "latchkey-cli";
pub const SCOPES: &str = "openid profile email account:read";

/// What the document of RFC 8414 says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub device_authorization_endpoint: String,
    pub userinfo_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
}

#[derive(Debug, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub expires_in: i64,
    pub refresh_token: Option<String>,
    pub refresh_token_expires_in: Option<i64>,
}

/// Why there is no answer of use.
pub enum Trouble {
    /// The server was not reached, or something else answers there.
    Away(String),
    /// What RFC 6749 5.2 or RFC 9457 names, and the status.
    Refused { status: u16, error: String, words: String },
}

impl Trouble {
    pub fn is(&self, code: &str) -> bool {
        matches!(self, Self::Refused { error, .. } if error == code)
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(words) => words,
            Trouble::Refused { error, .. } if error == "invalid_client" => {
                "this server doesn't let its command line in; ask its administrator".into()
            }
            Trouble::Refused { error, words, .. } => format!("the server refused ({error}): {words}"),
        }
        .into()
    }
}

impl Server {
    pub async fn find(address: &str) -> Result<Self, Failed> {
        let address = address.trim_end_matches('/');
        private(address)?;
        let document = Request::get(format!("{address}/.well-known/oauth-authorization-server"));
        let server: Self = answer(address, document, Body::empty()).await.map_err(|trouble| match trouble {
            Trouble::Away(words) => words,
            Trouble::Refused { .. } => format!("{address} is no Latchkey server that applications can log in on"),
        })?;
        // Or a server could have us send our codes to another one (RFC 8414 3.3).
        if server.issuer != address {
            return Err(format!("the server at {address} calls itself {}; log in there", server.issuer).into());
        }
        server.expect_private()?;
        Ok(server)
    }

    /// Whether no one in between reads what is sent there, wherever these words come from.
    pub fn expect_private(&self) -> Result<(), Failed> {
        let Self { issuer, authorization_endpoint, device_authorization_endpoint, userinfo_endpoint, .. } = self;
        let all = [issuer, authorization_endpoint, device_authorization_endpoint, userinfo_endpoint];
        all.into_iter()
            .chain([&self.token_endpoint, &self.revocation_endpoint])
            .try_for_each(|at| Ok(private(at).map(drop)?))
    }

    /// Sends a form in the name of the command line.
    pub async fn post<T: DeserializeOwned>(&self, url: &str, fields: &[(&str, &str)]) -> Result<T, Trouble> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("client_id", CLIENT_ID).extend_pairs(fields).finish();
        let request = Request::post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        answer(&self.issuer, request, form.into()).await
    }

    pub async fn tokens(&self, fields: &[(&str, &str)]) -> Result<Tokens, Trouble> {
        self.post(&self.token_endpoint, fields).await
    }

    /// RFC 7009: its answer says nothing.
    pub async fn revoke(&self, token: &str) -> Result<(), Trouble> {
        self.post::<Option<()>>(&self.revocation_endpoint, &[("token", token)]).await.map(|_| ())
    }

    pub async fn get<T: DeserializeOwned>(&self, url: &str, access_token: &str) -> Result<T, Trouble> {
        let request = Request::get(url).header(header::AUTHORIZATION, format!("Bearer {access_token}"));
        answer(&self.issuer, request, Body::empty()).await
    }

    /// Where a browser logs in, to come back here with a code.
    pub fn authorization(&self, fields: &[(&str, &str)]) -> Result<Url, Failed> {
        let mut url = Url::parse(&self.authorization_endpoint)?;
        url.query_pairs_mut().append_pair("client_id", CLIENT_ID).extend_pairs(fields);
        Ok(url)
    }
}

/// This address, if no one in between reads what is sent there.
pub fn private(address: &str) -> Result<String, String> {
    let url = Url::parse(address).map_err(|_| format!("{address} is no address, like https://login.example.com"))?;
    if url.scheme() == "https" || url.scheme() == "http" && leads_here(&url) {
        return Ok(address.to_owned());
    }
    Err(format!("{address} must begin with https://, or anyone in between could read your login"))
}

async fn answer<T: DeserializeOwned>(server: &str, request: Builder, body: Body) -> Result<T, Trouble> {
    let odd = |what: &str| Trouble::Away(format!("{server} doesn't answer like a Latchkey server ({what})"));
    let request = request.header(header::ACCEPT, "application/json").header(header::USER_AGENT, user_agent());
    let request = request.body(body).map_err(|error| odd(&error.to_string()))?;
    let answer = ask::send(request).await;
    let answer = answer.map_err(|why| Trouble::Away(format!("can't reach {server}: {why}")))?;
    match (answer.status().as_u16(), &**answer.body()) {
        (200, b"") => serde_json::from_slice(b"null"),
        (200, body) => serde_json::from_slice(body),
        (status, body) => return Err(refusal(status, body).unwrap_or_else(|| odd(&format!("status {status}")))),
    }
    .map_err(|_| odd("no JSON"))
}

/// As the routes of OAuth say it, or as those of the API do.
fn refusal(status: u16, body: &[u8]) -> Option<Trouble> {
    #[derive(Deserialize)]
    struct Said {
        #[serde(alias = "code")]
        error: String,
        #[serde(alias = "detail", default)]
        error_description: String,
    }
    let said: Said = serde_json::from_slice(body).ok()?;
    Some(Trouble::Refused { status, error: said.error, words: said.error_description })
}

/// With the name of this host, which stands in the list of devices.
fn user_agent() -> String {
    let host = gethostname::gethostname();
    let host = host.to_string_lossy().replace(|c: char| !c.is_ascii_alphanumeric() && !".-_".contains(c), "");
    format!("latchkey/{} ({})", env!("CARGO_PKG_VERSION"), host.chars().take(64).collect::<String>())
}
