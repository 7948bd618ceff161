//! Around the rotation and the kill of a signing key: who does it, and the page that says so. Server side.

use serde::Serialize;

use crate::{
    auth::{cause::Cause, event::Actor, revocations::EndReason, sessions::guard::Administrator},
    base::caller::Caller,
    web::{action::tell_next_page, page::Flash},
};

pub fn cause(Administrator(admin): Administrator, caller: Caller, words: String) -> Cause {
    Cause { words, ..Cause::by_user(&admin.user.id, EndReason::ByAdmin, caller) }
}

/// With JavaScript and without, the list is loaded anew: it has changed.
pub fn show_on_list(name: &str, receipt: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(receipt) {
        tell_next_page(&Flash::new(&[(name, &text)]));
    }
    leptos_axum::redirect("/admin/keys");
}
