//! What can be tried with a token alone: another payload, no signature, another key, an old one. Server side.

use axum::http::Method;
use tokio::task::spawn_blocking;

use super::{
    Outcome,
    forge::{Torn, tear},
    report::{Report, code_of, refusal},
};
use crate::{
    error::AppError,
    lab::{
        browser::{Answer, Ask, Browser},
        visit::Visit,
        world::Lab,
    },
};

pub const OWNER: &str = "Your demo browser";
const FORGER: &str = "You, with a program of your own";
const ME: &str = "/api/v1/me";

pub async fn payload(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let torn = take_token(&mut report, &mut visit.browser).await?;
    report.show_token(
        FORGER,
        "The token, taken apart. No key is needed to read it.",
        torn.shown(&torn.signature_start()),
    );
    let forged = torn.with_claim("role", "admin");
    report.show_token(
        FORGER,
        "The same with another role. The signature stays.",
        forged.shown(&forged.signature_start()),
    );
    let answer = try_token(&mut report, visit, "The forged token is sent.", &forged.with_old_signature()).await?;
    let held = is_invalid(&answer);
    Ok(report.end(
        held,
        format!(
            "Refused: {}. The signature is a sum over header and payload together. One changed letter, and it fits no \
             more; to make a new one you need the private key, which never leaves the server.",
            refusal(&answer)
        ),
    ))
}

pub async fn none(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let torn = take_token(&mut report, &mut visit.browser).await?;
    let forged = torn.with_header("alg", "none").with_claim("role", "admin");
    report.show_token(FORGER, "A token that says of itself that it needs no signature.", forged.shown("(empty)"));
    let answer = try_token(&mut report, visit, "It is sent without a signature.", &forged.without_signature()).await?;
    let held = is_invalid(&answer);
    Ok(report.end(
        held,
        format!(
            "Refused: {}. The algorithm belongs to the key, which the server knows by its name. What the token says of \
             its own algorithm must be the same, and decides nothing.",
            refusal(&answer)
        ),
    ))
}

pub async fn other_key(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let torn = take_token(&mut report, &mut visit.browser).await?.with_claim("role", "admin");
    let for_signing = torn.clone();
    let signed = spawn_blocking(move || for_signing.signed_with_a_new_key()).await.map_err(|_| AppError::internal())?;
    let signed = signed.ok_or_else(AppError::internal)?;
    let words = "Signed with a key that was made a moment ago, under the name (kid) of ours.";
    report.show_token(FORGER, words, torn.shown("(valid, by another key)"));
    let by_other_key = try_token(&mut report, visit, "The first try.", &signed).await?;

    let keys = report.send(&mut visit.browser, FORGER, "The public keys are for everybody.", public_keys()).await?;
    let public = first_key(&keys);
    let confused = torn.with_header("alg", "HS256");
    let words = "The second try: our public key, which everybody knows, as the secret of HS256.";
    report.show_token(FORGER, words, confused.shown("(HMAC with the text of our public key)"));
    let by_public_key = try_token(&mut report, visit, "Key confusion.", &confused.signed_with_text(&public)).await?;

    let held = is_invalid(&by_other_key) && is_invalid(&by_public_key);
    Ok(report.end(
        held,
        format!(
            "Refused twice: {} and {}. The name of a key in the header only says which of our keys to try; a signature \
             by another one does not fit. And a key of ours has one algorithm for good, so a public key is never taken \
             for a shared secret.",
            refusal(&by_other_key),
            refusal(&by_public_key)
        ),
    ))
}

pub async fn expired(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let ask = Ask::api(Method::POST, "/api/v1/token").earlier();
    let words =
        "A token of two minutes ago: made by this same program, with the same key, while its clock was set back.";
    report.send(&mut visit.browser, OWNER, words, ask).await?;
    let old = token(lab, &visit.browser)?.to_owned();
    let torn = tear(&old).ok_or_else(AppError::internal)?;
    report.show_token(FORGER, "Nothing is forged here. Look at exp.", torn.shown(&torn.signature_start()));
    let answer = try_token(&mut report, visit, "It is sent now.", &old).await?;
    // The session notes until when its newest token lives: that is the next one.
    take_token(&mut report, &mut visit.browser).await?;
    let held = answer.status == 401 && code_of(&answer) == "token_expired";
    Ok(report.end(
        held,
        format!(
            "Refused: {}. Its signature is right and its session lives; only its time is over. So the page is told to \
             renew it, and does so with the session, as the last step shows.",
            refusal(&answer)
        ),
    ))
}

/// Gets a new token for the demo browser, and takes it apart.
async fn take_token(report: &mut Report<'_>, browser: &mut Browser) -> Result<Torn, AppError> {
    let ask = Ask::api(Method::POST, "/api/v1/token");
    report.send(browser, OWNER, "A new token of your own, for the session.", ask).await?;
    tear(token(report.lab, browser)?).ok_or_else(AppError::internal)
}

fn token<'a>(lab: &Lab, browser: &'a Browser) -> Result<&'a str, AppError> {
    browser.token(lab).ok_or(AppError::Busy)
}

async fn try_token(report: &mut Report<'_>, visit: &Visit, words: &str, token: &str) -> Result<Answer, AppError> {
    report.send(&mut visit.browser.clone(), FORGER, words, Ask::bearer(Method::GET, ME, token)).await
}

fn is_invalid(answer: &Answer) -> bool {
    answer.status == 401 && code_of(answer) == "token_invalid"
}

fn public_keys() -> Ask {
    Ask { cookies: false, ..Ask::api(Method::GET, "/.well-known/jwks.json") }
}

/// As it is published; nothing where this server signs with a shared secret.
fn first_key(document: &Answer) -> String {
    let document: serde_json::Value = serde_json::from_str(&document.body).unwrap_or_default();
    document["keys"].get(0).map(ToString::to_string).unwrap_or_default()
}
