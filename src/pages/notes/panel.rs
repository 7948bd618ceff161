//! The life of the access token, and what to do when it is over. Both sides; runs in the browser.

use std::time::Duration;

use leptos::{either::Either, ev, prelude::*, task::spawn_local};

use super::state::{Act, Notes};
use crate::{
    ui::{after_render, bring_into_view, focus, notice::Notice},
    web::{
        session::client::session_is_over,
        token::client::{ApiClient, Trouble},
    },
};

/// Renewed this long before the end while someone is at the keyboard, in seconds.
const RENEW_AT_SECONDS: f64 = 30.0;

/// What is left of its time, how often it was renewed, the last answer. It is over with its session, and says so.
#[component]
pub fn TokenPanel(api: ApiClient) -> impl IntoView {
    let life = RwSignal::new("–".to_owned());
    let active = StoredValue::new(false);
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |_| active.set_value(true));
        let pointer = window_event_listener(ev::pointerdown, move |_| active.set_value(true));
        let tick = move || {
            let expires_at = api.token.expires_at.get_untracked();
            let left = ((expires_at - js_sys::Date::now()) / 1000.0).ceil().max(0.0);
            life.set(match () {
                () if session_is_over() => "Revoked".to_owned(),
                // A whole number: to format a float costs the browser package ten kilobytes.
                () if expires_at > 0.0 => time_left(left as i32),
                () => "–".to_owned(),
            });
            renew_if_used(api, left, active);
        };
        tick();
        let timer = set_interval_with_handle(tick, Duration::from_secs(1)).ok();
        on_cleanup(move || {
            keys.remove();
            pointer.remove();
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    view! {
        <aside class="card token-panel with-script" aria-label="Access token">
            <h2>"Access token"</h2>
            <dl class="facts">
                <div><dt>"Expires in"</dt><dd id="token-life">{move || life.get()}</dd></div>
                <div><dt>"Times renewed"</dt><dd id="token-renewals">{move || api.token.renewals.get()}</dd></div>
                <div><dt>"Last API response"</dt><dd id="token-answer">{move || api.token.last_answer.get()}</dd></div>
            </dl>
            <p class="muted">"The token is in an HttpOnly cookie, so no script can read it. It's renewed while you work."</p>
        </aside>
    }
}

fn time_left(seconds: i32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

/// An open page alone must not keep a session alive for ever, so only use since the last renewal renews.
fn renew_if_used(api: ApiClient, left: f64, active: StoredValue<bool>) {
    if left > 0.0 && left < RENEW_AT_SECONDS && active.get_value() {
        active.set_value(false);
        // What goes wrong here is said at the next call, which someone waits for.
        spawn_local(async move { drop(api.renew().await) });
    }
}

/// What went wrong with the last call, and the way on. The text in the editor stays as it is.
#[component]
pub fn TroubleNotice(notes: Notes) -> impl IntoView {
    Effect::new(move |was_there: Option<bool>| {
        let is_there = notes.trouble.with(Option::is_some);
        let stops_all =
            notes.trouble.with(|trouble| matches!(trouble, Some(Trouble::LoggedOut(_) | Trouble::OtherUser)));
        // By then the notice is in the page, or is gone with its button.
        after_render(move || match is_there {
            true if stops_all => focus("trouble"),
            // Whoever writes goes on writing, and sees it.
            true => bring_into_view("trouble"),
            false if was_there == Some(true) && focus_is_lost() => focus(place_to_go_on(notes)),
            false => {}
        });
        is_there
    });
    view! {
        <div id="trouble" tabindex="-1" role="alert">
            {move || notes.trouble.get().map(|trouble| match trouble {
                Trouble::LoggedOut(_) | Trouble::OtherUser => {
                    let other_user = trouble == Trouble::OtherUser;
                    Either::Left(view! { <LoggedOut notes words=trouble.sentence() other_user /> })
                }
                _ => Either::Right(view! {
                    <Notice kind="error">
                        <p>{words(&trouble)}</p>
                        <p><button type="button" class="button" on:click=move |_| try_again(notes)>"Try again"</button></p>
                    </Notice>
                }),
            })}
        </div>
    }
}

/// The button that had it is gone, and no one has put it elsewhere meanwhile.
fn focus_is_lost() -> bool {
    let active = document().active_element();
    active.is_none_or(|element| element.matches("body, #trouble").unwrap_or_default())
}

fn place_to_go_on(notes: Notes) -> &'static str {
    if notes.open.with_untracked(Option::is_some) { "body" } else { "search" }
}

fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused { status: 404, .. } => {
            "This note was deleted elsewhere. Your text is still here. Choose “Try again” to save it as a new note."
                .into()
        }
        other => other.sentence(),
    }
}

#[component]
fn LoggedOut(notes: Notes, words: String, other_user: bool) -> impl IntoView {
    let advice = if other_user {
        "Your text is safe as long as this page is open. In a new tab, log out and log in as yourself. Then come back and choose “Try again”."
    } else {
        "Your text is safe as long as this page is open. Log in in a new tab, come back and choose “Try again”."
    };
    let new_tab = if other_user {
        ("/dashboard", "See who is logged in (new tab)")
    } else {
        ("/login?next=%2Fnotes", "Log in in a new tab")
    };
    let has_text = move || notes.drafts.with(|drafts| drafts.values().any(super::draft::Draft::is_dirty));
    view! {
        <Notice kind="warning">
            <p id="logged-out-why">{words}</p>
            {move || has_text().then(|| view! { <p>{advice}</p> })}
            <div class="buttons">
                <a href=new_tab.0 target="_blank" rel="noopener" class="button primary">{new_tab.1}</a>
                <button type="button" class="button" on:click=move |_| try_again(notes)>"Try again"</button>
                {move || (!has_text()).then(|| view! { <a href="/login?next=%2Fnotes" rel="external" class="button">"Log in here"</a> })}
            </div>
        </Notice>
    }
}

/// Saves what is open and not saved; else reads the list again.
fn try_again(notes: Notes) {
    let dirty = notes.open.with_untracked(|open| open.as_deref().is_some_and(|key| notes.is_dirty(key)));
    if dirty { notes.act(Act::Save) } else { notes.load() }
}
