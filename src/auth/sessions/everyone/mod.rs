//! Log everyone out: one row ends every session and token there is; the tombstones follow in small steps. Server side.

pub mod store;
pub mod sweep;

use serde_json::json;

use super::{
    Receipt,
    guard::{Administrator, LoggedIn},
    store as sessions_store,
    terminate::{Terminator, not_yet},
};
use crate::{
    auth::{
        cause::Cause,
        event,
        event::{Event, Kind},
        grants, revocations,
        revocations::store::{New, Subject},
    },
    base::{db::again, error::AppError, state::Stopwatch},
};

impl Terminator {
    /// Ends every session of everyone and waits, a second at most, until every live instance has said that it refuses
    /// them. However many there are it takes one row, so no one who logs in meanwhile waits. Where an administrator does
    /// it, the session that it is done in goes on: they see what follows.
    ///
    /// # Errors
    /// [`AppError::NotLoggedIn`] or [`AppError::NotAllowed`] when the administrator is none any more; or when the
    /// transaction fails. No one is logged out then. Also when what was live cannot be counted afterwards: then everyone
    /// is out, the log says so, and it does no harm to do it again.
    pub async fn terminate_everyone(&self, admin: Option<&Administrator>, cause: Cause) -> Result<Receipt, AppError> {
        let watch = Stopwatch::start();
        let now_ms = self.state.clock.now_ms();
        let (least_epoch, seq) = again(|| self.raise_for_everyone(admin, &cause, now_ms)).await?;
        tracing::warn!(
            actor = cause.actor.as_text(),
            reason = cause.words,
            global_epoch = least_epoch,
            "everyone was logged out"
        );
        let receipt = Receipt { milliseconds: watch.elapsed_ms(), seq, ..Receipt::default() };
        let receipt = self.confirmed(receipt, watch).await;
        // Afterwards: with a million sessions it takes a second, and no one should be in for that long.
        let was_live = store::count(&self.state.db.pool, least_epoch, now_ms).await?;
        let told = grants::store::to_tell_below(&self.state.db.pool, least_epoch).await?;
        store::set_sessions(&self.state.db.pool, least_epoch, was_live.sessions).await?;
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(Receipt {
            sessions_ended: number(was_live.sessions),
            tokens_possibly_live: number(was_live.tokens),
            refresh_tokens: number(was_live.refresh_tokens),
            applications: number(was_live.applications),
            told: not_yet(told),
            ..receipt
        })
    }

    async fn raise_for_everyone(
        &self,
        admin: Option<&Administrator>,
        cause: &Cause,
        now_ms: i64,
    ) -> Result<(i64, Option<i64>), AppError> {
        let mut tx = self.state.db.begin_write().await?;
        if let Some(admin) = admin {
            admin.hold(&mut tx, &admin.0.user.id).await?;
            // In the order of all: users, sessions, the clock.
            sessions_store::lock_of(&mut *tx, &admin.0.user.id).await?;
        }
        // One at a time: each raises the epoch by one.
        revocations::store::lock(&mut tx).await?;
        let least_epoch = store::raise(&mut tx, cause.actor.as_text(), now_ms).await?;
        if let Some(Administrator(LoggedIn { log_in, .. })) = admin {
            store::keep(&mut tx, &log_in.sid, least_epoch).await?;
        }
        let details = json!({ "global_epoch": least_epoch });
        let event = Event { details, ..cause.event(Kind::EveryoneLoggedOut, "") };
        event::store::insert(&mut *tx, &event, now_ms).await?;
        let (subject, reason) = (Subject::Everyone(least_epoch), cause.reason.into_str());
        let new = New { subject, reason, actor: &cause.actor, revoked_at: now_ms };
        Ok((least_epoch, self.revocations.commit(tx, &[new]).await?))
    }
}
