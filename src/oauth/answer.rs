//! The answer to an authorization request, on its way back to the application. Server side.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};
use url::Url;

use super::clients::{Client, host_of, origin_of};
use crate::{
    base::text::isolated,
    ui::{draw::Draw, frame::Page},
    web::{action::for_cookie, csp, page::Flash},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// An address that the application has registered.
    pub to: String,
    /// By a form that posts itself, and not in the address.
    pub by_form: bool,
    /// Sent by the user alone, who is told why.
    #[serde(default)]
    pub by_hand: bool,
    pub fields: Vec<(String, String)>,
    /// Whose answer it is.
    pub name: String,
}

impl Answer {
    pub fn new(client: &Client, to: &str, fields: &[(&str, &str)]) -> Self {
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        let fields = given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { to: to.to_owned(), by_form: false, by_hand: false, fields, name: client.name.clone() }
    }

    /// Whether the cookie has room for it that takes it to the page which sends it on.
    pub fn fits(&self) -> bool {
        serde_json::to_string(self).is_ok_and(|answer| for_cookie(&Flash::new(&[("answer", &answer)])).is_some())
    }

    /// Where a redirect leads; `None` where only a form brings the answer.
    pub fn address(&self) -> Option<String> {
        let mut url = Url::parse(&self.to).ok().filter(|_| !self.by_form)?;
        // Without any it would end in a question mark.
        if !self.fields.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.fields);
        }
        Some(url.into())
    }
}

/// Goes on to the application by itself; a link or a button does where the browser doesn't. After a form of ours no redirect
/// may lead to another site (CSP `form-action`, which Chromium applies to redirects), but a page may go on there.
#[component]
pub fn AnswerPage(answer: Answer) -> impl IntoView {
    let (name, host, by_hand) = (isolated(&answer.name), host_of(&answer.to), answer.by_hand);
    let why = answer.fields.iter().find(|(name, _)| by_hand && name == "error_description");
    let why = why.map(|(_, why)| format!("The request that sent you here can't be answered: {why}."));
    let words = match by_hand {
        false => format!("We're sending you to {host}. If nothing happens, continue by yourself."),
        true => format!("No one here knows {name}. Only continue if you trust {host}."),
    };
    view! {
        <Page title="Back to the application" heading=format!("Back to {name}") narrow=true>
            {why.map(|why| view! { <p>{why}</p> })}
            <p>{words}</p>
            {match answer.address() {
                Some(address) => view! { <GoOn address name by_hand /> }.drawn(),
                None => view! { <Post answer /> }.drawn(),
            }}
        </Page>
    }
}

#[component]
fn GoOn(address: String, name: String, by_hand: bool) -> impl IntoView {
    let refresh = format!("0; url={address}").parse().ok().filter(|_| !by_hand);
    if let (Some(value), Some(response)) = (refresh, use_context::<ResponseOptions>()) {
        response.insert_header(axum::http::header::REFRESH, value);
    }
    view! { <p><a href=address rel="external noreferrer" class="button primary">{format!("Continue to {name}")}</a></p> }
}

/// OAuth 2.0 Form Post Response Mode.
#[component]
fn Post(answer: Answer) -> impl IntoView {
    csp::allow_forms_to(&origin_of(&answer.to).unwrap_or_default());
    let fields = answer.fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    view! {
        <form method="post" action=answer.to id="answer" class="act" data-leads-away="">
            {fields.collect_view()}
            <button type="submit" class="button primary">{format!("Continue to {}", isolated(&answer.name))}</button>
        </form>
        {(!answer.by_hand).then(|| view! { <script nonce=use_nonce()>"document.getElementById('answer').submit();"</script> })}
    }
}
