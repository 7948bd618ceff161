//! `latchkey logout`: ends the login of this computer, here and on the server. Server side.

use super::kept::Place;
use crate::cli::{Failed, output::say};

pub async fn run() -> Result<(), Failed> {
    let file = Place::find()?.lock()?;
    let Some(kept) = file.read()? else { return say("You're not logged in.") };
    let told = kept.revoke().await;
    file.remove()?;
    let server = &kept.server.issuer;
    if let Err(trouble) = told {
        let Failed(why, _) = trouble.into();
        let words = "you're logged out on this computer, but the server still has this login";
        return Err(format!("{words} ({why}); disconnect it at {server}/account/devices").into());
    }
    say(&format!("You're logged out of {server}."))
}
