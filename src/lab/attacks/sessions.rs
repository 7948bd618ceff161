//! What can be tried with a session: replay it after the log-out, use it from another site, steal it. Server side.

use axum::http::Method;

use super::{
    Outcome,
    report::{Report, after, is_let_in, refusal, verdict},
    tokens::OWNER,
};
use crate::{
    auth::sessions::Receipt,
    base::{error::AppError, state::Stopwatch},
    lab::{
        browser::{Answer, Ask},
        visit::Visit,
        world::Lab,
    },
};

const EVIL: &str = "A page at https://evil.example, in your demo browser";
pub const THIEF: &str = "A thief, on a device of their own";
pub const ADMINISTRATOR: &str = "The administrator of the Lab";

pub async fn replay(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    report.send(&mut visit.browser, OWNER, "A new token, so that its age is not the reason.", renew()).await?;
    let (mut copy, token) = (visit.browser.clone(), token_of(lab, visit)?);
    let words = "Both cookies are copied; then you log out.";
    let out = report.send(&mut visit.browser, OWNER, words, log_out()).await?;
    let watch = Stopwatch::start();
    let session = report.send(&mut copy.clone(), THIEF, "The copied session asks for a token.", renew()).await?;
    let session_after = after(watch);
    let ours = report.send(&mut copy, THIEF, "The copied token asks the API.", bearer(&token)).await?;
    let token_after = after(watch);
    let let_in = is_let_in(&out) && (is_let_in(&session) || is_let_in(&ours));
    let held = is_let_in(&out) && session.status == 401 && ours.status == 401;
    Ok(report.end(
        verdict(let_in, held),
        format!(
            "Refused: the session {session_after} after the answer to the log-out ({}), the token {token_after} after it \
             ({}). The log-out wrote a tombstone on the session and a revocation for its tokens in one transaction, and \
             the revocation was in the server's memory before the answer left.",
            refusal(&session),
            refusal(&ours)
        ),
    ))
}

pub async fn cross_site(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let as_browsers_send = Ask { accept: "text/html", ..log_out() }.with("origin", "https://evil.example");
    let new = as_browsers_send.clone().with("sec-fetch-site", "cross-site");
    let words = "It sends the form of the log-out. SameSite=Lax keeps the session cookie away from that already; here it is \
                 sent along all the same, as if that line had fallen.";
    let mut victim = visit.browser.clone();
    let first = report.send(&mut victim, EVIL, words, new).await?;
    let old = as_browsers_send.without("sec-fetch-site");
    let words = "The same from an old browser, which says only where the page is from.";
    let second = report.send(&mut victim, EVIL, words, old).await?;
    let words = "Are you still logged in?";
    let alive = report.send(&mut visit.browser, OWNER, words, renew()).await?;
    // A form that comes through is led to a page, not answered with 200.
    let let_in = first.status < 400 || second.status < 400;
    let held = first.status == 403 && second.status == 403 && alive.status == 200;
    Ok(report.end(
        verdict(let_in, held),
        format!(
            "Refused twice ({} and {}), and you are still logged in. Whatever changes something must come from a page of this \
             site: the browser says so itself in Sec-Fetch-Site, or in Origin, and no page can forge these.",
            first.status, second.status
        ),
    ))
}

pub async fn steal(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    let mut thief = visit.browser.stolen();
    let words = "They have your session cookie, and open your page with it.";
    let page = report.send(&mut thief, THIEF, words, Ask::page("/dashboard")).await?;
    let minted = report.send(&mut thief, THIEF, "They even get a token with it.", renew()).await?;
    let token = thief.token(lab).map(str::to_owned);
    let was_in = page.status == 200 && minted.status == 200;

    let mut admin = lab.administrator().await?;
    let fields = [("user", &*visit.user_id), ("reason", "a laptop was stolen")];
    let words = "You notice it and call. Everything of yours is ended.";
    let ended = report.send(&mut admin, ADMINISTRATOR, words, Ask::action("force_logout", &fields)).await?;
    let watch = Stopwatch::start();
    let receipt: Option<Receipt> = serde_json::from_str(&ended.body).ok();
    let out = report.send(&mut thief, THIEF, "The thief's next page.", Ask::page("/dashboard")).await?;
    let page_after = after(watch);
    let ours = match &token {
        Some(token) => Some(report.send(&mut thief, THIEF, "And the token that they got.", bearer(token)).await?),
        None => None,
    };
    let token_after = after(watch);
    let let_in = is_let_in(&ended) && (is_let_in(&out) || ours.as_ref().is_some_and(is_let_in));
    let held = was_in && is_let_in(&ended) && leads_to_log_in(&out) && ours.is_some_and(|answer| answer.status == 401);
    Ok(report.end(
        verdict(let_in, held),
        format!(
            "It worked: who has the cookie is in. HttpOnly keeps it from scripts, __Host- and Secure from other sites and \
             from networks, but a thief who has it all the same is, for the server, you. After the forced log-out they \
             were out at once: the page {page_after} after its answer, the token \
             {token_after} after it. {}",
            receipt.map(|receipt| format!("The receipt: {}", receipt.words())).unwrap_or_default()
        ),
    ))
}

pub fn renew() -> Ask {
    Ask::api(Method::POST, "/api/v1/token")
}

pub fn bearer(token: &str) -> Ask {
    Ask::bearer(Method::GET, "/api/v1/me", token)
}

fn log_out() -> Ask {
    Ask::action("log_out", &[])
}

pub fn token_of(lab: &Lab, visit: &Visit) -> Result<String, AppError> {
    visit.browser.token(lab).map(str::to_owned).ok_or(AppError::Busy)
}

/// How a page refuses who is not logged in.
pub fn leads_to_log_in(answer: &Answer) -> bool {
    answer.status == 303 && answer.header("location").starts_with("/login")
}
