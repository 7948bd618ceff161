//! What every form of an action does the same way. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{clear_input, focus, hide, notice::Notice, wait::Wait};
use crate::error::{AppError, Field};

/// The error of an action's last call, if it failed; before the first call, that of the form which led to this page
/// without JavaScript. Islands get it from the server, or browser and server would see two different forms.
pub fn error_of<S>(action: ServerAction<S>, before: Option<AppError>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let (value, version) = (action.value(), action.version());
    Signal::derive(move || match version.get() {
        0 => before.clone(),
        _ => value.with(|result| result.as_ref().and_then(|result| result.as_ref().err().cloned())),
    })
}

/// What to say at one field.
pub fn at(error: Signal<Option<AppError>>, field: Field) -> Signal<Option<String>> {
    Signal::derive(move || error.with(|error| error.as_ref().and_then(|error| error.at(field))))
}

/// After a failure: the password is emptied, and a code that was wrong, and the focus goes to the first field with an error, else to the notice.
pub fn focus_first_error(error: Signal<Option<AppError>>, fields: &'static [(Field, &'static str)]) {
    Effect::new(move |_| {
        let Some(error) = error.get() else { return };
        clear_input("password");
        if error == AppError::WrongCode {
            clear_input("code");
        }
        // What the act before brought about does not belong to this error.
        hide("receipt");
        let asks = |field: Field| field == Field::CurrentPassword && error.asks_for_proof();
        let first = fields.iter().find(|(field, _)| error.at(*field).is_some() || asks(*field));
        // After the view has changed, or there is no notice yet to focus.
        let id = first.map_or("form-error", |(_, id)| *id);
        request_animation_frame(move || focus(id));
    });
}

/// Whether the field of this id gets the focus when the page comes: the first that is wrong, or, before anything is
/// wrong, the first. Where the error belongs to no field, none: the notice is read first.
pub fn begins_with(id: &str, before: Option<&AppError>, fields: &[(Field, &str)]) -> bool {
    let first = match before {
        Some(error) => fields.iter().find(|(field, _)| error.at(*field).is_some()),
        None => fields.first(),
    };
    first.is_some_and(|(_, first)| *first == id)
}

/// The error that belongs to no field, above the form.
#[component]
pub fn FormError(
    #[prop(into)] error: Signal<Option<AppError>>,
    #[prop(optional, into)] wait: Signal<Wait>,
) -> impl IntoView {
    let is_over = Memo::new(move |_| wait.get() == Wait::Over);
    view! {
        <div id="form-error" tabindex="-1" aria-live="assertive">
            {move || {
                if is_over.get() {
                    return Some(view! { <Notice kind="info">"You can try again now."</Notice> });
                }
                error.get().map(|error| {
                    // To be asked for the password is no problem.
                    let kind = if error == AppError::ProofNeeded { "info" } else { "error" };
                    view! { <Notice kind>{error.to_string()}</Notice> }
                })
            }}
        </div>
    }
}

/// The button that sends the form. While the answer is on its way it says so and cannot be pressed again; nor can it
/// during a wait, whose seconds it shows and leaves unsaid.
#[component]
pub fn SubmitButton(
    label: &'static str,
    pending_label: &'static str,
    #[prop(into)] pending: Signal<bool>,
    #[prop(default = "button")] class: &'static str,
    #[prop(optional, into)] wait: Signal<Wait>,
) -> impl IntoView {
    let idle = move || !pending.get() && !matches!(wait.get(), Wait::Seconds(_));
    let seconds = move || match wait.get() {
        Wait::Seconds(seconds) => Some(view! { <span class="countdown" aria-hidden="true">"("{seconds}" s)"</span> }),
        Wait::Nothing | Wait::Over => None,
    };
    view! {
        // Not `disabled`: the focus would be lost.
        <button
            type="submit"
            class=class
            aria-disabled=move || (!idle()).then_some("true")
            on:click=move |event| {
                if !untrack(idle) {
                    event.prevent_default();
                }
            }
        >
            {move || if pending.get() { pending_label } else { label }}
            {seconds}
        </button>
    }
}
