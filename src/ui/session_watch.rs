//! Over every page of someone who is logged in: says it when the session ends, at once and without a click. Rendered by
//! the server; `live` fills it in.

use leptos::prelude::*;

use super::{contact::AskForHelp, notice::Notice};

/// `user_id`, `sid`: whom and which session the page was made for.
#[component]
pub fn SessionWatch(user_id: String, sid: String) -> impl IntoView {
    view! {
        <dialog
            id="session-watch"
            class="dialog"
            role="alertdialog"
            aria-labelledby="ended-why"
            aria-describedby="ended-kept"
            data-user=user_id
            data-sid=sid
        ></dialog>
        <template id="mold-ended">
            <h2 id="ended-why" tabindex="-1"></h2>
            <p class="muted"><time class="moment"></time></p>
            <p id="ended-kept">"Anything you typed is still on this page."</p>
            <p class="after-not-me">
                "Choose a new password with the link we emailed you, or on the device where you reported it."
            </p>
            <p class="after-disabled"><AskForHelp /></p>
            <div class="buttons">
                <a rel="external" class="button primary"></a>
                <button type="button" class="button">"Stay on this page"</button>
            </div>
        </template>
        <template id="mold-nothing-is-saved">
            <Notice kind="warning">
                <p></p>
                <p class="after-disabled"><AskForHelp /></p>
                <a target="_blank" rel="noopener" class="button"></a>
            </Notice>
        </template>
    }
}
