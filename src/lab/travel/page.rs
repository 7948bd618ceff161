//! Section 1: what travels. Both sides.

use leptos::prelude::*;

use super::{
    COOKIE_BYTES_MAX, Cookie, Cookies, HEADER_BYTES_MAX, Said, Sizes, Time, Token, Travel, chart::SizeChart, claims,
};
use crate::{
    lab::section::{Figures, NeedsVisit, Section},
    ui::{
        number::grouped,
        table::{Cell, Row, Table},
        when::{Exactly, span},
    },
};

#[component]
pub fn WhatTravels(
    travel: Travel,
    /// Whether there is a visit, also one whose demo user is logged out.
    visit: bool,
) -> impl IntoView {
    let Travel { cookies, sizes } = travel;
    view! {
        <Section id="travel" title="1. What travels">
            <p>
                "A log-in here puts two cookies into the browser, and each request carries them. The "
                <strong>"session cookie"</strong>
                " is a random number: it means nothing until the server looks it up. The "
                <strong>"access token"</strong>
                " is a JWT: it says by itself who is calling, and a signature keeps it from being changed. Everybody who holds it
                can read it: signed is not encrypted."
            </p>
            {match cookies {
                Some(cookies) => view! { <TwoCookies cookies /> }.into_any(),
                None if visit => view! { <NoToken own=false /> }.into_any(),
                None => view! { <NeedsVisit what="the two cookies of a real log-in, decoded," /> }.into_any(),
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
        "These are your own, as your browser sent them with the request for this page."
    } else {
        "These are the demo user's, as the demo browser holds them now."
    };
    let (token_card, decoded) = match token {
        Some(Token { cookie, parts, header, claims }) => {
            let card = view! { <CookieCard title="The access token" cookie><Parts parts /></CookieCard> };
            (card.into_any(), Some((header, claims)))
        }
        None => (view! { <NoToken own /> }.into_any(), None),
    };
    view! {
        <p>{whose} " What would let somebody else in is covered: the rest of the secret, and the signature."</p>
        <div class="lab-pair">
            <CookieCard title="The session cookie" cookie=session>
                <p>"Says nothing. The server keeps its SHA-256 and, beside it, who is logged in, since when, and from where."</p>
            </CookieCard>
            {token_card}
        </div>
        {decoded.map(|(header, claims)| view! {
            <h3>"The token, decoded"</h3>
            <p>"This server has just verified it: signature, type, issuer, audience and times. Only then did it read this."</p>
            <Fields columns=&OF_HEADER said=header />
            <Fields columns=&OF_CLAIMS said=claims />
        })}
    }
}

#[component]
fn NoToken(own: bool) -> impl IntoView {
    let why = if own {
        "No token that counts came with this request: it was too old. The answer has brought a new one. "
    } else {
        "The demo session is over, so it gets no token. The next experiment logs the demo user in again. "
    };
    view! {
        <div class="card">
            <h3>"The access token"</h3>
            <p>{why} <a href="/lab?again#travel" rel="external">"Load this page again"</a> " to see it."</p>
        </div>
    }
}

#[component]
fn CookieCard(title: &'static str, cookie: Cookie, children: Children) -> impl IntoView {
    let (bytes, Cookie { name, attributes, shown, value_bytes }) = (cookie.bytes(), cookie);
    let rules = attributes.split("; ").filter_map(|attribute| Some((attribute.to_owned(), meaning(attribute)?)));
    view! {
        <div class="card">
            <h3>{title} " · " {grouped_bytes(bytes)}</h3>
            <pre class="lab-wire">
                {name} "=" {shown}
            </pre>
            <p class="muted">{format!("Name and value; the value alone has {}.", grouped_bytes(value_bytes))}</p>
            {children()}
            <dl class="lab-rules">
                <div><dt><code>"__Host-"</code></dt><dd>"No other host, no sub-domain can set it."</dd></div>
                {rules
                    .map(|(attribute, why)| view! { <div><dt><code>{attribute}</code></dt><dd>{why}</dd></div> })
                    .collect_view()}
            </dl>
        </div>
    }
}

fn meaning(attribute: &str) -> Option<&'static str> {
    Some(match attribute {
        "HttpOnly" => "No script can read it.",
        "Secure" => "It is sent over https only (or to this very machine).",
        "SameSite=Lax" => "Other sites can lead here with it, by a link, and cannot post a form with it.",
        "SameSite=Strict" => "No request that another site has begun carries it.",
        "Path=/" => "It goes to every address here.",
        _ if attribute.starts_with("Max-Age=") => "The browser forgets it after so many seconds.",
        _ => return None,
    })
}

#[component]
fn Parts(parts: [usize; 3]) -> impl IntoView {
    let names = ["header", "claims", "signature"];
    view! {
        <dl class="lab-rules">
            {names
                .into_iter()
                .zip(parts)
                .map(|(name, bytes)| view! {
                    <div><dt>{name}</dt><dd>{grouped_bytes(bytes)}</dd></div>
                })
                .collect_view()}
        </dl>
    }
}

const OF_HEADER: [&str; 4] = ["Header", "Value", "What for", "Defined in"];
const OF_CLAIMS: [&str; 4] = ["Claim", "Value", "What for", "Defined in"];

#[component]
fn Fields(columns: &'static [&'static str; 4], said: Vec<Said>) -> impl IntoView {
    let [what, value, why, source] = *columns;
    let rows = said.into_iter().map(move |said| {
        let (known, Said { name, value: said, time }) = (claims::of(&said.name), said);
        view! {
            <Row>
                <Cell label=what><code>{name}</code></Cell>
                <Cell label=value>
                    <code>{said}</code>
                    {time.map(|time| view! { <span class="muted"><InWords time /></span> })}
                </Cell>
                <Cell label=why>{known.map(|known| known.why)}</Cell>
                <Cell label=source>{known.map(|known| known.source)}</Cell>
            </Row>
        }
    });
    view! { <div class="lab-fields"><Table label=what columns>{rows.collect_view()}</Table></div> }
}

#[component]
fn InWords(time: Time) -> impl IntoView {
    let Time { ms, in_ms } = time;
    let distance = if in_ms < 0 { format!(" UTC, {} ago", span(-in_ms)) } else { format!(" UTC, in {}", span(in_ms)) };
    view! { <Exactly ms /> {distance} }
}

#[component]
fn Growth(sizes: Sizes) -> impl IntoView {
    let at = |bytes: usize| sizes.permissions_at(bytes).map(|permissions| permissions.to_string());
    let (full, refused) = (at(COOKIE_BYTES_MAX), at(sizes.token_bytes_max));
    let first = sizes.algorithms.first().cloned().unwrap_or_default();
    let max = sizes.token_bytes_max;
    view! {
        <p>
            "What a session cookie stands for is kept on the server, so it has "
            {grouped_bytes(sizes.session_bytes)}
            " whatever its user may do. A token carries what it says, with each request. Here are tokens with more and more
            permissions such as " <code>"notes:read"</code> ", each signed by this server with a key made for it."
        </p>
        <SizeChart sizes=sizes.clone() />
        {full.map(|full| view! {
            <p>
                "With about " {full} " permissions a token (" {first} ") fills a cookie: browsers drop a larger one without a word. "
                {refused.map(|refused| format!(
                    "Latchkey itself refuses a token of more than {}, about {refused} permissions: its own tokens carry a role, and what \
                     a role may do is decided where the token is read.",
                    grouped_bytes(max),
                ))}
            </p>
        })}
        <SizeTable sizes />
    }
}

#[component]
fn SizeTable(sizes: Sizes) -> impl IntoView {
    let Sizes { algorithms, rows, session_bytes, .. } = sizes;
    view! {
        <Figures label="Sizes in bytes">
            <table class="lab-figures">
                <caption>"Bytes of the cookie, name and value"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Permissions"</th>
                        <th scope="col">"Session"</th>
                        {algorithms.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| view! {
                            <tr>
                                <th scope="row">{row.permissions}</th>
                                <td>{session_bytes}</td>
                                {row.bytes.into_iter().map(|bytes| view! { <td>{figure(bytes)} {over(bytes)}</td> }).collect_view()}
                            </tr>
                        })
                        .collect_view()}
                </tbody>
            </table>
        </Figures>
        <p class="muted">
            "* more than the " {figure(COOKIE_BYTES_MAX)} " bytes that browsers keep of one cookie; ** more than the "
            {figure(HEADER_BYTES_MAX)} " bytes that many servers and proxies take of one header line by default."
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

fn figure(number: usize) -> String {
    grouped(i64::try_from(number).unwrap_or(i64::MAX))
}

fn grouped_bytes(number: usize) -> String {
    format!("{} bytes", figure(number))
}
