//! `latchkey clients list`. Server side.

use serde::Serialize;
use serde_json::json;

use super::args::List;
use crate::{
    cli::{
        Common, Failed,
        installation::{find_user, on_database},
        output::{Table, answer_list},
    },
    oauth::{
        clients,
        clients::{Client, calls, calls::Calls},
    },
    ui::{number::grouped, when::minute},
};

/// As scripts read it.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    name: &'a str,
    kind: &'static str,
    state: &'static str,
    owner: &'a str,
    owner_id: &'a str,
    redirects: &'a [String],
    logouts: &'a [String],
    backchannel_logout_uri: &'a str,
    scopes: String,
    id_token_alg: &'a str,
    created_at: i64,
    last_used_at: Option<i64>,
    calls: Calls,
}

impl<'a> Shown<'a> {
    fn of(client: &'a Client, calls: Calls) -> Self {
        let Client { id, name, owner_name: owner, owner_id, redirects, logouts, created_at, last_used_at, .. } = client;
        let (backchannel_logout_uri, id_token_alg) = (&client.backchannel_logout_uri, &client.id_token_alg);
        let (kind, state, scopes) = (client.kind.into_str(), client.state_words(), client.scopes.text());
        let (created_at, last_used_at) = (*created_at, *last_used_at);
        Self {
            id,
            name,
            kind,
            state,
            owner,
            owner_id,
            redirects,
            logouts,
            backchannel_logout_uri,
            scopes,
            id_token_alg,
            created_at,
            last_used_at,
            calls,
        }
    }
}

const HEADS: [&str; 7] = ["ID", "KIND", "STATE", "LAST USED", "CALLS TODAY", "OWNER", "NAME"];
const LISTED_MAX: i64 = 10_000;

pub async fn list(args: List) -> Result<(), Failed> {
    let Common { json, config, .. } = args.common;
    let (clients, calls) = on_database(config, async |state| {
        let owner = match &args.owner {
            Some(who) => Some(find_user(state, who).await?.id),
            None => None,
        };
        let clients = clients::store::list_clients(&state.db.pool, owner.as_deref(), LISTED_MAX).await?;
        let calls = calls::of(&state.db.pool, "", state.clock.now_ms()).await?;
        Ok((clients, calls))
    })
    .await?;
    let none = clients.is_empty().then(|| "No applications are registered.".to_owned());
    let calls = |client: &Client| calls.get(&client.id).copied().unwrap_or_default();
    let shown: Vec<Shown<'_>> = clients.iter().map(|client| Shown::of(client, calls(client))).collect();
    let table = Table::new(HEADS, shown.iter().map(cells));
    answer_list(json, &json!({ "clients": shown }), &table, &none.into_iter().collect::<Vec<_>>())
}

fn cells(one: &Shown<'_>) -> [String; 7] {
    let last_used = one.last_used_at.map_or_else(|| "never".to_owned(), minute);
    let calls = grouped(one.calls[0]);
    [one.id.into(), one.kind.into(), one.state.into(), last_used, calls, one.owner.into(), one.name.into()]
}
