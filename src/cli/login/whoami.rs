//! `latchkey whoami`: as whom this computer is logged in, asked of the server. Server side.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{
    kept::{Kept, current},
    server::Trouble,
};
use crate::{
    cli::{Failed, output::answer},
    ui::when::moment,
};

/// Show as whom you're logged in with `latchkey login`.
#[derive(Args)]
pub struct Whoami {
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
pub struct Who {
    pub name: String,
    pub email: String,
    id: String,
    server: String,
    until: Option<i64>,
}

pub async fn run(Whoami { json }: Whoami) -> Result<(), Failed> {
    let kept = current(None).await?;
    let who = match ask(&kept).await {
        // Revoked before its time, or of a key that is: a new token, or why there is none.
        Err(Trouble::Refused { status: 401, .. }) => ask(&current(Some(&kept.access_token)).await?).await?,
        who => who?,
    };
    answer(json, &who, || text(&who))
}

/// The API says whose token it is, which stands in the token; the rest is what the scopes show of the user.
pub async fn ask(kept: &Kept) -> Result<Who, Trouble> {
    #[derive(Deserialize)]
    struct Me {
        id: String,
    }
    #[derive(Deserialize)]
    struct User {
        name: String,
        email: String,
    }
    let Kept { server, access_token, until, .. } = kept;
    let Me { id } = server.get(&format!("{}/api/v1/me", server.issuer), access_token).await?;
    let User { name, email } = server.get(&server.userinfo_endpoint, access_token).await?;
    Ok(Who { name, email, id, server: server.issuer.clone(), until: *until })
}

fn text(Who { name, email, id, server, until }: &Who) -> String {
    let until = until.map(|until| format!("\nUntil   {}, or later if you use it before", moment(until)));
    format!("Name    {name}\nEmail   {email}\nID      {id}\nServer  {server}{}", until.unwrap_or_default())
}
