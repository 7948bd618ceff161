//! An authorization request, and what is wrong with it. Server side.

use super::{
    answer::Answer,
    clients,
    clients::{Client, ClientKind, is_document},
    grants,
    params::Params,
    refusal::Refusal,
    scope::{OFFLINE, Scopes},
    settings::OauthSettings,
};
use crate::{
    auth::{
        app::App,
        sessions::guard::LoggedIn,
        tokens::{
            keys::Keys,
            verify,
            verify::{claims_to_be_id_token, parties_of_id_token},
        },
    },
    base::{caller::Caller, error::AppError},
};

const STATE_BYTES_MAX: usize = 1_000;
const NONCE_BYTES_MAX: usize = 500;
/// No code and no error of ours is longer.
const ANSWER_CHARS_MAX: usize = 100;
/// SHA-256 in base64url.
const CHALLENGE_CHARS: usize = 43;
const FORM: &str = "form_post";
const REQUEST: &str = "invalid_request";
const NO_OBJECT: &str = "Send parameters, not a request object";
pub const PROMPTS: [&str; 4] = ["none", "login", "consent", "select_account"];

/// What an application asks for, understood.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub client: Client,
    pub redirect_uri: String,
    pub scopes: Scopes,
    /// The audience of its tokens.
    pub resource: String,
    /// `prompt=none`: no page may be shown.
    pub silent: bool,
    /// `prompt=login`, or a `max_age` of zero: the password is asked for anew.
    pub anew: bool,
    /// `prompt=consent`: the page of consent is shown, also to who has agreed before.
    asks_again: bool,
    /// In seconds.
    max_age: Option<i64>,
    /// The proof of identity must be later than this, in milliseconds since the epoch.
    pub proven_after: i64,
    /// Whom it expects, by id, where it has an ID token of theirs.
    user_id: Option<String>,
    state: String,
    by_form: bool,
    pub nonce: String,
    pub challenge: String,
    issuer: String,
    /// Where no browser asks (RFC 8628): there is no way back then.
    pub device: Option<Device>,
}

/// What asks for a user who is elsewhere.
#[derive(Clone, Debug)]
pub struct Device {
    /// What the user typed.
    pub code: String,
    pub caller: Caller,
    /// When it began to ask.
    pub since: i64,
}

pub enum Wrong {
    /// No one knows where to send the user: a page of ours says why.
    Here(String),
    /// The application is told.
    Back(Answer),
}

/// Set in the address by us, once the password was asked for anew.
pub const PROVEN_AFTER: &str = "proven_after";

/// Application and address first: no one is sent where nothing was registered (RFC 9700 4.11). Then what the application
/// is told.
pub async fn check(
    app: &App,
    keys: &Keys,
    settings: &OauthSettings,
    query: &str,
) -> Result<Result<Asked, Wrong>, AppError> {
    let params = Params::read(query.as_bytes());
    let (id, redirect_uri) = (params.get("client_id"), params.get("redirect_uri"));
    Ok(match clients::store::find_client(&app.state.db.pool, id).await? {
        Some(client)
            if settings.admits(&client) && client.kind.logs_users_in() && client.may_redirect_to(redirect_uri) =>
        {
            understand(app, keys, &params, client).map_err(Wrong::Back)
        }
        client => Err(Wrong::Here(match params.twice.as_deref() {
            Some(name @ ("client_id" | "redirect_uri")) => format!("{name} comes twice in the link."),
            _ => no_way_back(client.as_ref(), id, redirect_uri).to_owned(),
        })),
    })
}

/// Why there is no application, or no address, to send anyone to.
fn no_way_back(client: Option<&Client>, id: &str, redirect_uri: &str) -> &'static str {
    match client {
        None if id.is_empty() => "The link doesn't say which application sent you here: client_id is missing.",
        None if id.starts_with("http:") => "The ID of the application that sent you here is an address without https.",
        None => "The application that sent you here isn't registered.",
        Some(client) if !client.is_active() => "The application that sent you here is disabled.",
        Some(client) if !client.kind.logs_users_in() => "The application that sent you here doesn't log users in.",
        Some(_) if redirect_uri.is_empty() => "The link doesn't say where to send you back: redirect_uri is missing.",
        Some(_) => "The application wants to send you to an address it hasn't registered.",
    }
}

fn understand(app: &App, keys: &Keys, params: &Params, client: Client) -> Result<Asked, Answer> {
    let to = params.get("redirect_uri");
    let mut asked = Asked {
        redirect_uri: to.to_owned(),
        state: params.get("state").to_owned(),
        nonce: params.get("nonce").to_owned(),
        // A form leads to no installed app: the page that posts it may go to http addresses alone.
        by_form: params.get("response_mode") == FORM && ["http://", "https://"].iter().any(|web| to.starts_with(web)),
        issuer: app.state.site.issuer.clone(),
        client,
        ..Asked::default()
    };
    let fits = asked.state.len() <= STATE_BYTES_MAX && asked.answer(&[("code", &"-".repeat(ANSWER_CHARS_MAX))]).fits();
    if !fits {
        asked.state.clear();
    }
    match asked.read(app, keys, params, fits) {
        Ok(()) => Ok(asked),
        Err(refusal) => Err(asked.refused(refusal.error, &refusal.why)),
    }
}

/// Whom an ID token names, where one has come that is for this application.
fn expected_user(app: &App, keys: &Keys, hint: &str, client: &Client) -> Result<Option<String>, Refusal> {
    match parties_of_id_token(&app.state, keys, hint) {
        Ok((of_client, user_id)) if of_client == client.id => Ok(Some(user_id)),
        // Its key is no longer published, so no one can tell: as if none had come.
        Err(verify::Refusal::UnknownKey(_) | verify::Refusal::RevokedKey)
            if claims_to_be_id_token(hint, &app.state.site.issuer, &client.id) =>
        {
            Ok(None)
        }
        _ if hint.is_empty() => Ok(None),
        _ => Err(Refusal::request("id_token_hint must be an ID token of this server for this application")),
    }
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

impl Asked {
    /// All but the way back; or what the application is told, if anything is wrong with its request.
    fn read(&mut self, app: &App, keys: &Keys, params: &Params, fits: bool) -> Result<(), Refusal> {
        let expect = |is_so: bool, error: &'static str, why: &'static str| {
            if is_so { Ok(()) } else { Err(Refusal::new(error, why)) }
        };
        params.fault().map_or(Ok(()), Err)?;
        expect(fits, REQUEST, "state is too long")?;
        expect(self.nonce.len() <= NONCE_BYTES_MAX, REQUEST, "nonce is too long")?;
        expect(params.get("request").is_empty(), "request_not_supported", NO_OBJECT)?;
        expect(params.get("request_uri").is_empty(), "request_uri_not_supported", NO_OBJECT)?;
        let kind = params.required("response_type")?;
        expect(kind == "code", "unsupported_response_type", "response_type must be code")?;
        let mode = params.get("response_mode");
        expect(["", "query", FORM].contains(&mode), REQUEST, "response_mode must be query or form_post")?;
        expect(self.by_form || mode != FORM, REQUEST, "form_post needs an http address")?;
        self.challenge = params.get("code_challenge").to_owned();
        let is_proof = params.get("code_challenge_method") == "S256" && is_challenge(&self.challenge);
        expect(is_proof, REQUEST, "PKCE is required: code_challenge with code_challenge_method S256")?;
        self.scopes = params.scopes_of_user(&self.client)?;
        self.resource = params.resource(&self.issuer)?;
        let prompt: Vec<&str> = params.get("prompt").split_ascii_whitespace().collect();
        let is_known = prompt.iter().all(|word| PROMPTS.contains(word));
        expect(is_known, REQUEST, "prompt must be none, login, consent or select_account")?;
        self.silent = prompt.contains(&"none");
        expect(!self.silent || prompt.len() == 1, REQUEST, "prompt=none stands alone")?;
        self.asks_again = prompt.contains(&"consent") || prompt.contains(&"select_account");
        let max_age = params.get("max_age");
        self.max_age = max_age.parse().ok().filter(|seconds| *seconds >= 0);
        expect(max_age.is_empty() || self.max_age.is_some(), REQUEST, "max_age must be a number of seconds")?;
        self.anew = prompt.contains(&"login") || self.max_age == Some(0);
        self.user_id = expected_user(app, keys, params.get("id_token_hint"), &self.client)?;
        let proven_after = params.get(PROVEN_AFTER).parse::<i64>().ok();
        self.proven_after = proven_after.filter(|at| (1..=app.now_ms()).contains(at)).unwrap_or_default();
        Ok(())
    }

    pub fn by_device(client: Client, scopes: Scopes, resource: String, device: Device) -> Self {
        Self { client, scopes, resource, device: Some(device), ..Self::default() }
    }

    /// What the application must mend. A link of one that no one has registered sends no one anywhere by such a mistake
    /// (RFC 9700 4.11.2).
    pub fn refused(&self, error: &str, why: &str) -> Answer {
        let answer = self.answer(&[("error", error), ("error_description", why)]);
        Answer { by_hand: is_document(&self.client.id), ..answer }
    }

    /// The user has said no.
    pub fn denied(&self) -> Answer {
        self.answer(&[("error", "access_denied"), ("error_description", "The user refused")])
    }

    pub fn is_for(&self, someone: &LoggedIn) -> bool {
        self.user_id.as_ref().is_none_or(|id| *id == someone.user.id)
    }

    /// With the state that came, and the name of this server: an application that knows several is not led to mistake one
    /// for another (RFC 9207).
    pub fn answer(&self, fields: &[(&str, &str)]) -> Answer {
        let fields = [fields, &[("state", &*self.state), ("iss", &*self.issuer)]].concat();
        Answer { by_form: self.by_form, ..Answer::new(&self.client, &self.redirect_uri, &fields) }
    }

    /// Whether the last proof of identity is as recent as the application wants it.
    pub fn is_proven(&self, someone: &LoggedIn, now_ms: i64) -> bool {
        let at = someone.log_in.authenticated_at;
        // No one is asked again for the time that asking anew takes.
        let fits = |seconds: i64| seconds == 0 || now_ms - at <= seconds.saturating_mul(1000);
        let was_asked = !self.anew || self.proven_after > 0;
        was_asked && at >= self.proven_after && self.max_age.is_none_or(fits)
    }

    /// Goes on when the browser is logged out: a program on the user's own machine, or who asks for it.
    pub fn outlives_session(&self) -> bool {
        self.client.kind == ClientKind::Native || self.scopes.has(OFFLINE)
    }

    /// Whether the user must be asked. What an application without a secret asks for, anyone may ask for in its name, so an
    /// earlier yes says nothing (RFC 8252 8.6).
    pub async fn needs_consent(&self, app: &App, user_id: &str) -> Result<bool, AppError> {
        if self.asks_again || self.client.kind != ClientKind::Web {
            return Ok(true);
        }
        let agreed = grants::store::agreed(&app.state.db.pool, user_id, &self.client.id).await?;
        let same = agreed.iter().filter(|grant| grant.resource == self.resource);
        let given = same.fold(Scopes::default(), |all, grant| all.and(&Scopes::stored(&grant.scopes)));
        Ok(!given.covers(&self.scopes))
    }
}
