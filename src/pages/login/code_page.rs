//! `/login/code`: the second half of a log-in. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::EnterCode;
use crate::{
    ui::{
        field::{Checkbox, CodeField},
        form::{Form, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        when::When,
    },
    web::page::typed,
};

#[component]
pub fn CodePage(
    /// Who is about to log in.
    email: String,
    /// Which half log-in the page is about.
    half: String,
    /// It asks for a recovery code, not for one of the app.
    recovery: bool,
    /// How long a device may be trusted; 0 where that is not offered.
    trust_days: i64,
    /// When the second factor goes, if "this was not me" has begun that; milliseconds since the epoch.
    goes_at: Option<i64>,
) -> impl IntoView {
    view! {
        <Page title="Enter a code" narrow=true>
            <p>"For " <strong>{email}</strong> "."</p>
            {goes_at.map(|ms| view! { <Goes ms /> })}
            <p>{if recovery {
                "Your password is right. Now one of the recovery codes that you saved. Each works once."
            } else {
                "Your password is right. Now the code that your authenticator app shows for this site."
            }}</p>
            <CodeForm half recovery trust_days trust=!typed().get("trust").is_empty() />
            {if recovery {
                view! { <p><Link href="/login/code">"Use the authenticator app"</Link></p> }.into_any()
            } else {
                view! { <p>"No phone at hand? "<Link href="/login/code?with=recovery">"Use a recovery code"</Link></p> }.into_any()
            }}
            <p>"Not you, or another account? "<Link href="/login">"Start again"</Link></p>
        </Page>
    }
}

/// Told after the right password only. For the owner who has the app it is a warning, for the one who was locked out by
/// somebody else's it says how long that lasts.
#[component]
fn Goes(ms: i64) -> impl IntoView {
    view! {
        <Notice kind="warning">
            <p>"This account's second factor goes at "<When ms />": a link from one of our mails said that something was not you."</p>
            <p>"A code that you enter here keeps it. If it is not yours, wait until then: from that moment on your password is enough."</p>
        </Notice>
    }
}

#[component]
fn CodeForm(half: String, recovery: bool, trust_days: i64, trust: bool) -> impl IntoView {
    view! {
        <Form action=EnterCode::PATH>
            <input type="hidden" name="half" value=half />
            {if recovery {
                view! { <CodeField label="Recovery code" recovery=true autofocus=true /> }
            } else {
                view! { <CodeField label="Code" help="Six digits; a new one every 30 seconds." autofocus=true /> }
            }}
            {(trust_days > 0).then(|| view! { <TrustBox days=trust_days checked=trust /> })}
            <SubmitButton label="Log in" pending_label="Checking…" />
        </Form>
    }
}

#[component]
fn TrustBox(days: i64, checked: bool) -> impl IntoView {
    view! {
        <Checkbox
            name="trust"
            label=format!("Trust this device for {}", if days == 1 { "a day".into() } else { format!("{days} days") })
            help="Log-in asks for the password only, here. Not on a shared computer."
            checked
        />
    }
}
