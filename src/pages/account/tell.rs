//! What acts on one's own account lead to: the page that says what has happened. Server side.

use super::{not_me::Denied, second_factor::Changed};
use crate::{
    auth::sessions::Receipt,
    web::{action::tell_next_page, border, page::Flash},
};

/// Goes on to the list of devices, which says what has ended.
pub fn ended(receipt: Receipt) -> Receipt {
    tell_next_page(&Flash::new(&[("ended", &receipt.sessions_ended.to_string())]));
    leptos_axum::redirect("/account/devices");
    receipt
}

/// Goes on to the page of new codes, or to that of two-factor authentication; either says `what` has happened.
pub fn changed(changed: Changed, what: &str) -> Receipt {
    border::keep_secret(changed.new_secret.as_ref());
    match &changed.codes {
        Some(sealed) => {
            tell_next_page(&Flash::new(&[("codes", sealed), ("second_factor", what)]));
            leptos_axum::redirect("/account/second-factor/codes");
        }
        None => {
            if changed.is_new {
                tell_next_page(&Flash::new(&[("second_factor", what)]));
            }
            leptos_axum::redirect("/account/second-factor");
        }
    }
    changed.receipt
}

/// Goes on to the page that says what a denial has brought about.
pub fn denied(denied: Denied) -> Receipt {
    let mut words = Flash::new(&[("ended", &denied.receipt.sessions_ended.to_string())]);
    let mut add = |name: &str, text: String| words.0.insert(name.into(), text);
    match denied.reset_to {
        Ok(email) => add("reset_to", email),
        Err(why) => add("no_link", why.into_str().to_owned()),
    };
    if let Some(at) = denied.factor_goes {
        add("factor_goes", at.to_string());
    }
    let facts = [("stays", denied.stays), ("goes_back", denied.goes_back), ("password_works", denied.password_works)];
    for (name, _) in facts.into_iter().filter(|(_, is_so)| *is_so) {
        add(name, "yes".into());
    }
    tell_next_page(&words);
    leptos_axum::redirect("/not-me/done");
    denied.receipt
}
