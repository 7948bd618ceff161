//! Who acts on someone's account, from where and why: what every act of administration is told with. Server side.

use sqlx::AnyConnection;

use super::{Before, REASON_MAX_CHARS};
use crate::{
    audit::log,
    auth::{
        cause::Cause,
        event,
        event::{Actor, Event, Kind},
        revocations::EndReason,
        sessions::guard::{Administrator, hold_as_administrator},
        users::{store, store::User},
    },
    base::{
        caller::Caller,
        db::Tx,
        error::{AppError, Invalid},
        state::AppState,
        text::readable,
    },
    web::token::bearer::{AdminCaller, ApiCaller},
};

/// To hold one is to be allowed to act, as far as that was known when the request began; [`By::hold`] asks again.
#[derive(Clone, Debug)]
pub struct By {
    who: Who,
    caller: Caller,
    /// The actor's own words, for the audit log.
    words: String,
}

#[derive(Clone, Debug)]
enum Who {
    Page(Administrator),
    Token(ApiCaller),
    CommandLine,
}

impl By {
    /// An administrator in a browser; `words`: a reason that was [parsed](parse_reason).
    pub fn page(admin: Administrator, caller: Caller, words: String) -> Self {
        Self { who: Who::Page(admin), caller, words }
    }

    /// An administrator's program.
    pub fn api(AdminCaller(admin, caller): AdminCaller, reason: &str) -> Result<Self, AppError> {
        Ok(Self { who: Who::Token(admin), caller, words: parse_reason(reason)? })
    }

    /// Whoever has the database and the program.
    pub fn command_line(reason: &str) -> Result<Self, Invalid> {
        Ok(Self { who: Who::CommandLine, caller: Caller::default(), words: parse_reason(reason)? })
    }

    pub fn actor(&self) -> Actor {
        self.own_id().map_or(Actor::CommandLine, |id| Actor::User(id.to_owned()))
    }

    /// Whether this user acts on their own account.
    pub fn is(&self, user_id: &str) -> bool {
        self.own_id() == Some(user_id)
    }

    fn own_id(&self) -> Option<&str> {
        match &self.who {
            Who::Page(admin) => Some(&admin.0.user.id),
            Who::Token(caller) => Some(&caller.user_id),
            Who::CommandLine => None,
        }
    }

    /// Begins the transaction of an act: locks the rows of both and returns the other as it is now. Of two who act at this
    /// moment the second sees what the first has done.
    ///
    /// # Errors
    /// [`AppError::NotLoggedIn`] or [`AppError::NotAllowed`] for who has lost session or role since the request began;
    /// [`AppError::AccountGone`], or [`AppError::NotFound`] when there never was such a user.
    pub async fn hold(&self, state: &AppState, user_id: &str) -> Result<(Tx, User), AppError> {
        let mut tx = state.db.begin_write().await?;
        let held = match &self.who {
            Who::Page(admin) => admin.hold(&mut tx, user_id).await,
            Who::Token(caller) => hold_as_administrator(&mut tx, &caller.user_id, &caller.sid, user_id).await,
            Who::CommandLine => {
                store::lock(&mut *tx, user_id).await?;
                store::find_by_id(&mut *tx, user_id).await?.ok_or(AppError::NotFound)
            }
        };
        match held {
            Err(AppError::NotFound) => Err(missing(&mut tx, user_id).await?),
            held => Ok((tx, held?)),
        }
    }

    /// What is written down of an act.
    pub fn event(&self, kind: Kind, user_id: &str, details: serde_json::Value) -> Event {
        let event = Event::new(kind, self.actor(), user_id).from_caller(&self.caller);
        Event { reason: self.words.clone(), details, ..event }
    }

    /// Writes an act down, in its transaction; returns the id of the event.
    pub async fn write_down(
        &self,
        tx: &mut Tx,
        state: &AppState,
        kind: Kind,
        user_id: &str,
        details: serde_json::Value,
    ) -> Result<String, AppError> {
        let event = self.event(kind, user_id, details);
        Self::log(&event);
        Ok(event::store::insert(&mut **tx, &event, state.clock.now_ms()).await?)
    }

    pub fn log(Event { kind, subject, actor, .. }: &Event) {
        tracing::info!(what = kind.into_str(), user = subject, actor = actor.as_text(), "administrator action");
    }

    /// The end of what was live, where the act has an event of its own that says why.
    pub fn cause(&self, reason: EndReason) -> Cause {
        Cause { actor: self.actor(), reason, words: String::new(), caller: self.caller.clone() }
    }

    /// As [`By::cause`], where the end is the act.
    pub fn cause_with_words(&self, reason: EndReason) -> Cause {
        Cause { words: self.words.clone(), ..self.cause(reason) }
    }
}

/// Why there is no such user.
pub async fn missing(tx: &mut AnyConnection, user_id: &str) -> Result<AppError, AppError> {
    let gone = event::store::has_happened(&mut *tx, user_id, Kind::AccountDeleted).await?;
    Ok(if gone { AppError::AccountGone } else { AppError::NotFound })
}

/// Who did the newest of these to a user, for who comes second.
pub async fn who_did(tx: &mut AnyConnection, user_id: &str, kinds: [Kind; 2]) -> Result<Option<Before>, AppError> {
    let Some(row) = log::store::newest_of_kinds(&mut *tx, user_id, kinds).await? else { return Ok(None) };
    let by = match Actor::from_text(&row.actor) {
        Actor::User(id) => {
            let user = store::find_by_id(&mut *tx, &id).await?;
            user.map_or_else(|| "a deleted user".to_owned(), |user| user.name)
        }
        Actor::CommandLine => "the command line".into(),
        Actor::System => "Latchkey".into(),
        Actor::Unknown => "someone".into(),
    };
    Ok(Some(Before { by, at: row.at, reason: row.reason }))
}

/// Refuses an undo of the event `undo` once it is not the newest of these kinds any more. Empty: this is no undo.
pub async fn require_newest(
    tx: &mut AnyConnection,
    user_id: &str,
    kinds: [Kind; 2],
    undo: &str,
) -> Result<(), AppError> {
    if undo.is_empty() {
        return Ok(());
    }
    let newest = log::store::newest_of_kinds(&mut *tx, user_id, kinds).await?;
    if newest.is_some_and(|row| row.id == undo) { Ok(()) } else { Err(AppError::ChangedMeanwhile) }
}

/// Whether a reset has taken the password away, and its link was not used yet.
pub async fn has_no_password(tx: &mut AnyConnection, id: &str) -> Result<bool, AppError> {
    let newest = log::store::newest_of_kinds(&mut *tx, id, [Kind::ResetStarted, Kind::PasswordReset]).await?;
    Ok(newest.is_some_and(|row| row.details()["ended_all"] == true))
}

pub fn parse_reason(text: &str) -> Result<String, Invalid> {
    let text = readable(text).ok_or(Invalid::ReasonMissing)?;
    let fits = text.chars().count() <= REASON_MAX_CHARS;
    if fits { Ok(text) } else { Err(Invalid::ReasonTooLong) }
}
