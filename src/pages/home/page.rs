//! `/`. Both sides.

use leptos::prelude::*;

use super::drawing::Idea;
use crate::{
    auth::sessions::Viewer,
    ui::{
        frame::{Link, Page},
        part_links::{Place, links_at},
    },
};

#[component]
pub fn HomePage() -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    view! {
        <Page title="One log-in, two credentials, one switch" heading="One log\u{2011}in,\ntwo credentials,\none switch">
            <div class="hero">
                <p class="lead">
                    "Server-side sessions guard the pages. Five-minute tokens guard the API. One log-in gives both, and "
                    "one force-logout ends both at once, with no database read per API request."
                </p>
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
                    {links_at(Place::Home)
                        .into_iter()
                        .map(|link| view! { <Link href=link.href class="button quiet">{link.label}</Link> })
                        .collect_view()}
                </p>
            </div>
            <Idea />
            <ul class="three">
                <li>
                    <h2 class="latch">"The latch"</h2>
                    <p>"A session is a row in the database. Only the server can open it, and it is asked on every page."</p>
                </li>
                <li>
                    <h2 class="key">"The key"</h2>
                    <p>"An access token is a signed text that the API believes for five minutes without asking anyone."</p>
                </li>
                <li>
                    <h2 class="cut">"The switch"</h2>
                    <p>"An exact list of what was revoked, in memory on every instance. When a session ends, its tokens end with it."</p>
                </li>
            </ul>
        </Page>
    }
}
