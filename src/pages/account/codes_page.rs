//! `/account/second-factor/codes`: new recovery codes, shown once. Both sides.

use leptos::prelude::*;

use super::{CODES_FILE, PAGES, RecoveryCodes};
use crate::ui::{
    copy::{CopyButton, PrintButton},
    frame::{Link, Page},
    notice::Notice,
    tabs::Tabs,
};

#[component]
pub fn CodesPage(codes: Option<RecoveryCodes>) -> impl IntoView {
    view! {
        <Page title="Recovery codes">
            <Tabs label="Account" pages=PAGES />
            {match codes {
                Some(codes) => view! { <Codes codes /> }.into_any(),
                None => view! { <Gone /> }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn Codes(codes: RecoveryCodes) -> impl IntoView {
    let RecoveryCodes { codes, title, sealed } = codes;
    let list = codes.join("\n");
    view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind="success">"Your second factor is on, and these are the codes for the day when your phone is gone."</Notice>
        </div>
        <section class="card" aria-labelledby="codes">
            <h2 id="codes">"Save them now"</h2>
            <p>"Each lets you in once, with your password. They are shown this one time: what is stored here cannot be turned back into them. Keep them where you keep your papers, or in a password manager."</p>
            <p class="on-paper">{title} " Each works once, in place of a code of the authenticator app. New ones make these useless."</p>
            <pre class="codes">{list.clone()}</pre>
            <div class="buttons">
                <form method="post" action=CODES_FILE>
                    <input type="hidden" name="codes" value=sealed />
                    <button type="submit" class="button">"Download as a text file"</button>
                </form>
                <CopyButton text=list what="the recovery codes".to_owned() />
                <PrintButton />
                <Link href="/account/second-factor" class="button primary">"I have saved them"</Link>
            </div>
        </section>
    }
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <Notice kind="info">"Recovery codes are shown once, when they are made. If you have not saved them, make new ones: those before stop working then."</Notice>
        <p><Link href="/account/second-factor" class="button">"To the second factor"</Link></p>
    }
}
