//! What acts on one's own account lead to: the page that says what has happened. Server side.

use super::{not_me::Denied, second_factor::Changed};
use crate::{auth::sessions::Receipt, base::error::AppError, web::border};

/// Goes on to the list of devices, which says what has ended.
pub fn ended(receipt: Receipt) -> Result<Receipt, AppError> {
    border::lead_to("/account/devices", &[("ended", &receipt.sessions_ended.to_string())])?;
    Ok(receipt)
}

/// Goes on to the page of new codes, or to that of two-factor authentication; either says `what` has happened.
pub fn changed(changed: Option<Changed>, what: &str) -> Result<Receipt, AppError> {
    let Some(Changed { receipt, codes, new_secret }) = changed else {
        border::lead_to("/account/second-factor", &[])?;
        return Ok(Receipt::default());
    };
    border::keep_secret(new_secret.as_ref());
    match &codes {
        Some(sealed) => border::lead_to("/account/second-factor/codes", &[("codes", sealed), ("second_factor", what)])?,
        None => border::lead_to("/account/second-factor", &[("second_factor", what)])?,
    }
    Ok(receipt)
}

/// Goes on to the page that says what a denial has brought about.
pub fn denied(denied: Denied) -> Result<Receipt, AppError> {
    let ended = denied.receipt.sessions_ended.to_string();
    let factor_goes = denied.factor_goes.map(|at| at.to_string());
    let reset = match &denied.reset_to {
        Ok(email) => ("reset_to", &**email),
        Err(why) => ("no_link", why.into_str()),
    };
    let facts = [("stays", denied.stays), ("goes_back", denied.goes_back), ("password_works", denied.password_works)];
    let mut told = vec![("ended", &*ended), reset];
    told.extend(factor_goes.as_deref().map(|at| ("factor_goes", at)));
    told.extend(facts.into_iter().filter(|(_, is_so)| *is_so).map(|(name, _)| (name, "yes")));
    border::lead_to("/not-me/done", &told)?;
    Ok(denied.receipt)
}
