//! What a new administrator does first, each step with its state, until all are done or the list is put away. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{ALL, LAB};
use crate::{
    base::state::AppState,
    pages::admin::{Act, actions::PutAwayFirstSteps},
    ui::{
        code::CodeBlock,
        draw::{Content, Draw},
        form::ButtonForm,
        frame::{Card, Link},
    },
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstSteps {
    /// Of the administrator who looks.
    pub user_id: String,
    pub has_second_factor: bool,
    pub mail: MailStep,
    /// Someone else has an account.
    pub has_users: bool,
    /// Whether the Lab was opened from here; `None` where there is none.
    pub lab_opened: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailStep {
    /// This server sends none.
    Off,
    /// None has gone out lately.
    Untried,
    /// Into files, as in development.
    Written,
    Works,
}

impl MailStep {
    fn is_done(self) -> bool {
        matches!(self, Self::Written | Self::Works)
    }
}

impl FirstSteps {
    pub fn are_done(&self) -> bool {
        self.has_second_factor && self.mail.is_done() && self.has_users && self.lab_opened != Some(false)
    }
}

#[component]
pub fn FirstStepsCard(steps: FirstSteps) -> impl IntoView {
    let FirstSteps { user_id, has_second_factor, mail, has_users, lab_opened } = steps;
    let base = expect_context::<AppState>().config.issuer();
    view! {
        <Card id="first-steps" heading="First steps">
            <ul class="first-steps">
                <Step done=has_second_factor>
                    <Link href="/account/second-factor">"Turn on two-factor authentication"</Link>
                    <p class="help">"Your account can do everything here. Protect it with a code from an app."</p>
                </Step>
                <Step done=mail.is_done()><MailWords mail user_id /></Step>
                <Step done=has_users>
                    <strong>"Invite your first user"</strong>
                    <p class="help">"Share this link. Anyone who opens it can sign up."</p>
                    <CodeBlock text=format!("{base}/signup") what="the sign-up link" />
                </Step>
                {lab_opened.map(|opened| view! {
                    <Step done=opened>
                        <ButtonForm action=PutAwayFirstSteps::PATH fields=vec![("name", LAB.to_owned())]>"Open the Lab"</ButtonForm>
                        <p class="help">"Try sessions and tokens side by side, in a sandbox. Everyone can open it: turn it off with LATCHKEY_LAB=false."</p>
                    </Step>
                })}
            </ul>
            <ButtonForm action=PutAwayFirstSteps::PATH fields=vec![("name", ALL.to_owned())] class="button quiet">
                "Hide first steps"
            </ButtonForm>
        </Card>
    }
}

#[component]
fn Step(done: bool, children: Content) -> impl IntoView {
    let (class, word) = if done { ("badge", "Done") } else { ("badge quiet", "To do") };
    view! { <li><span class=class>{word}</span><div>{children.drawn()}</div></li> }
}

#[component]
fn MailWords(mail: MailStep, user_id: String) -> impl IntoView {
    let (heading, help) = match mail {
        MailStep::Off => ("Set up email", "This server doesn't send email. Set LATCHKEY_SMTP_URL."),
        MailStep::Untried => return view! {
            <Link href=Act::StartReset.page(&user_id)>"Send yourself an email"</Link>
            <p class="help">"No email has been sent in the last 7 days. Send yourself a password reset to see that email works. You don't have to use the link."</p>
        }
        .drawn(),
        MailStep::Written => {
            ("Email", "Email is written to files in the data folder. Set LATCHKEY_SMTP_URL to send it.")
        }
        MailStep::Works => ("Email", "Email has been sent in the last 7 days."),
    };
    view! {
        <strong>{heading}</strong>
        <p class="help">{help}</p>
    }
    .drawn()
}
