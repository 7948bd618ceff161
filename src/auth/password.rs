//! The one way to prove who one is with a password. Server side.

use serde_json::{Value, json};

use super::{
    app::App,
    event,
    event::Event,
    throttle::{Try, guessing},
    users::{store::User, upgrade::upgrade_hash},
    visit::Visit,
};
use crate::{
    base::{db::again, error::AppError},
    passwords::typed::Password,
};

/// What someone claims.
pub struct Claim<'a> {
    /// Normalised; counted whether or not there is such an account.
    pub email: &'a str,
    /// `None`: what was typed can be no one's password.
    pub password: Option<Password>,
    /// Whether this user gets in with the right one.
    pub may: fn(&User) -> bool,
    /// What is written down when it is wrong; its subject is the user, if there is one.
    pub failed: Event,
}

/// Counts the try, looks the user up, checks the password and writes down a failure; `None` when it is wrong. Whoever is
/// unknown, or may not get in, costs the same work and is always wrong (ASVS 6.3.8). The user comes back as they are
/// stored now: their hash may have become stronger. With them comes the try, for the caller to say that it has succeeded.
///
/// # Errors
/// [`AppError::TooManyTries`], before anything is looked at; [`AppError::Busy`].
pub async fn prove(
    app: &App,
    visit: &Visit,
    claim: Claim<'_>,
    user: impl Future<Output = Result<Option<User>, AppError>>,
) -> Result<Option<(User, Try)>, AppError> {
    let Claim { email, password, may, failed } = claim;
    // Counted before it is looked at; a refusal is the same whether or not there is such an account.
    let tried = app.throttle.admit_password(&visit.caller.ip, visit.device.as_ref(), email).await?;
    let looked_at = async {
        let user = user.await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let matches = match password.clone() {
            Some(password) => app.passwords.verify(&visit.caller, password, stored).await?,
            None => false,
        };
        Ok((user, matches))
    };
    match (tried.keep_if_looked_at(looked_at.await).await?, password) {
        ((Some(mut user), true), Some(password)) if may(&user) => {
            user.password_hash = upgrade_hash(&app.state, &app.passwords, &visit.caller, &user, password).await;
            Ok(Some((user, tried)))
        }
        ((user, matches), _) => {
            // For the log alone: whoever asks hears the same as after a wrong one.
            let shut = user.as_ref().filter(|_| matches).and_then(User::why_shut);
            let failed = Event { details: shut.map_or(Value::Null, |why| json!({ "account": why })), ..failed };
            note_failure(app, visit, &tried, user.as_ref(), failed).await?;
            Ok(None)
        }
    }
}

/// The event names no account that does not exist, and holds no email that someone mistyped.
async fn note_failure(
    app: &App,
    visit: &Visit,
    tried: &Try,
    user: Option<&User>,
    mut failed: Event,
) -> Result<(), AppError> {
    failed.subject = user.map(|user| user.id.clone()).unwrap_or_default();
    let _turn = app.throttle.turn().await?;
    again(|| async {
        let mut tx = app.state.db.begin_write().await?;
        event::store::insert(&mut *tx, &failed, app.now_ms()).await?;
        guessing::note(&mut tx, &app.state, tried, user, &visit.caller).await?;
        Ok::<_, AppError>(tx.commit().await?)
    })
    .await?;
    let said = if failed.details.is_null() { "wrong password" } else { "right password of an account that is shut" };
    tracing::info!(user = failed.subject, what = failed.kind.into_str(), "{said}");
    Ok(())
}
