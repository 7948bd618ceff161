//! `/device`: where a user says which device is theirs. What it asks for is on the page of consent. Server side.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    base::{error::Field, text::isolated},
    oauth::actions::EnterDeviceCode,
    ui::{
        field::TextField,
        form::{Form, SubmitButton},
        frame::{Link, Page},
        notice::Notice,
    },
    web::page::{refused, typed},
};

#[component]
pub fn DevicePage(
    /// From the address: the user compares it, since whoever sent the link may have begun this (RFC 8628 5.4).
    given: String,
) -> impl IntoView {
    let code = if refused().is_some() { typed().get("code") } else { given.clone() };
    let help = match given.is_empty() {
        true => "It's on the screen of the device or in the terminal. For example: WDJB-MJHT.",
        false => "Compare it with the code on the screen of the device or in the terminal.",
    };
    view! {
        <Page title="Connect a device" narrow=true>
            <p>"An application on another device wants to log in to your account. Enter the code that it shows."</p>
            <Notice kind="warning">"Only continue if you started this yourself. If someone sent you this link or a code, it's an attempt to get into your account."</Notice>
            <Form action=EnterDeviceCode::PATH>
                <TextField name="code" label="Code" field=Field::Code autocomplete="off" autofocus=given.is_empty() value=code help />
                <SubmitButton label="Continue" pending_label="Checking…" class="button primary" />
            </Form>
        </Page>
    }
}

/// After the user's answer.
#[component]
pub fn DecidedPage(allowed: bool, name: String) -> impl IntoView {
    let name = isolated(&name);
    let words = match allowed {
        true => format!("{name} has access to your account now. You can close this page and go back to your device."),
        false => format!("{name} has no access to your account. You can close this page."),
    };
    view! {
        <Page title=if allowed { "Device connected" } else { "Device not connected" } narrow=true>
            <p>{words}</p>
            <p><Link href="/account/devices">"Show your devices"</Link></p>
        </Page>
    }
}
