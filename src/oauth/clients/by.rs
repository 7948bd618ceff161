//! Who changes applications. Server side.

use super::{Client, store};
use crate::{
    auth::{
        event,
        event::{Actor, Event, Kind},
        sessions::guard::LoggedIn,
        users::{Role, store::User},
    },
    base::{caller::Caller, db::Tx, error::AppError, sql::Conn, state::AppState},
};

#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Their own, or anyone's for an administrator.
    User(&'a LoggedIn, &'a Caller),
    /// Anyone's: whoever has the database and the program.
    CommandLine,
}

impl By<'_> {
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(someone, _) => Actor::User(someone.user.id.clone()),
            Self::CommandLine => Actor::CommandLine,
        }
    }

    /// Whether they may do what only administrators may.
    pub fn is_admin(&self) -> bool {
        match self {
            Self::User(someone, _) => someone.user.role() == Role::Admin,
            Self::CommandLine => true,
        }
    }

    /// Begins the transaction for an application that is there; whoever has lost their session meanwhile changes nothing.
    pub async fn begin(&self, state: &AppState, id: &str) -> Result<(Tx, Client), AppError> {
        let mut tx = state.db.begin_write().await?;
        let user = match self {
            Self::User(someone, _) => Some(someone.hold(&mut tx).await?),
            Self::CommandLine => None,
        };
        let client = find_for(&mut *tx, user.as_ref(), id).await?;
        Ok((tx, client))
    }

    /// Writes down what happened to an application, as an event of its owner: with where it may send users, and what it may ask
    /// for, since whoever changes that may be a thief.
    pub async fn note_app(&self, tx: &mut Tx, kind: Kind, client: &Client, at: i64) -> Result<(), AppError> {
        let mut details = client.in_event();
        details["redirects"] = client.redirects.join(", ").into();
        details["scope"] = client.scopes.text().into();
        let event = match self {
            Self::User(someone, caller) => someone.event(kind, caller),
            Self::CommandLine => Event::new(kind, self.actor(), ""),
        };
        let event = Event { subject: client.owner_id.clone(), details, ..event };
        event::store::insert(&mut **tx, &event, at).await?;
        Ok(())
    }
}

/// An application that is there, for a user who may change it, or for the command line.
pub async fn find_for(db: impl Conn<'_>, user: Option<&User>, id: &str) -> Result<Client, AppError> {
    let may = |client: &Client| user.is_none_or(|user| client.owner_id == user.id || user.role() == Role::Admin);
    store::find_client(db, id).await?.filter(may).ok_or(AppError::NotFound)
}
