//! Whom to ask for help. Server side.

use leptos::prelude::*;

use super::draw::Draw;
use crate::base::{contact::Contact, state::AppState};

/// Where a page says no, and someone is named who can help.
#[component]
pub fn OfferHelp() -> impl IntoView {
    support_contact().map(|_| view! { <p>"Need help? " <AskForHelp /></p> })
}

/// A sentence: "Contact help@example.com.", or whoever it is where no one is named.
#[component]
pub fn AskForHelp() -> impl IntoView {
    match support_contact() {
        Some(Contact { words, href }) => {
            view! { "Contact " <span class="address"><a href=href rel="external">{words}</a>"."</span> }.drawn()
        }
        None => "Contact your administrator.".drawn(),
    }
}

fn support_contact() -> Option<Contact> {
    expect_context::<AppState>().config.support_contact.clone()
}
