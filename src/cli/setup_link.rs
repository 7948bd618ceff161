//! `latchkey setup-link`: the way to the first administrator. Server side.

use super::{Failed, on_database, output::say};
use crate::{base::config::Config, pages::signup::setup_link};

pub async fn run(config: Config) -> Result<(), Failed> {
    let link = on_database(config, async |state| Ok(setup_link::make(state).await?)).await?;
    say!("{}", link.ok_or("there is an administrator already; `latchkey admin create` makes another one")?);
    Ok(())
}
