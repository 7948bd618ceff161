//! `/account/data`: what is kept about a person, to take along or to have erased. Both sides.

use leptos::prelude::*;

use super::PAGES;
use crate::ui::{
    frame::{Link, Page},
    tabs::Tabs,
};

#[component]
pub fn DataPage() -> impl IntoView {
    view! {
        <Page title="Your data">
            <Tabs label="Account" pages=PAGES />
            <section class="card" aria-labelledby="download">
                <h2 id="download">"Download it"</h2>
                <p>"One file (JSON) with everything that is kept about you: your account, your notes, your sessions and devices, and what happened. No password and no other secret is in it."</p>
                // No `download`: the answer may lead to the page that asks for the password.
                <p><Link href="/account/data/export" class="button">"Download your data"</Link></p>
            </section>
            <section class="card danger" aria-labelledby="erase">
                <h2 id="erase">"Delete your account"</h2>
                <p>"Erases all of it, for good. You can download it before."</p>
                <p><Link href="/account/delete" class="button">"Delete your account…"</Link></p>
            </section>
        </Page>
    }
}
