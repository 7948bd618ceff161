//! `/admin/users/{id}`: one person's live sessions, and the way to end them. Both sides.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Redirect, hooks::use_params_map};

use super::{
    UserDetails,
    actions::{ForceLogOut, read_user},
};
use crate::{
    error::{AppError, Field},
    sessions::{Receipt, page::SessionList},
    ui::{
        field::TextField,
        focus,
        form::{FormError, SubmitButton, at, error_of, focus_first_error},
        frame::{Link, Page, Refused},
        notice::Notice,
        when::When,
    },
    web::typed,
};

#[component]
pub fn UserPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|params| params.get("id").unwrap_or_default());
    let action = ServerAction::<ForceLogOut>::new();
    let details = Resource::new_blocking(
        {
            let id = id.clone();
            // After a force-logout the list of sessions is read again.
            move || (id.clone(), action.version().get())
        },
        |(id, _)| read_user(id),
    );
    view! {
        <Transition>
            {move || {
                let id = id.clone();
                Suspend::new(async move {
                    match details.await {
                        Ok(details) => view! { <Content details action /> }.into_any(),
                        Err(AppError::NotLoggedIn) => {
                            let path = format!("/login?next=%2Fadmin%2Fusers%2F{id}");
                            view! { <Redirect path /> }.into_any()
                        }
                        Err(error) => view! { <Refused error /> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

#[component]
fn Content(details: UserDetails, action: ServerAction<ForceLogOut>) -> impl IntoView {
    let UserDetails { user, sessions, is_self } = details;
    let live = sessions.len();
    view! {
        <Page title="User" heading=user.name.clone()>
            <p><Link href="/admin/users">"All users"</Link></p>
            <ReceiptNotice action />
            <section class="card" aria-labelledby="person">
                <h2 id="person">"Account"</h2>
                <dl class="facts">
                    <div><dt>"E-mail"</dt><dd>{user.email}</dd></div>
                    <div><dt>"Role"</dt><dd>{user.role.as_text()}</dd></div>
                    <div><dt>"State"</dt><dd>{if user.disabled { "disabled" } else { "active" }}</dd></div>
                    <div><dt>"Since"</dt><dd><When ms=user.created_at /></dd></div>
                </dl>
            </section>
            <section class="card" aria-labelledby="sessions">
                <h2 id="sessions">"Live sessions"</h2>
                <SessionList sessions empty="No live session." />
            </section>
            <section class="card danger" aria-labelledby="force">
                <h2 id="force">"Force log-out"</h2>
                <p>
                    {format!(
                        "Ends {} now, and every access token that this person still holds, before it expires.",
                        match live { 0 => "whatever is live".to_owned(), 1 => "1 session".to_owned(), n => format!("{n} sessions") },
                    )}
                    {is_self.then_some(" This is your own account: you will be logged out, too.")}
                </p>
                <ForceForm id=user.id action />
            </section>
        </Page>
    }
}

#[component]
fn ForceForm(id: String, action: ServerAction<ForceLogOut>) -> impl IntoView {
    let error = error_of(action);
    focus_first_error(error, &[(Field::Reason, "reason")]);
    view! {
        <FormError error />
        <ActionForm action attr:class="form" attr:novalidate="">
            <input type="hidden" name="user" value=id />
            <TextField
                name="reason"
                label="Reason"
                autocomplete="off"
                help="Goes into the audit log. The person is told only that an administrator did it."
                value=typed().get("reason")
                error=at(error, Field::Reason)
            />
            <SubmitButton label="Force log-out" pending_label="Ending…" pending=action.pending() class="button danger" />
        </ActionForm>
    }
}

/// What the force-logout did: from the action's answer, or, without JavaScript, from the answer before this page.
#[component]
fn ReceiptNotice(action: ServerAction<ForceLogOut>) -> impl IntoView {
    let before = serde_json::from_str::<Receipt>(&typed().get("receipt")).ok();
    let receipt = Memo::new(move |_| {
        let now = action.value().with(|answer| answer.as_ref().and_then(|answer| answer.as_ref().ok().cloned()));
        now.or_else(|| before.clone())
    });
    Effect::new(move |_| {
        if receipt.with(Option::is_some) {
            request_animation_frame(|| focus("receipt"));
        }
    });
    view! {
        <div id="receipt" tabindex="-1" role="status">
            {move || receipt.get().map(|receipt| view! { <Notice kind="success">{words(&receipt)}</Notice> })}
        </div>
    }
}

fn words(receipt: &Receipt) -> String {
    let count = |n: u64, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
    format!(
        "{} ended, {} possibly live, refused after {} ms.",
        count(receipt.sessions_ended, "session", "sessions"),
        count(receipt.tokens_possibly_live, "token was", "tokens were"),
        receipt.milliseconds,
    )
}
