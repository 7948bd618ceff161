//! A page that shows work under way looks again by itself. Both sides; without JavaScript there is the link.

use leptos::prelude::*;

/// Has the page loaded anew every two seconds, until someone stops it (WCAG 2.2.2).
#[component]
pub fn LookAgain(href: &'static str) -> impl IntoView {
    view! {
        <p>
            <a href=href rel="external">"Refresh"</a>
            " "
            <button type="button" class="button quiet with-script" data-looks-again="">
                "Stop refreshing every 2 seconds"
            </button>
        </p>
    }
}
