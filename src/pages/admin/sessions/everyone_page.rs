//! `/admin/sessions/everyone`: log everyone out. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    base::{error::Field, number::counted},
    pages::admin::{PAGES, TYPE_THE_WORDS, act_form::ReasonField, actions::LogOutEveryone, may_act},
    ui::{
        draw::Draw,
        field::TextField,
        form::{Form, ProofField, SubmitButton},
        frame::{Card, Link, Page},
        notice::Notice,
        tabs::Tabs,
    },
    web::page::typed,
};

#[component]
pub fn EveryonePage(
    /// Live ones, besides one's own; `None` while they are being counted.
    others: Option<i64>,
) -> impl IntoView {
    let ends = match others {
        None => "This ends all other sessions and revokes every access token.".to_owned(),
        Some(0) => "No other sessions are active. This revokes every access token.".to_owned(),
        Some(n) => {
            let sessions = counted(n, "other session", "other sessions");
            format!("This ends {sessions} and revokes every access token.")
        }
    };
    view! {
        <Page title="Log everyone out">
            <Tabs label="Administration" pages=PAGES />
            <Card id="what" heading="What happens">
                <ul class="steps">
                    <li>{ends}</li>
                    <li>"Users can log in again straight away. No data is lost, and open pages keep what was typed."</li>
                    <li>"You stay logged in here. Your other sessions end."</li>
                </ul>
                <p>"You can't undo this."</p>
            </Card>
            {match may_act() {
                true => view! { <EveryoneForm /> }.drawn(),
                false => view! { <Notice kind="info">"Only administrators can do this."</Notice> }.drawn(),
            }}
            <p><Link href="/admin/sessions">"Back to sessions"</Link></p>
        </Page>
    }
}

#[component]
fn EveryoneForm() -> impl IntoView {
    let typed = typed();
    view! {
        <Card id="do" heading="Log everyone out" danger=true>
            <Form action=LogOutEveryone::PATH>
                <TextField
                    name="confirmation"
                    label=TYPE_THE_WORDS
                    field=Field::Confirmation
                    autocomplete="off"
                    help="This prevents mistakes."
                    value=typed.get("confirmation")
                />
                <ReasonField help="Recorded in the audit log. Users won't see it." value=typed.get("reason") />
                <ProofField />
                <SubmitButton label="Log everyone out" pending_label="Logging everyone out…" class="button danger" />
            </Form>
        </Card>
    }
}
