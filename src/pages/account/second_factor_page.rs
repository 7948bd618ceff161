//! `/account/second-factor`. Plain forms, so it works without JavaScript. Both sides.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    PAGES, SecondFactor,
    actions::{ForgetDevice, MakeRecoveryCodes, StartSecondFactor, TurnOffSecondFactor},
};
use crate::{
    auth::second_factor::{FEW_RECOVERY_CODES, TrustedDevice},
    ui::{
        empty::Empty,
        form::Here,
        frame::Page,
        notice::Notice,
        tabs::Tabs,
        when::{Ago, When},
    },
    web::page::{Held, refused, typed},
};

#[component]
pub fn SecondFactorPage(second_factor: SecondFactor) -> impl IntoView {
    let problem = refused().map(|error| view! { <Notice kind="error">{error.to_string()}</Notice> });
    view! {
        <Page title="Second factor">
            <Tabs label="Account" pages=PAGES />
            <Outcome />
            {problem}
            {match second_factor {
                SecondFactor::Off { needs_email } => view! { <Off needs_email /> }.into_any(),
                SecondFactor::On { since, codes_left, trust_days, devices } => view! {
                    <On since />
                    <Codes left=codes_left />
                    {(trust_days > 0).then(|| view! { <Devices devices trust_days /> })}
                    <TurnOff />
                }.into_any(),
            }}
        </Page>
    }
}

#[component]
fn Off(needs_email: bool) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="state">
            <h2 id="state">"It is off"</h2>
            <p>"With a second factor your password alone opens nothing: log-in also asks for a code that an app on your phone shows, a new one every 30 seconds. Whoever learns your password still stands outside."</p>
            <p>"You need an authenticator app. You get ten recovery codes for the day when the phone is gone."</p>
            {if needs_email {
                view! {
                    <Notice kind="warning">"Confirm your e-mail address first: open the link in the mail that we sent you. Then you can set it up here."</Notice>
                }.into_any()
            } else {
                view! {
                    <form method="post" action=StartSecondFactor::PATH class="act">
                        <Here />
                        <button type="submit" class="button primary" name=Held::BUTTON value="Set it up">"Set it up"</button>
                    </form>
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn On(since: i64) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="state">
            <h2 id="state">"It is on"</h2>
            <p>"Since "<When ms=since />" log-in asks for a code of your authenticator app."</p>
        </section>
    }
}

#[component]
fn Codes(left: i64) -> impl IntoView {
    let words = match left {
        0 => "You have no recovery code left. Make new ones: without your phone you would not get in.".to_owned(),
        1 => "You have 1 recovery code left.".to_owned(),
        n => format!("You have {n} recovery codes left."),
    };
    view! {
        <section class="card" aria-labelledby="codes">
            <h2 id="codes">"Recovery codes"</h2>
            {if left <= FEW_RECOVERY_CODES {
                view! { <Notice kind="warning">{words}</Notice> }.into_any()
            } else {
                view! { <p>{words}</p> }.into_any()
            }}
            <p class="help">"Each lets you in once when your phone is not at hand. New ones make those before useless at once."</p>
            <form method="post" action=MakeRecoveryCodes::PATH class="act">
                <Here />
                <button type="submit" class="button" name=Held::BUTTON value="Make new recovery codes">"Make new recovery codes"</button>
            </form>
        </section>
    }
}

#[component]
fn Devices(devices: Vec<TrustedDevice>, trust_days: i64) -> impl IntoView {
    let list = match devices.is_empty() {
        true => view! { <Empty why="No device is trusted: log-in asks for a code everywhere." /> }.into_any(),
        false => view! {
            <ul class="sessions">
                {devices.into_iter().map(|device| view! { <li class="session"><Device device /></li> }).collect_view()}
            </ul>
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="devices">
            <h2 id="devices">"Trusted devices"</h2>
            <p class="help">{format!(
                "Log-in asks for the password only, there. A trust lasts {trust_days} days at most, and ends with a new password."
            )}</p>
            {list}
        </section>
    }
}

#[component]
fn Device(device: TrustedDevice) -> impl IntoView {
    let TrustedDevice { id, device, ip, last_seen_at, trusted_until, here } = device;
    let words = format!(" {device}, {ip}");
    view! {
        <strong>{device}{here.then(|| view! { " "<span class="badge">"this device"</span> })}</strong>
        <span>{ip}</span>
        <span>"last log-in "<Ago ms=last_seen_at /></span>
        <span>"trusted until "<When ms=trusted_until /></span>
        <form method="post" action=ForgetDevice::PATH>
            <Here />
            <input type="hidden" name="device" value=id />
            <button type="submit" class="button">"Forget"<span class="visually-hidden">{words}</span></button>
        </form>
    }
}

#[component]
fn TurnOff() -> impl IntoView {
    view! {
        <section class="card danger" aria-labelledby="off">
            <h2 id="off">"Turn it off"</h2>
            <p>"Your password alone is enough then. The recovery codes and all trust are removed, and every other device is logged out."</p>
            <form method="post" action=TurnOffSecondFactor::PATH class="act">
                <Here />
                <button type="submit" class="button danger" name=Held::BUTTON value="Turn off the second factor">"Turn off the second factor"</button>
            </form>
        </section>
    }
}

/// What the act on the page before this one did.
#[component]
fn Outcome() -> impl IntoView {
    let words = match &*typed().get("second_factor") {
        "off" => "The second factor is off. Every other device was logged out.",
        "forgotten" => "That device is forgotten: the next log-in there asks for a code.",
        _ => return None,
    };
    Some(view! {
        <div id="outcome" tabindex="-1" role="status" autofocus>
            <Notice kind="success">{words}</Notice>
        </div>
    })
}
