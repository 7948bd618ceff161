//! An application asks to log its user out (OpenID Connect RP-Initiated Logout). The user is asked, so that no page can log
//! anyone out. Server side.

use super::{answer::Answer, client::Client, params::Params, store};
use crate::{auth::app::App, base::error::AppError};

/// Where the application wants its user to be sent afterwards; `None` where it has registered no such address.
pub async fn way_back(app: &App, request: &str) -> Result<Option<Answer>, AppError> {
    let Some(params) = Params::parse(request.as_bytes()) else { return Ok(None) };
    let (to, state) = (params.get("post_logout_redirect_uri"), params.get("state"));
    let client = store::find_client(&app.state.db.pool, params.get("client_id")).await?.map(Client::from);
    let client = client.filter(|client| client.is_active() && client.logouts.iter().any(|known| known == to));
    Ok(client.map(|client| Answer::new(to, false, &client.name, &[], state, "")))
}
