//! The stories of rotating and killing signing keys. Who may tell them is the first argument. Server side.

use leptos::prelude::expect_context;
use serde::Serialize;

use super::force_logout::parse_reason;
use crate::{
    audit::event::Actor,
    error::AppError,
    sessions::guard::Administrator,
    tokens::{KillReceipt, Rotation, keys::Keys, rotation::Order},
    web::{
        action::{caller, tell_next_page},
        page::Typed,
    },
};

pub async fn rotate(admin: Administrator) -> Result<Rotation, AppError> {
    let rotation = expect_context::<Keys>().rotate(&order(admin, String::new())).await?;
    show_on_list("rotation", &rotation);
    Ok(rotation)
}

pub async fn kill(admin: Administrator, kid: &str, reason: &str) -> Result<KillReceipt, AppError> {
    let words = parse_reason(reason)?;
    let receipt = expect_context::<Keys>().kill(kid, &order(admin, words)).await?;
    show_on_list("killed", &receipt);
    Ok(receipt)
}

fn order(Administrator(admin): Administrator, words: String) -> Order {
    Order { actor: Actor::User(admin.user.id), words, caller: caller() }
}

/// With JavaScript and without, the list is loaded anew: it has changed.
fn show_on_list(name: &str, receipt: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(receipt) {
        tell_next_page(&Typed::new(&[(name, &text)]));
    }
    leptos_axum::redirect("/admin/keys");
}
