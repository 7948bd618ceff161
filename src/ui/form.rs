//! What every form of an action is made of: the form, what is wrong with it, its button. Rendered by the server;
//! [`live`](super::live) makes it react, and without scripts it works as it stands. Server side.

use std::sync::{Arc, PoisonError};

use leptos::{context::Provider, prelude::*};

use super::{
    before::{Before, before},
    draw::Content,
    field::PasswordField,
    problems::{AtInput, Problems},
};
use crate::{
    base::error::{AppError, Field},
    web::page::{Held, PAGE, VIEWER, here, refused, viewer},
};

/// The form of an action. The answer to it is another page, or stands in it.
#[component]
pub fn Form(
    /// Of the action.
    #[prop(into)]
    action: String,
    /// Why it was refused before.
    #[prop(default = refused())]
    before: Option<AppError>,
    children: Content,
) -> impl IntoView {
    let seconds = match before {
        Some(AppError::TooManyTries { seconds }) => Some(seconds.to_string()),
        _ => None,
    };
    view! {
        <FormFrame before>
            <form method="post" action=action class="form" novalidate data-live="" data-wait=seconds>
                <Here />
                {children.drawn()}
            </form>
        </FormFrame>
    }
}

/// Says in a form which page it stands on: there a person without JavaScript comes back to. And whose page it is: after
/// someone else has logged in, in another tab, it does nothing.
#[component]
pub fn Here() -> impl IntoView {
    let viewer = viewer().map(|id| view! { <input type="hidden" name=VIEWER value=id /> });
    view! {
        <input type="hidden" name=PAGE value=here() />
        {viewer}
    }
}

/// A form that is only a button, for an act that needs nothing but a click. It is sent as browsers do.
#[component]
pub fn ButtonForm(
    /// Of the action.
    action: &'static str,
    /// What goes along, unseen.
    #[prop(optional)]
    fields: Vec<(&'static str, String)>,
    #[prop(optional)] form_class: &'static str,
    #[prop(default = "button")] class: &'static str,
    /// What the button is called at `/confirm`, if the act may have to wait for the password there.
    #[prop(optional, into)]
    confirm_label: Option<String>,
    /// What the button says.
    children: Content,
) -> impl IntoView {
    let fields = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let name = confirm_label.as_ref().map(|_| Held::BUTTON);
    view! {
        <form method="post" action=action class=form_class>
            <Here />
            {fields.collect_view()}
            <button type="submit" class=class name=name value=confirm_label>{children.drawn()}</button>
        </form>
    }
}

/// Around a form that is sent as browsers do, because whatever the answer is, it is another page. Inside a [`Form`] it
/// is there already.
#[component]
pub fn FormFrame(#[prop(default = refused())] before: Option<AppError>, children: Content) -> impl IntoView {
    let before = Before { error: before, inputs: Arc::default() };
    view! {
        <Provider value=before>
            <WithProblems children />
        </Provider>
    }
}

/// The fields come first: they say where they stand.
#[component]
fn WithProblems(children: Content) -> impl IntoView {
    let children = children.drawn();
    view! {
        <FormError />
        {children}
    }
}

/// The error that belongs to no field, or how many fields are wrong, with a link to each: a live region that is always
/// there, so that screen readers hear it come. It has the focus, unless it is one field alone that is wrong.
#[component]
fn FormError() -> impl IntoView {
    let Before { error, inputs } = expect_context();
    let is_first = error.as_ref().is_some_and(|error| error.only_field().is_none());
    let inputs = inputs.lock().unwrap_or_else(PoisonError::into_inner).clone();
    view! {
        <div data-form-error="" tabindex="-1" aria-live="assertive" autofocus=is_first>
            {error.map(|error| {
                let wrong = inputs.iter().filter_map(|(field, id)| Some(((*id).to_owned(), error.at(*field)?)));
                let fields = wrong.map(|(id, words)| AtInput { id, words }).collect();
                view! { <Problems words=error.above_form() fields /> }
            })}
        </div>
    }
}

/// What stands in a form after one error only.
#[component]
pub fn OnlyAfter(error: AppError, children: Content) -> impl IntoView {
    let hidden = before().is_none_or(|before| before != error);
    view! { <div data-after=error.into_str() hidden=hidden>{children.drawn()}</div> }
}

/// Stands in the form of every sensitive act: the password field, which comes into the page once the act has asked for
/// it. Whatever was typed or chosen stays, and the same button goes on. Without JavaScript `/confirm` does this.
#[component]
pub fn ProofField(
    /// Where a page has several, each needs its own.
    #[prop(default = "password")]
    id: &'static str,
) -> impl IntoView {
    view! {
        <template>
            <PasswordField id label="Your password" field=Field::CurrentPassword />
        </template>
    }
}

/// The button that sends the form. While the answer is on its way it says so and cannot be pressed again; nor can it
/// during a wait, whose seconds it shows and leaves unsaid.
#[component]
pub fn SubmitButton(
    label: &'static str,
    pending_label: &'static str,
    #[prop(default = "button")] class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=class name=Held::BUTTON value=label data-pending=pending_label>
            {label}
            <span class="countdown" aria-hidden="true" hidden></span>
        </button>
    }
}
