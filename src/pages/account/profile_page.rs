//! `/account/profile`: name and address. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{PAGES, actions::ChangeName};
use crate::{
    base::error::Field,
    ui::{
        field::TextField,
        form::{Form, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn ProfilePage(name: String, email: String, confirmed: bool) -> impl IntoView {
    let name = Some(typed().get("name")).filter(|typed| !typed.is_empty()).unwrap_or(name);
    view! {
        <Page title="Profile">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            <section class="card" aria-labelledby="your-name">
                <h2 id="your-name">"Name"</h2>
                <NameForm name />
            </section>
            <section class="card" aria-labelledby="address">
                <h2 id="address">"E-mail"</h2>
                <p>
                    {email} " "
                    {match confirmed {
                        true => view! { <span class="badge">"confirmed"</span> },
                        false => view! { <span class="badge warning">"not confirmed"</span> },
                    }}
                </p>
                <p><Link href="/account/profile/email" class="button">"Change the address"</Link></p>
            </section>
        </Page>
    }
}

#[component]
fn NameForm(name: String) -> impl IntoView {
    view! {
        <Form action=ChangeName::PATH>
            <TextField
                name="name"
                label="Name"
                field=Field::Name
                autocomplete="name"
                help="What others see."
                value=name
            />
            <SubmitButton label="Change the name" pending_label="Changing…" />
        </Form>
    }
}

/// What the act on the page before this one did.
#[component]
fn Outcome() -> impl IntoView {
    let typed = typed();
    let (changed, asked) = (typed.get("changed"), typed.get("asked"));
    let (kind, words) = match &*changed {
        "name" => ("success", "Your name is changed.".to_owned()),
        "email" => ("success", "Your address is changed and confirmed. Log in with it from now on.".to_owned()),
        _ if !asked.is_empty() => (
            "info",
            format!(
                "Open the link that we sent to {asked}, in this browser or where you are logged in. Until then your \
                 address stays as it is; the link works for 24 hours. If nothing comes, look into the spam folder, and \
                 check the address."
            ),
        ),
        _ => return None,
    };
    Some(view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind>{words}</Notice>
        </div>
    })
}
