//! What can be tried with a token alone: another payload, no signature, another key, an old one. Server side.

use axum::http::Method;

use super::{
    Outcome,
    forge::{Torn, tear},
    report::{Report, code_of, is_let_in, refusal, verdict},
};
use crate::{
    base::error::AppError,
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
    let words = "First it is put together again as it was, so that nothing but the role makes the difference.";
    let unchanged = try_token(&mut report, visit, words, &torn.with_old_signature()).await?;
    let forged = torn.with_claim("role", "admin").ok_or(AppError::Busy)?;
    report.show_token(
        FORGER,
        "One word of the payload is another: the role. Every other letter stays, and so does the signature.",
        forged.shown(&forged.signature_start()),
    );
    let answer = try_token(&mut report, visit, "The forged token is sent.", &forged.with_old_signature()).await?;
    Ok(report.end(
        verdict(is_let_in(&answer), is_let_in(&unchanged) && is_invalid(&answer)),
        format!(
            "Unchanged, the token was let in ({}); with the other role it was refused ({}). The signature is made over \
             header and payload together. One changed letter, and it fits no more; to make a new one you need the key \
             that signs, which never leaves the server.",
            unchanged.status,
            refusal(&answer)
        ),
    ))
}

pub async fn none(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let torn = take_token(&mut report, &mut visit.browser).await?;
    let forged = torn.with_header("alg", "none").ok_or_else(AppError::internal)?;
    let words = "It says of itself now that it needs no signature. The payload stays, letter by letter: whoever gets this \
                 one in can write any other.";
    report.show_token(FORGER, words, forged.shown("(empty)"));
    let answer = try_token(&mut report, visit, "It is sent without a signature.", &forged.without_signature()).await?;
    Ok(report.end(
        verdict(is_let_in(&answer), is_invalid(&answer)),
        format!(
            "Refused: {}. The algorithm belongs to the key, which the server knows by its name. What the token says of \
             its own algorithm must be the same, and decides nothing.",
            refusal(&answer)
        ),
    ))
}

pub async fn other_key(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let torn = take_token(&mut report, &mut visit.browser).await?;
    let signed = signed_by_another(lab, &torn).await?;
    let words = "The same header and payload, signed with a key of your own, under the name (kid) of ours.";
    report.show_token(FORGER, words, torn.shown("(valid, by another key)"));
    let by_other_key = try_token(&mut report, visit, "The first try.", &signed).await?;
    let refused = format!(
        "{}. The name of a key in the header only says which of our keys to try; a signature by another one does not fit.",
        refusal(&by_other_key)
    );

    let keys = report.send(&mut visit.browser, FORGER, "The public keys are for everybody.", public_keys()).await?;
    if torn.header("alg").as_deref() == Some("HS256") {
        let words =
            "There is no second try: this server signs with HS256, a shared secret, so its key has no public half.";
        report.tell(FORGER, words.into());
        return Ok(report.end(
            verdict(is_let_in(&by_other_key), is_invalid(&by_other_key)),
            format!("Refused: {refused} And this server has no public key that could be taken for its secret."),
        ));
    }
    let public = key_of(&keys, &torn).ok_or_else(AppError::internal)?;
    let confused = torn.with_header("alg", "HS256").ok_or_else(AppError::internal)?;
    let words = "The second try: our public key, which everybody knows, as the secret of HS256.";
    report.show_token(FORGER, words, confused.shown("(HMAC with the text of our public key)"));
    let by_public_key = try_token(&mut report, visit, "Key confusion.", &confused.signed_with_text(&public)).await?;

    let let_in = is_let_in(&by_other_key) || is_let_in(&by_public_key);
    Ok(report.end(
        verdict(let_in, is_invalid(&by_other_key) && is_invalid(&by_public_key)),
        format!(
            "Refused twice: first {refused} Then {}. A key of ours has one algorithm for good, so a public key is never \
             taken for a shared secret.",
            refusal(&by_public_key)
        ),
    ))
}

/// By a key of the same algorithm that no verifier knows. It is made once: an RSA key takes a while.
async fn signed_by_another(lab: &Lab, torn: &Torn) -> Result<String, AppError> {
    let algorithm = torn.header("alg").and_then(|word| word.parse().ok());
    let keys = lab.samples.keys().await?;
    let key = keys.iter().find(|key| Some(key.algorithm) == algorithm);
    key.and_then(|key| torn.signed_with_key(key)).ok_or_else(AppError::internal)
}

pub async fn expired(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let ask = Ask::api(Method::POST, "/api/v1/token").earlier();
    let words =
        "A token of two minutes ago: made by this same program, with the same key, while its clock was set back.";
    let minted = report.send(&mut visit.browser, OWNER, words, ask).await?;
    let old = token(lab, &visit.browser)?.to_owned();
    let torn = tear(&old).ok_or_else(AppError::internal)?;
    report.show_token(FORGER, "Nothing is forged here. Look at exp.", torn.shown(&torn.signature_start()));
    let answer = try_token(&mut report, visit, "It is sent now.", &old).await?;
    // The session notes until when its newest token lives: that is the next one.
    take_token(&mut report, &mut visit.browser).await?;
    let held = answer.status == 401 && code_of(&answer) == "token_expired";
    Ok(report.end(
        verdict(is_let_in(&minted) && is_let_in(&answer), held),
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

/// The key that the token names, as it is published.
fn key_of(document: &Answer, torn: &Torn) -> Option<String> {
    let (kid, document) = (torn.header("kid")?, serde_json::from_str::<serde_json::Value>(&document.body).ok()?);
    document["keys"].as_array()?.iter().find(|key| key["kid"] == kid.as_str()).map(ToString::to_string)
}
