//! The field for a new password, which says how strong it is while it is typed: `live/strength.rs` asks. Rendered
//! by the server. Server side.

use leptos::prelude::*;

use super::field::PasswordField;
use crate::{
    base::{error::Field, state::AppState},
    passwords::PASSWORD_MAX_CHARS,
};

/// Stands in every form that sets a password. `email` and `person` say whose password it is where the form has no fields
/// of the names `email` and `name`. Without JavaScript only the help is there.
#[component]
pub fn NewPasswordField(
    #[prop(default = "password")] name: &'static str,
    label: &'static str,
    #[prop(optional, into)] email: String,
    #[prop(optional, into)] person: String,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let min = expect_context::<AppState>().config.password_min_chars;
    view! {
        <div class="new-password" data-email=email data-person=person>
            <PasswordField
                name
                label
                field=Field::Password
                autocomplete="new-password"
                help=format!("At least {min} characters. A short sentence works well.")
                lengths=(min, PASSWORD_MAX_CHARS)
                autofocus
            >
                <Meter />
            </PasswordField>
        </div>
    }
}

/// A bar of five parts, and the word for it: colour alone tells no one enough.
#[component]
fn Meter() -> impl IntoView {
    view! {
        <div class="strength with-script">
            <span class="strength-bar" aria-hidden="true"></span>
            <span class="strength-word" aria-live="polite"></span>
        </div>
    }
}
