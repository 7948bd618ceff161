//! What is typed into a form that asks for a list. What it sends stands in the address. Server side.

use std::net::IpAddr;

use leptos::prelude::*;

/// An address as it is written down, however it was typed, if any was; or what to do about what is none.
pub fn parse_ip(text: &str) -> Result<Option<String>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let ip = text.trim().parse::<IpAddr>().map_err(|_| "Enter an IP address like 192.0.2.7 or 2001:db8::7.")?;
    Ok(Some(ip.to_canonical().to_string()))
}

#[component]
pub fn SearchField(
    name: &'static str,
    label: &'static str,
    value: String,
    #[prop(default = "search")] kind: &'static str,
    #[prop(optional)] help: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] maxlength: Option<usize>,
) -> impl IntoView {
    let help_id = (!help.is_empty()).then(|| format!("{name}-help"));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {help_id.clone().map(|id| view! { <p id=id class="help">{help}</p> })}
            <input
                id=name
                name=name
                type=kind
                value=value
                placeholder=(!placeholder.is_empty()).then_some(placeholder)
                maxlength=maxlength
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=help_id
            />
        </div>
    }
}
