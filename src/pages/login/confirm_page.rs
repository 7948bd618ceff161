//! Proving again who one is: the field inside the form of a sensitive act, and the page `/confirm`. Server side.

use leptos::{prelude::*, server_fn::ServerFn};
use uuid::Uuid;

use super::actions::Confirm;
use crate::{
    base::error::{AppError, Field},
    ui::{
        code::CodeBlock,
        draw::{Content, Draw},
        field::PasswordField,
        form::{Form, FormFrame, SubmitButton},
        frame::Page,
    },
    web::{
        local_path::LocalPath,
        page::{Held, PAGE, VIEWER, refused},
    },
};

/// Where everyone comes who has to prove again who they are, and goes on from: with the page that they wanted, or with
/// the act that they began without JavaScript.
#[component]
pub fn ConfirmPage(
    /// Whose password it is: password managers need to know. `None`: no one is logged in any more.
    email: Option<String>,
    /// Where to go afterwards, as it came; checked when it is used.
    next: String,
    /// The act that waits, if one does.
    held: Option<Held>,
    /// What that will do, and to whom.
    act: Option<String>,
) -> impl IntoView {
    match (held, email) {
        (Some(held), _) if refused() == Some(AppError::OtherUser) => view! { <OfSomeoneElse held /> }.drawn(),
        (Some(held), Some(email)) => view! { <Confirm><GoOnForm held email will=act /></Confirm> }.drawn(),
        (Some(held), None) => view! { <SendAgain held /> }.drawn(),
        (None, email) => view! {
            <Confirm>
                <Form action=Confirm::PATH>
                    <OwnPassword email=email.unwrap_or_default() />
                    <input type="hidden" name="next" value=next />
                    <SubmitButton label="Continue" pending_label="Checking…" />
                </Form>
            </Confirm>
        }
        .drawn(),
    }
}

#[component]
fn Confirm(children: Content) -> impl IntoView {
    view! {
        <Page title="Confirm your password" narrow=true>
            <p>"For your security, enter your password to continue."</p>
            {children.drawn()}
        </Page>
    }
}

/// The session has ended while the form was open: what was typed waits here.
#[component]
fn SendAgain(held: Held) -> impl IntoView {
    let Held { act, fields } = held;
    view! {
        <Page title="You're logged out" narrow=true>
            <p>"Anything you typed is still here. "<a href="/login" target="_blank">"Log in in a new tab"</a>", then come back and continue."</p>
            <form method="post" action=act class="form">
                <Carried fields />
                <button type="submit" class="button primary">"Continue"</button>
            </form>
        </Page>
    }
}

/// Another user has logged in while the form was open: nothing is done, and what was typed can be copied. Ids were not, and a
/// code is no one else's to see.
#[component]
fn OfSomeoneElse(held: Held) -> impl IntoView {
    let is_typed = |(name, text): &(String, String)| {
        ![PAGE, VIEWER, Held::BUTTON, "code"].contains(&&**name) && !text.is_empty() && Uuid::parse_str(text).is_err()
    };
    let typed = held.fields.into_iter().filter(is_typed);
    let lines: Vec<_> = typed.map(|(name, text)| format!("{}: {text}", name.replace('_', " "))).collect();
    view! {
        <Page title="Someone else is logged in" narrow=true>
            <p>"Someone else is now logged in in this browser, so nothing was done."</p>
            {(!lines.is_empty()).then(|| view! {
                <p>"What you typed is still here. Copy it if you need it."</p>
                <CodeBlock text=lines.join("\n") what="what you typed" />
            })}
        </Page>
    }
}

/// The act that waits, with everything that was typed for it. A plain form: the answer is another page.
#[component]
fn GoOnForm(held: Held, email: String, will: Option<String>) -> impl IntoView {
    let (label, reason) =
        (held.said(Held::BUTTON).unwrap_or("Continue").to_owned(), held.said("reason").map(str::to_owned));
    let back = held.said(PAGE).and_then(LocalPath::parse).map(|page| page.as_str().to_owned());
    let Held { act, fields } = held;
    // The page itself says what `ProofNeeded` would.
    let before = refused().filter(|error| *error != AppError::ProofNeeded);
    view! {
        <FormFrame before>
            {will.map(|words| view! { <p class="any-break"><strong>{words}</strong></p> })}
            {reason.map(|reason| view! { <p>"Reason: “" {reason} "”"</p> })}
            <form method="post" action=act class="form">
                <input type="hidden" name=Held::FIELD value="yes" />
                <OwnPassword email />
                <button type="submit" class="button primary">{label}</button>
                <Carried fields />
            </form>
            {back.map(|page| view! { <p><a href=page>"Cancel"</a></p> })}
        </FormFrame>
    }
}

#[component]
fn Carried(fields: Vec<(String, String)>) -> impl IntoView {
    fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view()
}

/// With the name beside it, so that a password manager knows whose password is asked for.
#[component]
fn OwnPassword(email: String) -> impl IntoView {
    view! {
        <input type="text" name=Held::USER_NAME value=email autocomplete="username" hidden />
        <PasswordField label="Your password" field=Field::CurrentPassword autofocus=true />
    }
}
