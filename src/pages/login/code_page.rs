//! `/login/code`: the second half of a login. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::actions::EnterCode;
use crate::{
    base::number::counted,
    ui::{
        draw::Draw,
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
    /// Which half login the page is about.
    half: String,
    /// It asks for a recovery code, not for one of the app.
    recovery: bool,
    /// How long a device may be trusted; 0 where that is not offered.
    trust_days: i64,
    /// When the second factor goes, if "this was not me" has begun that; milliseconds since the epoch.
    goes_at: Option<i64>,
) -> impl IntoView {
    view! {
        <Page title="Login: two-factor authentication" heading="Two-factor authentication" narrow=true>
            <p>"For " <strong>{email}</strong> "."</p>
            {goes_at.map(|ms| view! { <Goes ms /> })}
            <p>{if recovery {
                "Enter one of your recovery codes. Each code works once."
            } else {
                "Enter the 6-digit code from your authenticator app."
            }}</p>
            <CodeForm half recovery trust_days />
            {if recovery {
                view! { <p><Link href="/login/code">"Use your authenticator app"</Link></p> }.drawn()
            } else {
                view! { <p>"Can't use your app? "<Link href="/login/code?with=recovery">"Use a recovery code"</Link></p> }.drawn()
            }}
            <p><Link href="/login">"Log in with a different account"</Link></p>
        </Page>
    }
}

/// Told after the right password only. For the owner who has the app it is a warning, for the one who was locked out by
/// someone else's it says how long that lasts.
#[component]
fn Goes(ms: i64) -> impl IntoView {
    view! {
        <Notice kind="warning">
            <p>"Two-factor authentication for this account will be turned off on "<When ms />". Someone used a link in one of our emails to report suspicious activity."</p>
            <p>"Entering a code here keeps it on. If the authenticator app isn't yours, wait until then. After that, your password is enough."</p>
        </Notice>
    }
}

#[component]
fn CodeForm(half: String, recovery: bool, trust_days: i64) -> impl IntoView {
    view! {
        <Form action=EnterCode::PATH>
            <input type="hidden" name="half" value=half />
            {if recovery {
                view! {
                    <input type="hidden" name="with" value="recovery" />
                    <CodeField label="Recovery code" recovery=true autofocus=true />
                }
                .drawn()
            } else {
                view! { <CodeField label="6-digit code" help="The code changes every 30 seconds." autofocus=true /> }.drawn()
            }}
            {(trust_days > 0).then(|| view! {
                <Checkbox
                    name="trust"
                    label=format!("Trust this device for {}", counted(trust_days, "day", "days"))
                    help="We won't ask for a code on this device. Don't use this on a shared computer."
                    checked=!typed().get("trust").is_empty()
                />
            })}
            <SubmitButton label="Log in" pending_label="Checking…" />
        </Form>
    }
}
