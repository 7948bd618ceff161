//! The frame of every act on an account that comes from a page. Server side.

use std::future::Future;

use super::{by::By, force_logout::parse_reason, outcome::Outcome};
use crate::{
    border,
    error::AppError,
    sessions::end::Ender,
    web::{
        action::{act_with_proof, tell_next_page},
        page::Typed,
    },
};

/// Asks who acts, why, and for a proof; tells the story; tells the page of the user what became of it. `typed`: what is
/// kept of the form when it is refused, `user` and `reason` among it.
///
/// # Errors
/// [`AppError::NotLoggedIn`], [`AppError::NotAllowed`], [`AppError::Invalid`] for the reason, [`AppError::ProofNeeded`],
/// [`AppError::WrongPassword`]; what the story returns.
pub async fn act<F>(
    typed: Typed,
    password: Option<String>,
    story: impl FnOnce(Ender, By) -> F + Send,
) -> Result<(), AppError>
where
    F: Future<Output = Result<Outcome, AppError>> + Send,
{
    let (user_id, reason) = (typed.get("user"), typed.get("reason"));
    act_with_proof(typed, async move {
        border::require_admin()?;
        parse_reason(&reason)?;
        let by = By::page(border::require_fresh_admin(password).await?, border::visit().caller, &reason)?;
        let outcome = story(border::app().ender, by).await?;
        tell_next_page(&outcome.for_next_page());
        leptos_axum::redirect(&outcome.page(&user_id));
        Ok(())
    })
    .await
}
