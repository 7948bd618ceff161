//! The story of another name. Server side.

use crate::{
    auth::{app::App, event, event::Kind, users::store, visit::Visit},
    base::{display_name::DisplayName, error::AppError},
};

pub async fn change_name(app: &App, visit: &Visit, name: &str) -> Result<(), AppError> {
    let (someone, name, now_ms) = (visit.user()?, DisplayName::parse(name)?, app.now_ms());
    let mut tx = app.state.db.begin_write().await?;
    // Read again under the lock: the address may be changing, and what is searched through holds both.
    store::lock(&mut *tx, &someone.user.id).await?;
    let user = store::find_by_id(&mut *tx, &someone.user.id).await?.ok_or(AppError::NotLoggedIn)?;
    store::set_name(&mut tx, &user, &name, now_ms).await?;
    event::store::insert(&mut *tx, &someone.event(Kind::NameChanged, &visit.caller), now_ms).await?;
    Ok(app.terminator.revocations.commit_change(tx, &user.id).await?)
}
