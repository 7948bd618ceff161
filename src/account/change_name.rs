//! The story of another name. Server side.

use leptos::prelude::expect_context;

use crate::{
    audit::{
        self,
        event::{Actor, Event, Kind},
    },
    error::AppError,
    sessions::guard,
    state::AppState,
    users::{credentials::DisplayName, store},
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

pub async fn change_name(name: String) -> Result<(), AppError> {
    let someone = guard::find().ok_or(AppError::NotLoggedIn)?;
    let name = DisplayName::parse(&name)?;
    let state = expect_context::<AppState>();
    let mut tx = state.db.begin_write().await?;
    // Read again under the lock: the address may be changing, and what is searched through holds both.
    store::lock(&mut *tx, &someone.user.id).await?;
    let user = store::find_by_id(&mut *tx, &someone.user.id).await?.ok_or(AppError::NotLoggedIn)?;
    store::set_name(&mut tx, &user, &name, state.clock.now_ms()).await?;
    let mut event = Event::new(Kind::NameChanged, Actor::User(user.id.clone()), &user.id).from_caller(&caller());
    event.sid = someone.log_in.sid;
    audit::store::insert(&mut *tx, &event, state.clock.now_ms()).await?;
    tx.commit().await?;
    tell_next_page(&Typed::new(&[("changed", "name")]));
    leptos_axum::redirect("/account/profile");
    Ok(())
}
