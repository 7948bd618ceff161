//! Another role, given on the server: what does each credential still say? Server side.

use super::{
    Outcome,
    report::{Report, code_of, is_let_in, refusal, verdict},
    sessions::{ADMINISTRATOR, bearer, renew, token_of},
    tokens::OWNER,
};
use crate::{
    auth::tokens::verify::{Refusal, verify},
    base::error::AppError,
    lab::{
        browser::{Answer, Ask},
        visit::Visit,
        world::Lab,
    },
};

/// A page for those who see what administrators see.
const FOR_AUDITORS: &str = "/admin/users";

const TEXTBOOK: &str = "A textbook verifier: signature, issuer, audience and times";

pub async fn role(lab: &Lab, visit: &mut Visit) -> Result<Outcome, AppError> {
    let mut report = Report::new(lab);
    // The page asks for a proof of identity that is not old.
    let email = visit.email(lab).await?;
    visit.browser.log_in(lab, &email).await?;
    report.send(&mut visit.browser, OWNER, "A new token, as a user.", renew()).await?;
    let old = token_of(lab, visit)?;
    let words = "A page for auditors, before.";
    let before = report.send(&mut visit.browser, OWNER, words, Ask::page(FOR_AUDITORS)).await?;

    let given = give(&mut report, visit, "auditor", "You become an auditor.").await?;
    let ours = report.send(&mut visit.browser, OWNER, "The token from before.", bearer(&old)).await?;
    let still = says(lab, &old);
    report.tell(TEXTBOOK, format!("The token from before, asked of nobody: {}.", told(&still)));
    let words = "The same page, with the session alone.";
    let page = report.send(&mut visit.browser, OWNER, words, Ask::page(FOR_AUDITORS)).await?;
    report.send(&mut visit.browser, OWNER, "A new token.", renew()).await?;
    let renewed = token_of(lab, visit)?;
    let me = report.send(&mut visit.browser, OWNER, "What does it say?", bearer(&renewed)).await?;

    give(&mut report, visit, "user", "The change is undone.").await?;
    // The session gets a new secret with each role; the demo browser has to keep it.
    report.send(&mut visit.browser, OWNER, "Your session goes on, under a new secret.", renew()).await?;
    // Who was no user before (another tab changes the role as well) has a token that may be right.
    let outdated = before.status == 403 && given.status == 200;
    let held = outdated
        && page.status == 200
        && ours.status == 401
        && code_of(&ours) == "token_revoked"
        && me.body.contains("\"auditor\"");
    Ok(report.end(
        verdict(outdated && is_let_in(&ours), held),
        format!(
            "The session knew it on the next page: it carries no role, the server looks it up. Our token from before was \
             refused at once ({}), and the renewed one says auditor. A textbook verifier would have gone on with {} \
             until the token expired.",
            refusal(&ours),
            told(&still)
        ),
    ))
}

async fn give(report: &mut Report<'_>, visit: &Visit, role: &str, words: &str) -> Result<Answer, AppError> {
    let mut admin = report.lab.administrator().await?;
    let fields = [("user", &*visit.user_id), ("role", role), ("reason", "an experiment in the Lab")];
    report.send(&mut admin, ADMINISTRATOR, words, Ask::action("change_role", &fields)).await
}

/// The role in the token, as far as the token alone decides. Revocation is not asked: that is the point.
fn says(lab: &Lab, token: &str) -> Result<&'static str, Refusal> {
    let verified = verify(&lab.state.config, &lab.keys, &lab.state.clock, token)?;
    Ok(verified.claims.role.into_str())
}

fn told(says: &Result<&'static str, Refusal>) -> String {
    match says {
        Ok(role) => format!("the role “{role}”"),
        Err(refusal) => format!("nothing ({refusal:?})"),
    }
}
