//! Whom to ask for help. Both sides.

use leptos::prelude::*;

use crate::base::contact::Contact;

/// Put into the context by the server.
#[derive(Clone, Debug, Default)]
pub struct Support(pub Option<Contact>);

/// A sentence: "Contact help@example.com.", or whoever it is where no one is named.
#[component]
pub fn AskForHelp() -> impl IntoView {
    let Support(contact) = use_context().unwrap_or_default();
    match contact {
        Some(Contact { words, href }) => {
            view! { "Contact " <a href=href rel="external" class="address">{words}</a> "." }.into_any()
        }
        None => "Contact your administrator.".into_any(),
    }
}
