//! The border of applications: what their owners do, what a user allows and takes back. Actions.

use leptos::prelude::*;

use super::{
    addresses, allow,
    answer::Answer,
    authorize,
    authorize::{Asked, Wrong},
    clients::{
        ClientKind,
        assertion::PublicKey,
        by::By,
        credentials,
        credentials::{Credential, secret_name},
        page_of, register,
        typed::Typed,
    },
    device, log_out, mint,
    settings::{OauthSettings, Registrars},
};
use crate::{
    auth::{log_in, reauthenticate, sessions::guard::LoggedIn, tokens::keys::Keys},
    base::{db::again, error::AppError, random},
    web::border,
};

/// Registers an application of one's own. Callable by an administrator, or by everyone where the setting says so, who has
/// proven lately who they are, or does so with `password`.
#[server(prefix = "/actions", endpoint = "register_app")]
pub async fn register_app(
    #[server(flatten)] typed: Typed,
    expires: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (app, someone) = (border::app(), border::user()?);
    // A service acts with whatever scopes it was registered with, and no user is asked.
    let is_service = typed.kind == ClientKind::Service.into_str();
    let by_everyone = expect_context::<OauthSettings>().applications_by == Registrars::Everyone && !is_service;
    register::require_registrar(&app, &someone, by_everyone).await?;
    // What was typed is looked at before a password is asked for.
    typed.parse()?;
    let days = credentials::parse_days(&expires.unwrap_or_default())?;
    let (someone, visit) = (border::require_fresh(password).await?, border::visit());
    publish_key(&typed).await?;
    let (owner_id, by) = (&someone.user.id, By::User(&someone, &visit.caller));
    let credential = Credential::Secret { days };
    let (id, secret) = again(|| register::register(&app.state, by, owner_id, &typed, credential)).await?;
    show_app(&someone, &id, "registered", secret.as_deref())
}

/// The key for its ID tokens is there before the first login, so that other instances publish it by then.
async fn publish_key(typed: &Typed) -> Result<(), AppError> {
    mint::key_for(&expect_context::<Keys>(), &typed.id_token_alg).await.map(drop)
}

/// Leads to the page of an application, which says `what` was done and shows a new secret, once.
fn show_app(someone: &LoggedIn, id: &str, what: &str, secret: Option<&str>) -> Result<(), AppError> {
    let seal = |secret: &str| border::app().secret.seal(&secret_name(&someone.log_in.sid), secret.as_bytes());
    let sealed = secret.map(|secret| seal(secret).ok_or_else(AppError::internal)).transpose()?;
    border::lead_to(&page_of(id), &[("app", what), ("secret", &sealed.unwrap_or_default())])
}

/// Changes an application of one's own, or of anyone for an administrator. Callable as [`register_app`].
#[server(prefix = "/actions", endpoint = "change_app")]
pub async fn change_app(id: String, #[server(flatten)] typed: Typed, password: Option<String>) -> Result<(), AppError> {
    border::user()?;
    // Before a password is asked for; what kind it is the story knows by itself.
    typed.parse()?;
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    publish_key(&typed).await?;
    let by = By::User(&someone, &visit.caller);
    let is_less = again(|| register::change(&app.terminator, by, &id, &typed)).await?;
    show_app(&someone, &id, if is_less { "less" } else { "changed" }, None)
}

/// Makes another secret for an application of one's own, or of anyone for an administrator, and shows it once. Callable as
/// [`register_app`].
#[server(prefix = "/actions", endpoint = "add_app_secret")]
pub async fn add_app_secret(id: String, expires: Option<String>, password: Option<String>) -> Result<(), AppError> {
    let days = credentials::parse_days(&expires.unwrap_or_default())?;
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    let (by, credential) = (By::User(&someone, &visit.caller), Credential::Secret { days });
    let secret = again(|| credentials::add(&app.state, by, &id, credential)).await?;
    show_app(&someone, &id, "secret", secret.as_deref())
}

/// Adds a public key to an application of one's own, or of anyone for an administrator: what it signs with the private half
/// shows who it is. Callable as [`register_app`].
#[server(prefix = "/actions", endpoint = "add_app_key")]
pub async fn add_app_key(id: String, public_key: Option<String>, password: Option<String>) -> Result<(), AppError> {
    border::user()?;
    let key = PublicKey::parse(&public_key.unwrap_or_default())?;
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    let by = By::User(&someone, &visit.caller);
    again(|| credentials::add(&app.state, by, &id, Credential::Key(&key))).await?;
    show_app(&someone, &id, "key", None)
}

/// Removes the secret that begins so, or the key of this thumbprint: it works no more. Callable as [`add_app_secret`].
#[server(prefix = "/actions", endpoint = "remove_app_secret")]
pub async fn remove_app_secret(id: String, prefix: Option<String>, password: Option<String>) -> Result<(), AppError> {
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    let (by, prefix) = (By::User(&someone, &visit.caller), prefix.unwrap_or_default());
    again(|| credentials::remove_secret(&app.state, by, &id, &prefix)).await?;
    show_app(&someone, &id, "removed", None)
}

/// Disables an application: it gets nothing, and its tokens are revoked. Callable as [`add_app_secret`].
#[server(prefix = "/actions", endpoint = "disable_app")]
pub async fn disable_app(id: String, password: Option<String>) -> Result<(), AppError> {
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    again(|| register::set_disabled(&app.terminator, By::User(&someone, &visit.caller), &id, true)).await?;
    show_app(&someone, &id, "disabled", None)
}

/// Enables an application again. Callable as [`add_app_secret`].
#[server(prefix = "/actions", endpoint = "enable_app")]
pub async fn enable_app(id: String, password: Option<String>) -> Result<(), AppError> {
    let (someone, app, visit) = (border::require_fresh(password).await?, border::app(), border::visit());
    again(|| register::set_disabled(&app.terminator, By::User(&someone, &visit.caller), &id, false)).await?;
    show_app(&someone, &id, "enabled", None)
}

/// Deletes an application, and all that users have let it do; `confirmation` is its name. Callable as [`add_app_secret`].
#[server(prefix = "/actions", endpoint = "delete_app")]
pub async fn delete_app(id: String, confirmation: Option<String>, password: Option<String>) -> Result<(), AppError> {
    let (someone, app, visit) = (border::user()?, border::app(), border::visit());
    register::check_confirmation(&app.state, &someone, &id, &confirmation.unwrap_or_default()).await?;
    let someone = border::require_fresh(password).await?;
    again(|| register::delete(&app.terminator, By::User(&someone, &visit.caller), &id)).await?;
    border::lead_to(addresses::APPS, &[("app", "deleted")])
}

/// Takes back what an application may do for who is logged in, or one grant of it. Callable by who is logged in.
#[server(prefix = "/actions", endpoint = "disconnect_app")]
pub async fn disconnect_app(id: String, grant: Option<String>) -> Result<(), AppError> {
    let (app, visit, grant) = (border::app(), border::visit(), grant.unwrap_or_default());
    let was_there = again(|| allow::disconnect(&app, &visit, &id, &grant)).await?;
    match &*grant {
        "" => border::lead_to(addresses::CONNECTED, &[("app", "disconnected")]),
        _ => border::lead_to("/account/devices", &[("ended", if was_there { "1" } else { "0" })]),
    }
}

/// Leads to what the device with this code asks for. Callable by who is logged in.
#[server(prefix = "/actions", endpoint = "enter_device_code")]
pub async fn enter_device_code(code: Option<String>) -> Result<(), AppError> {
    let settings = expect_context::<OauthSettings>();
    let asked = device::find(&border::app(), &settings, &border::visit(), &code.unwrap_or_default()).await?;
    let code = asked.device.map(|device| device.code).unwrap_or_default();
    border::lead_to(&device::page_with(&code), &[("device", &code)])
}

/// Logs out the user of this browser and goes back to the application that asked for it; `request` is what it sent. Callable
/// by anyone. Where the database does not take it, the session lives on.
#[server(prefix = "/actions", endpoint = "log_out_for_app")]
pub async fn log_out_for_app(request: Option<String>) -> Result<(), AppError> {
    let (app, keys, settings) = (border::app(), expect_context::<Keys>(), expect_context::<OauthSettings>());
    let (_, back) = log_out::check(&app, &keys, &settings, &request.unwrap_or_default()).await?;
    log_in::log_out(&app, &border::visit()).await?;
    border::forget_session();
    match back {
        Some(answer) => lead_back(&answer),
        None => border::lead_to("/", &[("logged_out", "here")]),
    }
}

/// Lets an application do what it asks for, or refuses it; `request` is what it sent, or `device` the code of its device,
/// `user` whom the page was made for. Callable by who is logged in.
#[server(prefix = "/actions", endpoint = "allow_app")]
pub async fn allow_app(
    request: Option<String>,
    device: Option<String>,
    user: Option<String>,
    decision: Option<String>,
    password: Option<String>,
) -> Result<(), AppError> {
    let (app, someone, may) = (border::app(), border::user()?, decision.as_deref() == Some("allow"));
    let settings = expect_context::<OauthSettings>();
    if user.as_ref() != Some(&someone.user.id) {
        return Err(AppError::BadRequest);
    }
    if let Some(code) = device {
        let visit = border::visit();
        let name = again(|| device::decide(&app, &settings, &visit, &code, may)).await?;
        let decided = if may { "allowed" } else { "refused" };
        return border::lead_to(addresses::DEVICE_PAGE, &[("decided", decided), ("name", &name)]);
    }
    let keys = expect_context::<Keys>();
    let answer = match authorize::check(&app, &keys, &settings, &request.unwrap_or_default()).await? {
        Err(Wrong::Here(_)) => return Err(AppError::BadRequest),
        Err(Wrong::Back(answer)) => answer,
        Ok(asked) if may => allow(someone, &asked, password).await?,
        Ok(asked) => asked.denied(),
    };
    lead_back(&answer)
}

/// To the page that goes on to the application. Its address says with which answer: another tab may have one, too.
fn lead_back(answer: &Answer) -> Result<(), AppError> {
    let answer = serde_json::to_string(answer)?;
    border::lead_to(&format!("{}?of={}", addresses::ANSWER, random::hash(&answer)), &[("answer", &answer)])
}

async fn allow(someone: LoggedIn, asked: &Asked, password: Option<String>) -> Result<Answer, AppError> {
    let (app, mut visit) = (border::app(), border::visit());
    if password.is_some() || !asked.is_proven(&someone, app.now_ms()) {
        let proven = reauthenticate::with_password(&app, &visit, password).await?;
        border::keep_secret(proven.new_secret.as_ref());
        visit.someone = Some(proven.someone);
    }
    again(|| allow::allow(&app, &visit, asked, true)).await
}
