//! `/account/profile`: name and address. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES,
    actions::{CancelNewEmail, ChangeName, ResendNewEmail},
    store::EmailChange,
};
use crate::{
    auth::links::Purpose,
    base::error::Field,
    ui::{
        draw::Draw,
        field::TextField,
        form::{ButtonForm, Form, SubmitButton},
        frame::{Card, Link, Page},
        notice::{OutcomeNotice, RefusedNotice},
        tabs::Tabs,
        when::When,
    },
    web::page::{refused_by, typed},
};

#[component]
pub fn ProfilePage(
    name: String,
    email: String,
    confirmed: bool,
    /// The address that the account is to have.
    waiting: Option<EmailChange>,
) -> impl IntoView {
    let name = Some(typed().get("name")).filter(|typed| !typed.is_empty()).unwrap_or(name);
    view! {
        <Page title="Profile">
            <Tabs label="Account" pages=PAGES />
            <Outcome email=email.clone() />
            <Card id="your-name" heading="Name">
                <Form action=ChangeName::PATH>
                    <TextField
                        name="name"
                        label="Name"
                        field=Field::Name
                        autocomplete="name"
                        help="Shown to other people."
                        value=name
                    />
                    <SubmitButton label="Save" pending_label="Saving…" />
                </Form>
            </Card>
            <Card id="address" heading="Email">
                <p>
                    <bdi>{email}</bdi>" "
                    {match confirmed {
                        true => view! { <span class="badge">"Confirmed"</span> },
                        false => view! { <span class="badge warning">"Not confirmed"</span> },
                    }}
                </p>
                {match waiting {
                    Some(waiting) => view! { <ChangeWaits waiting /> }.drawn(),
                    None => view! { <p><Link href="/account/profile/email" class="button">"Change email"</Link></p> }.drawn(),
                }}
            </Card>
        </Page>
    }
}

#[component]
fn ChangeWaits(waiting: EmailChange) -> impl IntoView {
    let EmailChange { email, asked_at } = waiting;
    let until = asked_at + Purpose::NewEmail.lifetime_ms();
    let problem = refused_by(ResendNewEmail::PATH).or_else(|| refused_by(CancelNewEmail::PATH));
    view! {
        <RefusedNotice error=problem />
        <p>
            "You asked to change it to "<strong class="any-break"><bdi>{email}</bdi></strong>
            ". Open the link we sent there before "<When ms=until />" to finish. Nothing there? Check your spam folder."
        </p>
        <div class="buttons">
            <ButtonForm action=ResendNewEmail::PATH>"Resend email"</ButtonForm>
            <ButtonForm action=CancelNewEmail::PATH>"Cancel change"</ButtonForm>
            <Link href="/account/profile/email" class="button quiet">"Use another address"</Link>
        </div>
    }
}

#[component]
fn Outcome(email: String) -> impl IntoView {
    let typed = typed();
    let (changed, asked) = (typed.get("changed"), typed.get("asked"));
    let (kind, words) = match &*changed {
        "name" => ("success", "Name changed.".to_owned()),
        "email" => ("success", format!("Your email address has been changed to {email}.")),
        "resent" => ("success", "We've sent a new link. It works for 24 hours.".to_owned()),
        "gone" => ("info", format!("No change is waiting any more. Your email address is {email}.")),
        "cancelled" => ("success", format!("Change cancelled. Your email address is still {email}.")),
        _ if !asked.is_empty() => (
            "info",
            format!(
                "We sent a link to {asked}. Open it within 24 hours, on a device where you're logged in. Until then you \
                 keep your current address."
            ),
        ),
        _ => return None,
    };
    Some(view! { <OutcomeNotice kind words /> })
}
