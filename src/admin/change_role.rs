//! The story of another role. It counts on the next request: pages read it, tokens that name the one before die, and
//! the sessions go on under new secrets. Server side.

use serde_json::json;

use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::AppError,
    revocations::{self, EndReason},
    sessions::{
        Receipt,
        end::{Ender, Ending, Target},
    },
    users::{
        Role,
        store::{self, User},
    },
};

/// Gives `user` another role, and waits until every live instance refuses the tokens that name the one before; `None`
/// when the role is theirs already.
///
/// # Errors
/// [`AppError::LastAdministrator`]; or when the database does not take it.
pub async fn change_role(
    ender: &Ender,
    user: &User,
    role: Role,
    actor: Actor,
    words: String,
) -> Result<Option<Receipt>, AppError> {
    let mut tx = ender.state.db.begin_write().await?;
    if !store::set_role(&mut *tx, &user.id, role).await? {
        return Ok(None);
    }
    // Two administrators who demote each other at this moment must not both succeed.
    revocations::store::lock(&mut tx).await?;
    if role != Role::Admin && !store::another_admin_remains(&mut *tx, &user.id).await? {
        return Err(AppError::LastAdministrator);
    }
    let mut event = Event::new(Kind::RoleChanged, actor.clone(), &user.id);
    event.reason.clone_from(&words);
    event.details = json!({ "from": user.role().as_text(), "to": role.as_text() });
    audit::store::insert(&mut *tx, &event, ender.state.clock.now_ms()).await?;
    let ending = Ending { actor, reason: EndReason::RoleChanged, words, caller: Default::default() };
    ender.end_everywhere_with(tx, Target::Tokens(&user.id), ending).await.map(Some)
}
