//! The device grant (RFC 8628): a program without a browser asks for a user, who says yes or no in a browser of theirs. Its
//! stories: it begins to ask, and the user says which one it is, and whether it may. Server side.

pub mod page;
pub mod store;

use serde_json::{Value, json};

use self::store::DeviceRow;
use super::{
    addresses::DEVICE_PAGE,
    allow::grant,
    authorize::{Asked, Device},
    clients,
    clients::{ClientKind, authenticate::Asker},
    refusal::Refusal,
    scope::Scopes,
    settings::OauthSettings,
    ticket,
};
use crate::{
    auth::{
        app::App,
        throttle,
        throttle::{Way, count::Limits},
        visit::Visit,
    },
    base::{
        caller::Caller,
        db::again,
        error::{AppError, Invalid},
        random,
        sealed::SecretKey,
    },
};

/// Time to find another device, and to log in there.
const LIFETIME_MS: i64 = 10 * 60_000;
const INTERVAL_MS: i64 = 5_000;
/// Of one application, that wait for a user at a time. How many one network begins is counted as attempts are.
const WAITING_MAX: i64 = 1_000;
/// Of the code: without vowels, which make words, and without digits, which look like letters. 34 random bits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_CHARS: usize = 8;

/// The answer of RFC 8628 3.2, what RFC 6749 5.2 names, or a wait where too many wait already.
pub async fn begin(Asker { app, client, caller, params, .. }: &Asker) -> Result<Value, Refusal> {
    if client.kind != ClientKind::Native {
        return Err(Refusal::new("unauthorized_client", "Only a phone or desktop app may ask for a device"));
    }
    let scopes = params.scopes_of_user(client)?;
    let issuer = &app.state.site.issuer;
    let audience = params.resource(issuer)?;
    let _counted = app.throttle.admit(Way::Device, &caller.ip).await?;
    let (code, device_code, now_ms) = (new_code()?, ticket::make(&app.secret, "lkd_")?, app.now_ms());
    let row = DeviceRow {
        hash: random::hash(&device_code),
        user_code: hash(&app.secret, &code),
        client_id: client.id.clone(),
        scopes: scopes.text(),
        resource: audience,
        user_agent: caller.user_agent.clone(),
        ip: caller.ip.clone(),
        created_at: now_ms,
        expires_at: now_ms + LIFETIME_MS,
        interval_ms: INTERVAL_MS,
        ..DeviceRow::default()
    };
    if !store::insert(&app.state.db.pool, &row, WAITING_MAX).await? {
        return Err(AppError::TooManyTries { seconds: 60 }.into());
    }
    Ok(json!({
        "device_code": device_code,
        "user_code": code,
        "verification_uri": format!("{issuer}{DEVICE_PAGE}"),
        "verification_uri_complete": format!("{issuer}{}", page_with(&code)),
        "expires_in": LIFETIME_MS / 1000,
        "interval": INTERVAL_MS / 1000,
    }))
}

/// The page, where the code stands in the field already.
pub fn page_with(code: &str) -> String {
    format!("{DEVICE_PAGE}?user_code={code}")
}

fn new_code() -> Result<String, AppError> {
    let mut code = String::new();
    while code.len() < CODE_CHARS {
        let [byte] = random::bytes()?;
        // Below twelve times twenty each letter is as likely.
        if byte < 240 {
            code.push(char::from(LETTERS[usize::from(byte % 20)]));
        }
    }
    Ok(shown(&code))
}

/// What the device with this code asks for, whoever says that it was typed. A code that is none was a guess of this network
/// and this user, and stays counted: [`AppError::TooManyTries`] comes before anything is looked at.
pub async fn find(app: &App, settings: &OauthSettings, visit: &Visit, typed: &str) -> Result<Asked, AppError> {
    let user_id = &visit.user()?.user.id;
    if typed.trim().is_empty() {
        return Err(Invalid::CodeMissing.into());
    }
    let tried = app.throttle.admit(Way::Client, &visit.caller.ip).await?;
    let row = tried.keep_if_looked_at(again(|| waiting(app, user_id, typed)).await).await?;
    let row = row.ok_or(Invalid::DeviceCodeWrong)?;
    let client = clients::store::find_client(&app.state.db.pool, &row.client_id).await?;
    let client = client.filter(|client| settings.admits(client)).ok_or(Invalid::DeviceCodeWrong)?;
    tried.succeeded().await;
    let caller = Caller { ip: row.ip, user_agent: row.user_agent };
    let device = Device { code: shown(typed), caller, since: row.created_at };
    Ok(Asked::by_device(client, Scopes::stored(&row.scopes), row.resource, device))
}

/// The device that waits with this code. A right one is not counted, and forgets no wrong one: whoever guesses may have a
/// device of their own.
async fn waiting(app: &App, user_id: &str, typed: &str) -> Result<Option<DeviceRow>, AppError> {
    let (mut tx, now_ms) = (app.state.db.begin_write().await?, app.now_ms());
    let limits = Limits::of_account(&app.state.config);
    throttle::count_act(&mut tx, &format!("device codes of {user_id}"), &limits, now_ms).await?;
    let found = store::find_waiting(&mut *tx, &hash(&app.secret, typed), now_ms).await?;
    match found {
        Some(_) => tx.rollback().await?,
        None => tx.commit().await?,
    }
    Ok(found)
}

/// The user has looked at what is asked for, and says yes or no. The name of the application. Of two who decide at once, the
/// second has a code that is none any more.
pub async fn decide(
    app: &App,
    settings: &OauthSettings,
    visit: &Visit,
    code: &str,
    may: bool,
) -> Result<String, AppError> {
    let asked = find(app, settings, visit, code).await?;
    let mut tx = app.state.db.begin_write().await?;
    let grant_id = if may {
        Some(grant(&mut tx, app, visit, &asked, true).await?)
    } else {
        visit.user()?.hold(&mut tx).await?;
        None
    };
    if !store::decide(&mut *tx, &hash(&app.secret, code), grant_id.as_deref(), app.now_ms()).await? {
        return Err(Invalid::DeviceCodeWrong.into());
    }
    tx.commit().await?;
    Ok(asked.client.name)
}

/// However it was typed: `WDJB-MJHT`.
fn shown(typed: &str) -> String {
    let letters = typed.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase());
    let mut code: String = letters.collect();
    if let Some((middle, _)) = code.char_indices().nth(CODE_CHARS / 2) {
        code.insert(middle, '-');
    }
    code
}

/// What is stored. Keyed: 34 bits are soon tried out by who has the table.
fn hash(key: &SecretKey, typed: &str) -> String {
    key.tag(&format!("user code {}", shown(typed)))
}
