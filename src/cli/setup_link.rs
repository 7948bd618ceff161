//! `latchkey setup-link`: the way to the first administrator. Server side.

use serde_json::json;

use super::{Common, Failed, installation::on_database, output::answer};
use crate::pages::signup::setup_link;

pub async fn run(Common { json, config, .. }: Common) -> Result<(), Failed> {
    let link = on_database(config, async |state| Ok(setup_link::make(state).await?)).await?;
    let link = link.ok_or("there already is an administrator; create another one with `latchkey admin create`")?;
    answer(json, &json!({ "link": link }), || link.clone())
}
