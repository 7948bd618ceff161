//! `/`. Both sides.

use leptos::prelude::*;

use crate::{
    sessions::Viewer,
    ui::frame::{Link, Page},
};

#[component]
pub fn HomePage() -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    view! {
        <Page title="One log-in, two credentials, one switch">
            <p class="lead">
                "Server-side sessions guard the pages. Five-minute tokens guard the API. One log-in gives both, and one "
                "force-logout ends both at once, with no database read per API request."
            </p>
            <img
                class="drawing"
                src="/idea.svg"
                width="720"
                height="300"
                alt="One log-in leads to a session cookie for the pages and to an access token for the API; one switch cuts both."
            />
            <p class="buttons">
                {if logged_in {
                    view! { <Link href="/dashboard" class="button primary">"Open your dashboard"</Link> }.into_any()
                } else {
                    view! {
                        <Link href="/signup" class="button primary">"Sign up"</Link>
                        <Link href="/login" class="button">"Log in"</Link>
                    }
                    .into_any()
                }}
            </p>
            <ul class="three">
                <li class="card">
                    <h2>"The latch"</h2>
                    <p>"A session is a row in the database. Only the server can open it, and it is asked on every page."</p>
                </li>
                <li class="card">
                    <h2>"The key"</h2>
                    <p>"An access token is a signed text that the API believes for five minutes without asking anyone."</p>
                </li>
                <li class="card">
                    <h2>"The switch"</h2>
                    <p>"An exact list of what was revoked, in memory on every instance. When a session ends, its tokens end with it."</p>
                </li>
            </ul>
        </Page>
    }
}
