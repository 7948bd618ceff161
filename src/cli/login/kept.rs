//! The login as it is kept: in a file that only its owner can read, and that one command at a time changes. Server side.

use std::{
    fs::{File, remove_file, rename},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::server::{Server, Tokens, Trouble};
use crate::{
    base::{
        private_file::{make_private_folder, open_private, private_file},
        state::Clock,
    },
    cli::Failed,
};

/// A token that ends sooner might end on its way.
const MARGIN_MS: i64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub server: Server,
    pub access_token: String,
    access_until: i64,
    refresh_token: String,
    /// Without a use before, as far as the server says.
    pub until: Option<i64>,
}

impl Kept {
    pub fn new(server: Server, tokens: Tokens) -> Self {
        let now_ms = Clock::default().now_ms();
        Self {
            server,
            access_token: tokens.access_token,
            access_until: now_ms + tokens.expires_in * 1000,
            refresh_token: tokens.refresh_token.unwrap_or_default(),
            until: tokens.refresh_token_expires_in.map(|seconds| now_ms + seconds * 1000),
        }
    }

    pub async fn revoke(&self) -> Result<(), Trouble> {
        self.server.revoke(&self.refresh_token).await
    }

    fn is_good(&self, rejected: Option<&str>) -> bool {
        self.access_until - MARGIN_MS > Clock::default().now_ms() && rejected != Some(&self.access_token)
    }

    /// With a new access token. An answer without a refresh token is that to one which was used a moment ago: it goes on.
    async fn refreshed(&self) -> Result<Self, Trouble> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*self.refresh_token)];
        let new = Self::new(self.server.clone(), self.server.tokens(&fields).await?);
        match new.refresh_token.is_empty() {
            true => Ok(Self { refresh_token: self.refresh_token.clone(), until: self.until, ..new }),
            false => Ok(new),
        }
    }
}

/// The login with an access token that works, and is not the one that was rejected just now.
pub async fn current(rejected: Option<&str>) -> Result<Kept, Failed> {
    let file = Place::find()?.lock()?;
    let kept = file.read()?.ok_or("you're not logged in; log in with `latchkey login`")?;
    if kept.is_good(rejected) {
        return Ok(kept);
    }
    match kept.refreshed().await {
        Ok(new) => file.write(&new).map(|()| new),
        Err(trouble) if trouble.is("invalid_grant") => {
            file.remove()?;
            let issuer = kept.server.issuer;
            Err(format!("the server has ended this login; log in again with `latchkey login {issuer}`").into())
        }
        Err(trouble) => Err(trouble.into()),
    }
}

/// Where the login is kept: as the system says, in a folder for settings.
pub struct Place(pub PathBuf);

impl Place {
    pub fn find() -> Result<Self, Failed> {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = named("XDG_CONFIG_HOME")
            .or_else(|| named("APPDATA"))
            .or_else(|| Some(named("HOME")?.join(".config")))
            .ok_or("there is no folder for settings; set XDG_CONFIG_HOME")?;
        Ok(Self(folder.join("latchkey")))
    }

    /// Waits until no other command has it: of two that change a refresh token at once, one would look like a thief.
    pub fn lock(&self) -> Result<Locked, Failed> {
        let path = self.0.join("login.lock");
        let opened = make_private_folder(&self.0).and_then(|()| private_file().create(true).open(&path));
        let lock = opened.and_then(|file| file.lock().map(|()| file)).map_err(|error| cannot("lock", &path, &error))?;
        Ok(Locked { _lock: lock, path: self.0.join("login.json") })
    }
}

/// The file, and no one else's until this is dropped.
pub struct Locked {
    _lock: File,
    path: PathBuf,
}

impl Locked {
    /// What someone else has read, or has put there, is sent nowhere.
    pub fn read(&self) -> Result<Option<Kept>, Failed> {
        let refused = |why: String| format!("{} isn't used: {why}; log in again", self.path.display());
        let mut text = String::new();
        match open_private(&self.path).and_then(|mut file| file.read_to_string(&mut text)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| refused(error.to_string()))?,
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|_| refused("it can't be understood".into()))?;
        kept.server.expect_private().map_err(|Failed(why, _)| refused(why))?;
        Ok(Some(kept))
    }

    /// The whole file or the one before: a program that is stopped in the middle loses no login.
    pub fn write(&self, kept: &Kept) -> Result<(), Failed> {
        let new = self.path.with_extension("new");
        let text = serde_json::to_vec_pretty(kept)?;
        let _ = remove_file(&new);
        let written = private_file().create_new(true).open(&new).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        Ok(written.and_then(|()| rename(&new, &self.path)).map_err(|error| cannot("write", &self.path, &error))?)
    }

    pub fn remove(&self) -> Result<(), Failed> {
        Ok(remove_file(&self.path).map_err(|error| cannot("remove", &self.path, &error))?)
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}
