//! `/account/second-factor/codes`: new recovery codes, shown once. Server side.

use leptos::prelude::*;

use super::{CODES_FILE, PAGES, RecoveryCodes};
use crate::ui::{
    copy::{CopyButton, PrintButton},
    draw::Draw,
    frame::{Card, Link, Page},
    notice::{Notice, OutcomeNotice},
    tabs::Tabs,
};

#[component]
pub fn CodesPage(
    codes: Option<RecoveryCodes>,
    /// There were others before.
    replaced: bool,
    /// Whether two-factor authentication is on.
    is_on: bool,
) -> impl IntoView {
    view! {
        <Page title="Recovery codes">
            <Tabs label="Account" pages=PAGES />
            {match codes {
                Some(codes) => view! { <Codes codes replaced /> }.drawn(),
                None => view! { <Gone is_on /> }.drawn(),
            }}
        </Page>
    }
}

#[component]
fn Codes(codes: RecoveryCodes, replaced: bool) -> impl IntoView {
    let RecoveryCodes { codes, title, sealed } = codes;
    let list = codes.join("\n");
    let news = match replaced {
        true => "New recovery codes created. Your old codes no longer work.",
        false => "Two-factor authentication is on. Save your recovery codes.",
    };
    view! {
        <OutcomeNotice words=news />
        <Card id="codes" heading="Save your recovery codes">
            <p>"Use one of these if you lose your phone. Each works once, with your password. You won't see them again, so save them in a password manager or print them."</p>
            <p class="on-paper">{title} " Each code works once, instead of a code from your authenticator app. Creating new codes replaces these."</p>
            <pre class="codes">{list.clone()}</pre>
            <div class="buttons">
                <form method="post" action=CODES_FILE>
                    <input type="hidden" name="codes" value=sealed />
                    <button type="submit" class="button">"Download as text file"</button>
                </form>
                <CopyButton text=list what="the recovery codes" />
                <PrintButton />
                <Link href="/account/second-factor" class="button primary">"I've saved my codes"</Link>
            </div>
        </Card>
    }
}

#[component]
fn Gone(is_on: bool) -> impl IntoView {
    let words = match is_on {
        true => {
            "You can see recovery codes only once. If you haven't saved them, create new ones. Your old codes will stop working."
        }
        false => "You don't use two-factor authentication, so you have no recovery codes.",
    };
    view! {
        <Notice kind="info">{words}</Notice>
        <p><Link href="/account/second-factor" class="button">"Go to two-factor authentication"</Link></p>
    }
}
