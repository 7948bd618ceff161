//! `latchkey login`: logs in on a server in the name of a user, as any application on a computer does. Server side.
//!
//! What it knows of the server is what any program knows: its address, and the documents and routes of OAuth.

mod browser;
mod device;
pub mod kept;
pub mod logout;
mod server;
pub mod whoami;

use clap::Args;

use self::{
    kept::{Kept, Place},
    server::Server,
};
use super::{Failed, output::say};

/// Where `latchkey serve` listens by itself.
const NEAREST: &str = "http://localhost:3000";

/// Log in on a server as a user, to call its API.
///
/// Opens a browser, where you allow the access. Without a screen it shows a code, which you enter in a browser elsewhere.
/// The login is kept in your configuration folder, in a file that only you can read. It ends with `latchkey logout`, or after
/// 30 days in which no command uses it.
#[derive(Args)]
pub struct Login {
    /// Address of the server. Without one: where you're logged in, or else http://localhost:3000.
    #[arg(value_name = "URL", value_parser = server::private)]
    url: Option<String>,
    /// Show a code to enter in a browser on another device.
    #[arg(long, conflicts_with = "no_browser")]
    device: bool,
    /// Open no browser: print the address, for a browser on this computer.
    #[arg(long)]
    no_browser: bool,
}

pub async fn run(Login { url, device, no_browser }: Login) -> Result<(), Failed> {
    let before = Place::find()?.lock()?.read();
    let known = before.as_ref().ok().and_then(Option::as_ref).map(|kept| kept.server.issuer.clone());
    let server = Server::find(&url.or(known).unwrap_or_else(|| NEAREST.into())).await?;
    let tokens = if device || (!no_browser && !browser::has_screen()) {
        device::log_in(&server).await?
    } else {
        browser::log_in(&server, !no_browser).await?
    };
    let kept = Kept::new(server, tokens);
    Place::find()?.lock()?.write(&kept)?;
    // Where it worked still, it would stay in the list of devices.
    if let Ok(Some(before)) = before {
        let _ = before.revoke().await;
    }
    let who = whoami::ask(&kept).await?;
    say(&format!("You're logged in on {} as {} ({}).", kept.server.issuer, who.name, who.email))
}
