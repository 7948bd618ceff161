//! The page that asks a user whether an application may. A plain form: the answer is another page. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    auth::{sessions::Viewer, tokens::claims::resource},
    base::{state::AppState, text::isolated},
    oauth::{
        actions::{AllowApp, LogOutForApp},
        authorize::{Asked, Device},
        clients::host_of,
        device::page_with,
    },
    pages::login::actions::LogOut,
    ui::{
        form::{ButtonForm, FormFrame, Here},
        frame::{Card, Page},
        notice::Notice,
        when::{Now, ago},
    },
    web::page::here,
};

#[component]
pub fn ConsentPage(
    asked: Asked,
    viewer: Viewer,
    /// What the application has sent, or the code of its device.
    request: String,
) -> impl IntoView {
    let issuer = expect_context::<AppState>().config.issuer();
    let name = isolated(&asked.client.name);
    let (kind, field, warning, again) = match &asked.device {
        Some(device) => ("warning", "device", asks_from(device), page_with(&device.code)),
        None => {
            let host = host_of(&asked.redirect_uri);
            let words = format!("You'll be sent to {host}. If you don't know it, or didn't start this, cancel.");
            ("info", "request", words, here())
        }
    };
    let other = (asked.resource != resource(&issuer)).then(|| host_of(&asked.resource));
    let lasts = match asked.outlives_session() {
        true => "It keeps access until you disconnect it, or until it hasn't used it for 30 days.",
        false => "Its access ends when this browser is logged out.",
    };
    view! {
        <Page title="Allow access" heading=format!("Allow {name} access to your account?") narrow=true>
            <p>{format!("{name} asks for access to your account, {}. {}", viewer.email, asked.client.origin_words())}</p>
            <Card id="may" heading=format!("{name} could")>
                <ul>{asked.scopes.sentences().into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
                {other.map(|host| view! { <p>{format!("This is for {host}.")}</p> })}
                <p>{lasts}" You can disconnect it at any time under “Account”, “Applications”."</p>
            </Card>
            <Notice kind=kind>{warning}</Notice>
            <FormFrame>
                <form method="post" action=AllowApp::PATH class="form">
                    <Here />
                    <input type="hidden" name=field value=request />
                    <input type="hidden" name="user" value=viewer.id />
                    <button type="submit" class="button primary" name="decision" value="allow">"Allow access"</button>
                    <button type="submit" class="button second" name="decision" value="refuse">"Cancel"</button>
                </form>
            </FormFrame>
            <form method="post" action=LogOut::PATH class="act">
                <Here />
                <input type="hidden" name="next" value=again />
                <p>"Not your account?"</p>
                <button type="submit" class="button quiet">"Log out"</button>
            </form>
        </Page>
    }
}

/// For who is logged in as another user than the application expects. Whom it expects is not said: a stranger may sit here.
#[component]
pub fn OtherUserPage(name: String, viewer: Viewer) -> impl IntoView {
    view! {
        <Page title="Log in with another account" narrow=true>
            <p>{format!("{name} expects another account than {}, which you're logged in with.", viewer.email)}</p>
            <p>{format!("Log out in this browser and log in with the other account. Then you'll be sent back to {name}.")}</p>
            <ButtonForm action=LogOut::PATH fields=vec![("next", here())] form_class="act" class="button primary">
                "Log out and log in again"
            </ButtonForm>
        </Page>
    }
}

/// Whoever sends a link to someone else has begun this on a device of their own (RFC 8628 5.4).
fn asks_from(Device { code, caller, since }: &Device) -> String {
    let Now(now) = use_context().unwrap_or(Now(*since));
    format!(
        "Only continue if you started this on your own device, and it shows the code {code}. It asked {}, from {}, IP \
         address {}.",
        ago(*since, now),
        caller.device(),
        caller.ip
    )
}

/// No one is sent anywhere.
#[component]
pub fn WrongRequestPage(
    /// A sentence.
    why: String,
) -> impl IntoView {
    view! {
        <Page title="This link doesn't work" narrow=true>
            <p>{why}</p>
            <p>"For your safety, we haven't sent you on. Go back to the application and try again. If it happens again, tell the people who run it."</p>
        </Page>
    }
}

/// Asks the user whom an application of this name wants to log out.
#[component]
pub fn LogOutPage(name: String, viewer: Viewer, request: String) -> impl IntoView {
    view! {
        <Page title="Log out" narrow=true>
            <p>{format!("{name} asks to log you out here, too. You're logged in as {}.", viewer.email)}</p>
            <FormFrame>
                <ButtonForm action=LogOutForApp::PATH fields=vec![("request", request)] form_class="form" class="button primary">
                    "Log out"
                </ButtonForm>
            </FormFrame>
        </Page>
    }
}
