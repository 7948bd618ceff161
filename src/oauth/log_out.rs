//! An application asks to log its user out (OpenID Connect RP-Initiated Logout). The user is asked, so that no page can log
//! anyone out. Server side.

use super::{
    answer::Answer,
    clients,
    clients::{Client, is_document},
    params::Params,
    settings::OauthSettings,
};
use crate::{
    auth::{
        app::App,
        tokens::{keys::Keys, verify::parties_of_id_token},
    },
    base::error::AppError,
};

/// The application that asks, by its id or by an ID token that was made for it, and the way back to it: `None` where it has
/// registered no such address. Two that are said to ask lead nowhere. To that of one that no one has registered a user goes by
/// hand: its document may name any.
pub async fn check(
    app: &App,
    keys: &Keys,
    settings: &OauthSettings,
    query: &str,
) -> Result<(Option<Client>, Option<Answer>), AppError> {
    let Ok(params) = Params::parse(query.as_bytes()) else { return Ok((None, None)) };
    let (id, to) = (params.get("client_id"), params.get("post_logout_redirect_uri"));
    let id = match parties_of_id_token(&app.state, keys, params.get("id_token_hint")) {
        Ok((of_token, _)) if id.is_empty() || id == of_token => of_token,
        Ok(_) => return Ok((None, None)),
        Err(_) => id.to_owned(),
    };
    let client = clients::store::find_client(&app.state.db.pool, &id).await?.filter(|client| settings.admits(client));
    let knows_it = client.as_ref().filter(|client| client.logouts.iter().any(|known| known == to));
    let answer = knows_it.map(|client| Answer {
        by_hand: is_document(&client.id),
        ..Answer::new(client, to, &[("state", params.get("state"))])
    });
    let answer = answer.filter(Answer::fits);
    Ok((client, answer))
}
