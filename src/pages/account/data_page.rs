//! `/account/data`: what is kept about a person, to take along or to have erased. Server side.

use leptos::prelude::*;

use super::PAGES;
use crate::ui::{
    frame::{Card, Link, Page},
    notice::DownloadAgain,
    tabs::Tabs,
};

#[component]
pub fn DataPage() -> impl IntoView {
    view! {
        <Page title="Data and privacy">
            <Tabs label="Account" pages=PAGES />
            <DownloadAgain />
            <Card id="download" heading="Download your data">
                <p>"A JSON file with your account, notes, devices and activity. It doesn't contain passwords or other secrets."</p>
                // No `download`: the answer may lead to the page that asks for the password.
                <p><Link href="/account/data/export" class="button">"Download data"</Link></p>
            </Card>
            <Card id="erase" heading="Delete your account" danger=true>
                <p>"This permanently deletes your account and notes. Download your data first if you want a copy."</p>
                <p><Link href="/account/delete" class="button">"Delete account…"</Link></p>
            </Card>
        </Page>
    }
}
