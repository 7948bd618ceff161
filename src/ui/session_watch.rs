//! Over every page of someone who is logged in: says it when the session ends, at once and without a click. Both
//! sides; runs in the browser.

use std::time::Duration;

use leptos::{html::Dialog, prelude::*};

use super::{focus, notice::Notice, when::When};
use crate::{
    auth::{revocations::EndReason, sessions::Ended},
    web::session::client,
};

/// `user_id`, `sid`: whom and which session the page was made for.
#[island]
pub fn SessionWatch(user_id: String, sid: String) -> impl IntoView {
    let ended = RwSignal::new(None::<Ended>);
    let staying = RwSignal::new(false);
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        client::listen(user_id.clone(), sid.clone(), move |news| {
            staying.set(false);
            ended.set(news);
            // After the view has changed: it is read out as it is then.
            set_timeout(move || show(dialog, news.is_some()), Duration::ZERO);
        });
    });
    view! {
        <dialog
            class="dialog"
            role="alertdialog"
            aria-labelledby="ended-why"
            aria-describedby="ended-kept"
            node_ref=dialog
            on:close=move |_| staying.set(true)
        >
            {move || ended.get().map(|ended| view! { <WhatNow ended dialog /> })}
        </dialog>
        {move || ended.get().filter(|_| staying.get()).map(|ended| view! { <NothingIsSaved ended /> })}
    }
}

fn show(dialog: NodeRef<Dialog>, open: bool) {
    let Some(dialog) = dialog.get_untracked() else { return };
    if !open {
        dialog.close();
    } else if dialog.show_modal().is_ok() {
        // Not a button: whoever is typing would press it before they have seen it.
        focus("ended-why");
    }
}

#[component]
fn WhatNow(ended: Ended, dialog: NodeRef<Dialog>) -> impl IntoView {
    let stay = move |_| show(dialog, false);
    let (label, href) = way_on(ended.reason);
    view! {
        <h2 id="ended-why" tabindex="-1">{ended.reason.sentence()}</h2>
        <p class="muted"><When ms=ended.at /></p>
        <p id="ended-kept">"Anything you typed is still on this page."</p>
        {(ended.reason == EndReason::NotMe).then(|| view! {
            <p>"Choose a new password with the link we emailed you, or on the device where you reported it."</p>
        })}
        <div class="buttons">
            <a href=href rel="external" class="button primary">{label}</a>
            <button type="button" class="button" on:click=stay>"Stay on this page"</button>
        </div>
    }
}

/// Stays at the top of the page.
#[component]
fn NothingIsSaved(ended: Ended) -> impl IntoView {
    let (label, href) = way_on(ended.reason);
    let label = if label == LOG_IN { "Log in in a new tab" } else { label };
    view! {
        <Notice kind="warning">
            <p>{ended.reason.sentence()} " You can't save changes until you log in again."</p>
            <p><a href=href target="_blank" rel="noopener" class="button">{label}</a></p>
        </Notice>
    }
}

const LOG_IN: &str = "Log in";

/// What helps: not everyone can log in with what they have.
fn way_on(reason: EndReason) -> (&'static str, String) {
    match reason {
        EndReason::NotMe => ("Choose a new password", "/forgot".to_owned()),
        // The login page says whom to ask.
        EndReason::Disabled => ("Get help", client::log_in_and_back()),
        _ => (LOG_IN, client::log_in_and_back()),
    }
}
