//! `latchkey clients list`. Server side.

use serde_json::{Value, json};

use crate::{
    base::number::grouped,
    cli::{Common, Failed, installation::find_user, output::table, who::Who},
    oauth::{
        clients,
        clients::{Client, calls, calls::Calls},
    },
    ui::when::minute,
};

const HEADS: [&str; 7] = ["ID", "KIND", "STATE", "LAST USED", "CALLS TODAY", "OWNER", "NAME"];
const LISTED_MAX: i64 = 10_000;

pub async fn list(owner: Option<&Who>, common: &Common) -> Result<(), Failed> {
    let listed = common.on_database(async |state| {
        let owner = match owner {
            Some(who) => Some(find_user(state, who).await?.id),
            None => None,
        };
        let clients = clients::store::list_clients(&state.db.pool, owner.as_deref(), LISTED_MAX).await?;
        let calls = calls::of(&state.db.pool, "", state.clock.now_ms()).await?;
        let with_calls = |client: Client| (calls.get(&client.id).copied().unwrap_or_default(), client);
        Ok(clients.into_iter().map(with_calls).collect::<Vec<_>>())
    });
    let listed = listed.await?;
    let shown: Vec<Value> = listed.iter().map(|(calls, client)| shown(client, calls)).collect();
    let table = table(HEADS, listed.iter().map(|(calls, client)| cells(client, calls)));
    common.answer_list(&json!({ "clients": shown }), table, "No applications are registered.", None)
}

/// As scripts read it.
fn shown(client: &Client, calls: &Calls) -> Value {
    json!({
        "id": client.id,
        "name": client.name,
        "kind": client.kind.into_str(),
        "state": client.state_words(),
        "owner": client.owner_name,
        "owner_id": client.owner_id,
        "redirects": client.redirects,
        "logouts": client.logouts,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "scopes": client.scopes.text(),
        "id_token_alg": client.id_token_alg,
        "created_at": client.created_at,
        "last_used_at": client.last_used_at,
        "calls": calls,
    })
}

fn cells(client: &Client, calls: &Calls) -> [String; 7] {
    let Client { id, kind, owner_name, name, .. } = client.clone();
    let last_used = client.last_used_at.map_or_else(|| "never".to_owned(), minute);
    [id, kind.into_str().into(), client.state_words().into(), last_used, grouped(calls[0]), owner_name, name]
}
