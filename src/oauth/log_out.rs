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

/// What an application sends, for [`way_back`]: with its id, also where only an ID token says who it is. Two that are said to
/// ask lead nowhere.
pub fn named(app: &App, keys: &Keys, query: &str) -> String {
    let params = Params::parse(query.as_bytes()).unwrap_or_default();
    let (client_id, hint) = (params.get("client_id"), params.get("id_token_hint"));
    let client_id = match parties_of_id_token(&app.state, keys, hint) {
        Ok((of_token, _)) if client_id.is_empty() || client_id == of_token => of_token,
        Ok(_) => String::new(),
        Err(_) => client_id.to_owned(),
    };
    let kept = ["post_logout_redirect_uri", "state"].map(|name| (name, params.get(name)));
    let mut request = url::form_urlencoded::Serializer::new(String::new());
    request.append_pair("client_id", &client_id).extend_pairs(kept).finish()
}

/// The application that such a request names.
pub async fn client(app: &App, settings: &OauthSettings, request: &str) -> Result<Option<Client>, AppError> {
    let params = Params::read(request.as_bytes());
    let client = clients::store::find_client(&app.state.db.pool, params.get("client_id")).await?;
    Ok(client.filter(|client| settings.admits(client)))
}

/// Where the application wants its user to be sent afterwards; `None` where it has registered no such address. To that of one
/// that no one has registered a user goes by hand: its document may name any.
pub async fn way_back(app: &App, settings: &OauthSettings, request: &str) -> Result<Option<Answer>, AppError> {
    let Ok(params) = Params::parse(request.as_bytes()) else { return Ok(None) };
    let (to, state) = (params.get("post_logout_redirect_uri"), params.get("state"));
    let client = client(app, settings, request).await?.filter(|client| client.logouts.iter().any(|known| known == to));
    let answer = client.map(|client| {
        let mut answer = Answer::new(to, false, &client.name, &[], state, "");
        answer.by_hand = is_document(&client.id);
        answer
    });
    Ok(answer.filter(Answer::fits))
}
