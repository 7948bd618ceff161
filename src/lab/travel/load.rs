//! What the first section shows. Server side.

use axum::http::Method;

use super::{Cookies, Travel, decode, sizes};
use crate::{
    auth::tokens::keys::Keys,
    base::error::AppError,
    lab::{browser::Ask, visit::Visit, world::Lab},
    pages::request::PageRequest,
    web::{cookies, cookies::Name},
};

/// # Errors
/// When the demo browser cannot ask, or no sample can be signed.
pub async fn load(lab: &Lab, page: &PageRequest, keys: &Keys, visit: Option<&Visit>) -> Result<Travel, AppError> {
    let cookies = match (own(page, keys), visit) {
        (Some(own), _) => Some(own),
        (None, Some(visit)) => demo(lab, visit).await?,
        (None, None) => None,
    };
    Ok(Travel { cookies, sizes: sizes::measure(lab).await? })
}

/// The cookies that came with the request for the page.
fn own(page: &PageRequest, keys: &Keys) -> Option<Cookies> {
    let (state, headers, log_in) = (&page.app.state, &page.parts.headers, &page.someone.as_ref()?.log_in);
    let secret = cookies::get(&state.config, headers, Name::Session)?;
    let session = decode::session_cookie(&state.config, &secret, log_in.cookie_seconds(state.clock.now_ms()));
    let token = cookies::get(&state.config, headers, Name::Access);
    let token = token.and_then(|jwt| decode::token(state, keys, &jwt, Some(&log_in.sid)));
    Some(Cookies { own: true, session, token })
}

/// Those of the demo browser, after it has renewed its token: that of the last experiment is dead of age, mostly. What it
/// gets is not kept, since experiments go on with what the browser has.
async fn demo(lab: &Lab, visit: &Visit) -> Result<Option<Cookies>, AppError> {
    let mut browser = visit.browser.clone();
    browser.send(lab, Ask::api(Method::POST, "/api/v1/token")).await?;
    let Some(secret) = browser.session(lab) else { return Ok(None) };
    let session = decode::session_cookie(&lab.state.config, secret, None);
    let token = browser.token(lab).and_then(|jwt| decode::token(&lab.state, &lab.keys, jwt, None));
    Ok(Some(Cookies { own: false, session, token }))
}
