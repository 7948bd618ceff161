//! The story of logging everyone out. Who may tell it is the first argument. Server side.

use leptos::prelude::expect_context;

use super::{EVERYONE_WORDS, force_logout::parse_reason};
use crate::{
    error::{AppError, Invalid},
    revocations::EndReason,
    sessions::{
        Receipt,
        end::{Ender, Ending},
        guard::Administrator,
    },
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

pub async fn log_out_everyone(admin: Administrator, reason: &str) -> Result<Receipt, AppError> {
    let words = parse_reason(reason)?;
    let ending = Ending { words, ..Ending::by_user(&admin.0.user.id, EndReason::EveryoneLoggedOut, caller()) };
    let receipt = expect_context::<Ender>().end_everyone(Some(&admin), ending).await?;
    let kind = if receipt.is_confirmed() { "success" } else { "warning" };
    tell_next_page(&Typed::new(&[("receipt", &receipt.words()), ("kind", kind)]));
    leptos_axum::redirect("/admin/sessions");
    Ok(receipt)
}

/// What is wrong with the fields, both at once.
///
/// # Errors
/// [`AppError::Invalid`].
pub fn check(confirmation: &str, reason: &str) -> Result<(), AppError> {
    let same = confirmation.trim().eq_ignore_ascii_case(EVERYONE_WORDS);
    let confirmation = (!same).then_some(Invalid::ConfirmationWrong);
    let wrong: Vec<Invalid> = confirmation.into_iter().chain(parse_reason(reason).err()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(AppError::Invalid(wrong)) }
}
