//! Section 1 of `/lab`. Server side.

use leptos::prelude::*;
use serde_json::Value;

use super::{
    COOKIE_BYTES_MAX, Cookie, Cookies, HEADER_BYTES_MAX, Sizes, Token,
    chart::SizeChart,
    claims::{CLAIMS, Field, HEADER, TIMES},
};
use crate::{
    auth::tokens::verify::TOKEN_BYTES_MAX,
    base::number::grouped,
    lab::section::{Figures, NeedsVisit, Section},
    ui::{
        draw::{Content, Draw},
        table::{Cell, Row, Table},
        when::{Exactly, Now, span},
    },
};

#[component]
pub fn WhatTravels(cookies: Option<Cookies>, sizes: Sizes, visit: bool) -> impl IntoView {
    view! {
        <Section id="travel">
            <p>
                "Logging in sets two cookies, and every request carries them. The "
                <strong>"session cookie"</strong>
                " is a random number. It means nothing until the server looks it up. The "
                <strong>"access token"</strong>
                " is a JWT. It says by itself who is calling, and its signature keeps it from being changed. Anyone who has it can read it: signed is
                not encrypted."
            </p>
            {match cookies {
                Some(cookies) => view! { <TwoCookies cookies /> }.drawn(),
                None if visit => view! { <NoToken own=false /> }.drawn(),
                None => view! { <NeedsVisit what="the two cookies of a real login, decoded," /> }.drawn(),
            }}
            <h3>"How the size grows"</h3>
            <Growth sizes />
        </Section>
    }
}

#[component]
fn TwoCookies(cookies: Cookies) -> impl IntoView {
    let Cookies { own, session, token } = cookies;
    let whose = if own {
        "These are your own cookies, as your browser sent them with the request for this page."
    } else {
        "These are the demo user's cookies, as the demo browser holds them now."
    };
    let (token_card, decoded) = match token {
        Some(Token { cookie, bytes, header, claims }) => {
            let parts = ["header", "claims", "signature"].into_iter().zip(bytes);
            let parts = parts.map(|(name, bytes)| view! { <div><dt>{name}</dt><dd>{grouped_bytes(bytes)}</dd></div> });
            let parts = parts.collect_view();
            let card =
                view! { <CookieCard title="The access token" cookie><dl class="lab-rules">{parts}</dl></CookieCard> };
            (card.drawn(), Some((header, claims)))
        }
        None => (view! { <NoToken own /> }.drawn(), None),
    };
    view! {
        <p>{whose} " The secret and the signature are redacted."</p>
        <div class="lab-pair">
            <CookieCard title="The session cookie" cookie=session>
                <p>"Carries no information. The server stores its SHA-256 hash, with the user, the time and the device."</p>
            </CookieCard>
            {token_card}
        </div>
        {decoded.map(|(header, claims)| view! {
            <h3>"The token, decoded"</h3>
            <p>"This server has just verified it: signature, type, issuer, audience and times. Only then did it decode this."</p>
            <Fields columns=&["Header", "Value", "What for", "Defined in"] fields=&HEADER said=header />
            <Fields columns=&["Claim", "Value", "What for", "Defined in"] fields=&CLAIMS said=claims />
        })}
    }
}

#[component]
fn NoToken(own: bool) -> impl IntoView {
    let why = if own {
        "No valid token came with this request: it was too old. The response has brought a new one. "
    } else {
        "The demo session has ended, so it gets no token. The next experiment logs the demo user in again. "
    };
    view! {
        <div class="card">
            <h3>"The access token"</h3>
            <p>{why} <a href="/lab?again#travel" rel="external">"Reload this page"</a> " to see it."</p>
        </div>
    }
}

#[component]
fn CookieCard(title: &'static str, cookie: Cookie, children: Content) -> impl IntoView {
    let Cookie { name, attributes, shown, value_bytes } = cookie;
    let bytes = name.len() + value_bytes;
    let rules = attributes.split("; ").filter_map(|attribute| Some((attribute.to_owned(), meaning(attribute)?)));
    let prefix = name.starts_with("__Host-").then(|| ("__Host-".to_owned(), "No other host or subdomain can set it."));
    let rules = prefix.into_iter().chain(rules);
    let rules = rules.map(|(rule, why)| view! { <div><dt><code>{rule}</code></dt><dd>{why}</dd></div> });
    let rules = rules.collect_view();
    view! {
        <div class="card">
            <h3>{title} " · " {grouped_bytes(bytes)}</h3>
            <pre class="lab-wire">
                {name} "=" {shown}
            </pre>
            <p class="muted">{format!("Name and value. The value alone is {}.", grouped_bytes(value_bytes))}</p>
            {children.drawn()}
            <dl class="lab-rules">{rules}</dl>
        </div>
    }
}

fn meaning(attribute: &str) -> Option<&'static str> {
    Some(match attribute {
        "HttpOnly" => "No script can read it.",
        "Secure" => "Sent over HTTPS only (or to this machine).",
        "SameSite=Lax" => "Sent when you follow a link from another site, not when another site posts a form.",
        "SameSite=Strict" => "Not sent with any request that another site started.",
        "Path=/" => "Sent to every path here.",
        _ if attribute.starts_with("Max-Age=") => "The browser deletes it after this many seconds.",
        _ => return None,
    })
}

/// `said`: a part of a token, of which these fields are shown.
#[component]
fn Fields(columns: &'static [&'static str; 4], fields: &'static [Field], said: Value) -> impl IntoView {
    let [what, value, why, source] = *columns;
    let now_ms = use_context::<Now>().map_or(0, |Now(now_ms)| now_ms);
    let rows = fields.iter().filter_map(|field| {
        let said = said.get(field.name)?;
        let (seconds, said) = (said.as_i64().filter(|_| TIMES.contains(&field.name)), said.to_string());
        let time_ms = seconds.map(|seconds| seconds * 1000);
        Some(view! {
            <Row>
                <Cell label=what><code>{field.name}</code></Cell>
                <Cell label=value>
                    <code>{said}</code>
                    {time_ms.map(|ms| view! { <span class="muted"><Exactly ms /> {distance(ms - now_ms)}</span> })}
                </Cell>
                <Cell label=why>{field.why}</Cell>
                <Cell label=source>{field.source}</Cell>
            </Row>
        })
    });
    let rows = rows.collect_view();
    view! { <div class="lab-fields"><Table label=what columns>{rows}</Table></div> }
}

fn distance(in_ms: i64) -> String {
    if in_ms < 0 { format!(" UTC, {} ago", span(-in_ms)) } else { format!(" UTC, in {}", span(in_ms)) }
}

#[component]
fn Growth(sizes: Sizes) -> impl IntoView {
    let at = |bytes: usize| sizes.permissions_at(bytes).map(|permissions| permissions.to_string());
    let (full, refused) = (at(COOKIE_BYTES_MAX), at(TOKEN_BYTES_MAX));
    let first = sizes.algorithms.first().copied();
    view! {
        <p>
            "What a session cookie stands for stays on the server, so it has "
            {grouped_bytes(sizes.session_bytes)}
            " whatever its user may do. A token carries its data with every request. Here are tokens with more and more
            permissions, such as " <code>"notes:read"</code> ", each signed by this server with a key created for it."
        </p>
        <SizeChart sizes=sizes.clone() />
        {full.map(|full| view! {
            <p>
                "With about " {full} " permissions a token (" {first} ") fills a cookie: browsers silently drop anything larger. "
                {refused.map(|refused| format!(
                    "Latchkey itself refuses a token over {}, about {refused} permissions. Its own tokens carry a role, and what the \
                     role may do is decided where the token is read.",
                    grouped_bytes(TOKEN_BYTES_MAX),
                ))}
            </p>
        })}
        <SizeTable sizes />
    }
}

#[component]
fn SizeTable(sizes: Sizes) -> impl IntoView {
    let head = ["Permissions", "Session"].into_iter().chain(sizes.algorithms).collect();
    let rows = sizes.rows.into_iter().map(|row| {
        let tokens = row.bytes.into_iter().map(|bytes| format!("{}{}", grouped(bytes), over(bytes)));
        [row.permissions, sizes.session_bytes].map(|number| number.to_string()).into_iter().chain(tokens).collect()
    });
    let rows = rows.collect();
    view! {
        <Figures id="sizes" label="Sizes in bytes" caption="Size of the cookie in bytes, name and value" head rows />
        <p class="muted">
            "* more than the " {grouped(COOKIE_BYTES_MAX)} " bytes that browsers store of one cookie; ** more than the "
            {grouped(HEADER_BYTES_MAX)} " bytes that many servers and proxies accept for one header line by default."
        </p>
    }
}

fn over(bytes: usize) -> &'static str {
    match bytes {
        HEADER_BYTES_MAX.. => " **",
        COOKIE_BYTES_MAX.. => " *",
        _ => "",
    }
}

fn grouped_bytes(number: usize) -> String {
    format!("{} bytes", grouped(number))
}
