//! `/`. Server side.

use leptos::prelude::*;

use super::drawing::Idea;
use crate::{
    auth::sessions::Viewer,
    ui::{
        draw::Draw,
        frame::{Link, Page},
        notice::OutcomeNotice,
        part_links::{Place, links_at},
    },
    web::page::typed,
};

#[component]
pub fn HomePage() -> impl IntoView {
    let logged_in = use_context::<Viewer>().is_some();
    let logged_out = typed().get("logged_out") == "here" && !logged_in;
    view! {
        <Page title="One login, two credentials, one switch" heading="One login,\ntwo credentials,\none switch">
            {logged_out.then(|| view! { <OutcomeNotice words="You're logged out." /> })}
            <div class="hero">
                <p class="lead">
                    "Sessions protect your pages, five-minute tokens protect your API, and one force logout ends both "
                    "at once, without a database read per API request."
                </p>
                <p class="buttons">
                    {if logged_in {
                        view! { <Link href="/dashboard" class="button primary">"Go to dashboard"</Link> }.drawn()
                    } else {
                        view! {
                            <Link href="/signup" class="button primary">"Sign up"</Link>
                            <Link href="/login" class="button">"Log in"</Link>
                        }
                        .drawn()
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
                    <p>"A session is a row in the database. The server looks it up on every page."</p>
                </li>
                <li>
                    <h2 class="key">"The key"</h2>
                    <p>"An access token is a signed statement. The API trusts it for five minutes without asking anyone."</p>
                </li>
                <li>
                    <h2 class="cut">"The switch"</h2>
                    <p>"Every instance keeps an exact list of what has been revoked, in memory. When a session ends, so do its tokens."</p>
                </li>
            </ul>
        </Page>
    }
}
