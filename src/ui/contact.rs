//! Whom to ask for help. Server side.

use leptos::prelude::*;

use super::draw::Draw;

use crate::base::contact::Contact;

/// Put into the context by the server.
#[derive(Clone, Debug, Default)]
pub struct Support(pub Option<Contact>);

/// Where a page says no, and someone is named who can help.
#[component]
pub fn OfferHelp() -> impl IntoView {
    let Support(contact) = use_context().unwrap_or_default();
    contact.map(|_| view! { <p>"Need help? " <AskForHelp /></p> })
}

/// A sentence: "Contact help@example.com.", or whoever it is where no one is named.
#[component]
pub fn AskForHelp() -> impl IntoView {
    let Support(contact) = use_context().unwrap_or_default();
    match contact {
        Some(Contact { words, href }) => {
            view! { "Contact " <span class="address"><a href=href rel="external">{words}</a>"."</span> }.drawn()
        }
        None => "Contact your administrator.".drawn(),
    }
}
