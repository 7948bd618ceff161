//! The field for a new password, which says how strong it is while it is typed. Both sides.

use leptos::prelude::*;

use super::{Assessment, PASSWORD_MAX_CHARS, client::Question};
use crate::ui::field::PasswordField;

/// The fewest characters of a new password on this server: a context of every page, for [`min_chars`].
#[derive(Clone, Copy)]
pub struct MinChars(pub u8);

/// For pages, which hand it to their island.
pub fn min_chars() -> u8 {
    use_context::<MinChars>().map_or(10, |MinChars(least)| least)
}

/// Stands in every form that sets a password. Needs [`min_chars`] of the page. `email` and `person` say whose password
/// it is where the form has no fields of the names `email` and `name`. Without JavaScript only the help is there.
#[component]
pub fn NewPasswordField(
    #[prop(default = "password")] name: &'static str,
    label: &'static str,
    min: u8,
    #[prop(optional, into)] email: String,
    #[prop(optional, into)] person: String,
    #[prop(optional)] autofocus: bool,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let question = Question::new(min, email, person);
    let answer = question.answer;
    // A form that was refused says why; who types on hears of what is there now.
    Effect::new(move |_| {
        error.track();
        question.forget();
    });
    let unanswered = Signal::derive(move || if answer.with(Option::is_some) { None } else { error.get() });
    let advice = Signal::derive(move || {
        let refused = answer.with(|answer| answer.and_then(|answer| answer.refused));
        refused.map(|why| why.to_string())
    });
    view! {
        <div class="new-password" on:input=move |event| question.typed(event_target_value(&event))>
            <PasswordField
                name
                label
                autocomplete="new-password"
                help=format!("{min} characters or more. A short sentence is easy to remember.")
                lengths=(min, PASSWORD_MAX_CHARS)
                autofocus
                error=unanswered
                advice
            >
                <Meter answer />
            </PasswordField>
        </div>
    }
}

/// A bar of five parts, and the word for it: colour alone tells nobody enough.
#[component]
fn Meter(answer: RwSignal<Option<Assessment>>) -> impl IntoView {
    let step = move || answer.with(|answer| answer.map(|answer| (answer.strength as u8).to_string()));
    view! {
        <div class="strength with-script" data-step=step>
            <span class="strength-bar" aria-hidden="true"></span>
            <span class="strength-word" aria-live="polite">
                {move || answer.get().map(|answer| view! {
                    <span class="visually-hidden">"Strength: "</span>
                    {answer.words()}
                })}
            </span>
        </div>
    }
}
