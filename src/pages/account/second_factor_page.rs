//! `/account/second-factor`. Plain forms, so it works without JavaScript. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES, SecondFactor,
    actions::{ForgetDevice, MakeRecoveryCodes, StartSecondFactor, TurnOffSecondFactor},
};
use crate::{
    auth::second_factor::{FEW_RECOVERY_CODES, TrustedDevice},
    base::number::counted,
    ui::{
        draw::Draw,
        empty::Empty,
        form::{ButtonForm, Here},
        frame::{Card, Page},
        notice::{Notice, OutcomeNotice, RefusedNotice},
        tabs::Tabs,
        when::{Ago, When},
    },
    web::page::{Held, typed},
};

#[component]
pub fn SecondFactorPage(second_factor: SecondFactor) -> impl IntoView {
    view! {
        <Page title="Two-factor authentication">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            <RefusedNotice />
            {match second_factor {
                SecondFactor::Off { needs_email } => view! { <Off needs_email /> }.drawn(),
                SecondFactor::On { since, codes_left, trust_days, devices } => view! {
                    <On since />
                    <Codes left=codes_left />
                    {(trust_days > 0).then(|| view! { <Devices devices trust_days /> })}
                    <TurnOff />
                }.drawn(),
            }}
        </Page>
    }
}

#[component]
fn Off(needs_email: bool) -> impl IntoView {
    view! {
        <Card id="state" heading="Two-factor authentication is off">
            <p>"Add a second step when you log in: a code from an app on your phone. Even someone who knows your password can't get in."</p>
            <p>"You'll need an authenticator app. You'll also get ten recovery codes in case you lose your phone."</p>
            {if needs_email {
                view! {
                    <Notice kind="warning">"Confirm your email address first. Open the link in the email we sent you, then come back."</Notice>
                }.drawn()
            } else {
                view! {
                    <ButtonForm action=StartSecondFactor::PATH form_class="act" class="button primary" confirm_label="Set up two-factor authentication">
                        "Set up two-factor authentication"
                    </ButtonForm>
                }.drawn()
            }}
        </Card>
    }
}

#[component]
fn On(since: i64) -> impl IntoView {
    view! {
        <Card id="state" heading="Two-factor authentication is on">
            <p>"It has been on since "<When ms=since />". Logging in takes a code from your authenticator app."</p>
        </Card>
    }
}

#[component]
fn Codes(left: i64) -> impl IntoView {
    let words = match left {
        0 => "You have no recovery codes left. Create new ones, or you can't log in without your phone.".to_owned(),
        n => format!("You have {} left.", counted(n, "recovery code", "recovery codes")),
    };
    view! {
        <Card id="codes" heading="Recovery codes">
            {if left <= FEW_RECOVERY_CODES {
                view! { <Notice kind="warning">{words}</Notice> }.drawn()
            } else {
                view! { <p>{words}</p> }.drawn()
            }}
            <p class="help">"Use a code when you don't have your phone. Each works once. Creating new codes replaces the old ones."</p>
            <NewCodes left />
        </Card>
    }
}

/// Asks first: the codes on paper are worth nothing afterwards. It unfolds without JavaScript, too.
#[component]
fn NewCodes(left: i64) -> impl IntoView {
    let question = match left {
        0 => "Create 10 new recovery codes?".to_owned(),
        1 => {
            "Replace your last recovery code? It stops working at once, also where you saved or printed it.".to_owned()
        }
        n => {
            format!("Replace your {n} recovery codes? They stop working at once, also where you saved or printed them.")
        }
    };
    view! {
        <details class="question">
            <summary class="button">"Create new recovery codes…"</summary>
            <form method="post" action=MakeRecoveryCodes::PATH class="act">
                <Here />
                <p>{question}</p>
                <button type="submit" class="button danger" name=Held::BUTTON value="Create new recovery codes">
                    {if left == 0 { "Create codes" } else { "Replace codes" }}
                </button>
            </form>
        </details>
    }
}

#[component]
fn Devices(devices: Vec<TrustedDevice>, trust_days: i64) -> impl IntoView {
    let list = match devices.is_empty() {
        true => view! { <Empty why="You have no trusted devices." /> }.drawn(),
        false => view! {
            <ul class="sessions">
                {devices.into_iter().map(|device| view! { <li class="session"><Device device /></li> }).collect_view()}
            </ul>
        }
        .drawn(),
    };
    view! {
        <Card id="devices" heading="Trusted devices">
            <p class="help">{format!(
                "We don't ask for a code on trusted devices. Trust ends after {}, or when you change your password.",
                counted(trust_days, "day", "days")
            )}</p>
            {list}
        </Card>
    }
}

#[component]
fn Device(device: TrustedDevice) -> impl IntoView {
    let TrustedDevice { id, device, ip, last_seen_at, trusted_until, here } = device;
    let words = format!(" {device}, {ip}");
    view! {
        <strong>{device}{here.then(|| view! { " "<span class="badge">"This device"</span> })}</strong>
        <span>{ip}</span>
        <span>"Last login "<Ago ms=last_seen_at /></span>
        <span>"Trusted until "<When ms=trusted_until /></span>
        <ButtonForm action=ForgetDevice::PATH fields=vec![("device", id)]>
            "Remove"<span class="visually-hidden">{words}</span>
        </ButtonForm>
    }
}

#[component]
fn TurnOff() -> impl IntoView {
    view! {
        <Card id="off" heading="Turn off two-factor authentication" danger=true>
            <p>"You'll log in with your password only. This deletes your recovery codes, removes trusted devices and logs you out on all other devices."</p>
            <ButtonForm action=TurnOffSecondFactor::PATH form_class="act" class="button danger" confirm_label="Turn off two-factor authentication">
                "Turn off"
            </ButtonForm>
        </Card>
    }
}

#[component]
fn Outcome() -> impl IntoView {
    let words = match &*typed().get("second_factor") {
        "off" => "Two-factor authentication is off. You're logged out on all other devices.",
        "forgotten" => "Trusted device removed. We'll ask for a code the next time you log in there.",
        _ => return None,
    };
    Some(view! { <OutcomeNotice words /> })
}
