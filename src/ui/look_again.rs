//! A page that shows work under way looks again by itself. Both sides; without JavaScript there is the link.

use std::time::Duration;

use leptos::prelude::*;

const EVERY: Duration = Duration::from_secs(2);

/// Loads the page anew every two seconds, until someone stops it (WCAG 2.2.2).
#[island]
pub fn LookAgain(href: String) -> impl IntoView {
    let goes_on = RwSignal::new(true);
    Effect::new(move |_| {
        set_timeout(
            move || {
                if goes_on.try_get_untracked() == Some(true) {
                    let _ = window().location().reload();
                }
            },
            EVERY,
        );
    });
    view! {
        <p>
            <a href=href rel="external">"Refresh"</a>
            " "
            <button type="button" class="button quiet with-script" on:click=move |_| goes_on.set(false)>
                {move || if goes_on.get() { "Stop refreshing every 2 seconds" } else { "Refreshing stopped" }}
            </button>
        </p>
    }
}
