//! The stories of a visit's beginning and end. Server side.

use axum::http::request::Parts;
use leptos::prelude::use_context;

use super::{visit::Visit, world::Lab};
use crate::{
    auth::throttle::Way,
    base::error::AppError,
    web::{
        action::{append_cookie, caller},
        border, cookies,
        cookies::Name,
    },
};

pub async fn begin() -> Result<(), AppError> {
    let (lab, app, caller) = (here()?, border::app(), caller());
    if visit(&lab).await?.is_none() {
        let _counted = app.throttle.admit(Way::Visit, &caller.ip).await?;
        let (visit, secret) = Visit::begin(&lab, &caller).await?;
        tracing::info!(demo = visit.user_id, "a visit to the Lab started");
        append_cookie(cookies::set(&app.state.config, Name::Lab, &secret, super::visit::LIFETIME_MS / 1000));
    }
    leptos_axum::redirect("/lab");
    Ok(())
}

pub async fn end() -> Result<(), AppError> {
    let lab = here()?;
    if let Some(visit) = visit(&lab).await? {
        visit.end(&lab).await?;
    }
    border::forget(Name::Lab);
    leptos_axum::redirect("/lab");
    Ok(())
}

pub fn here() -> Result<Lab, AppError> {
    use_context::<Lab>().ok_or(AppError::NotFound)
}

pub async fn visit(lab: &Lab) -> Result<Option<Visit>, AppError> {
    let Some(parts) = use_context::<Parts>() else { return Ok(None) };
    Visit::of(lab, &parts.headers, &border::app().state.config).await
}

/// As [`visit`], for an experiment, which it counts and which has its turn now; with the demo user logged in.
pub async fn visit_for_experiment(lab: &Lab) -> Result<Visit, AppError> {
    let mut waiting = visit(lab).await?.ok_or(AppError::VisitOver)?;
    waiting.count_run(lab).await?;
    waiting.take_turn(lab).await?;
    // As the experiment before has left it.
    let mut visit = visit(lab).await?.ok_or(AppError::VisitOver)?.in_place_of(waiting);
    visit.ensure_logged_in(lab).await?;
    Ok(visit)
}
