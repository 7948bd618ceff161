//! Log everyone out: one row ends every session and token there is; the tombstones follow in small steps. Server side.

pub mod store;
pub mod sweep;

use serde_json::json;

use self::store::Sweep;
use super::{
    Receipt,
    end::{Ender, Ending, KEEP_EXTRA_MS},
    guard::{Administrator, LoggedIn},
};
use crate::{
    audit::{
        self,
        event::{Event, Kind},
    },
    db::Tx,
    error::AppError,
    revocations::{
        self,
        store::{New, Row, Subject},
    },
    state::Stopwatch,
};

impl Ender {
    /// Ends every session of everybody and waits, a second at most, until every
    /// live instance has said that it refuses them. However many there are it takes one row, so nobody who logs in
    /// meanwhile waits. Where an administrator does it, the session that it is done in goes on: they see what follows.
    ///
    /// # Errors
    /// [`AppError::NotLoggedIn`] or [`AppError::NotAllowed`] when the administrator is none any more; or when the
    /// transaction fails. Nobody is logged out then.
    pub async fn end_everyone(&self, admin: Option<&Administrator>, ending: Ending) -> Result<Receipt, AppError> {
        let watch = Stopwatch::start();
        let now_ms = self.state.clock.now_ms();
        // Before the transaction: with a million sessions it takes a while, and nobody should wait for it.
        let live = store::count(&self.state.db.pool, now_ms).await?;
        let others = (live.sessions - i64::from(admin.is_some())).max(0);
        let mut tx = self.state.db.begin_write().await?;
        if let Some(admin) = admin {
            admin.hold(&mut tx, &admin.0.user.id).await?;
        }
        // One at a time: each raises the epoch by one.
        revocations::store::lock(&mut tx).await?;
        let sweep =
            Sweep { raised_at: now_ms, actor: ending.actor.as_text().into(), sessions: others, ..Sweep::default() };
        let least_epoch = store::raise(&mut tx, &sweep).await?;
        if let Some(Administrator(LoggedIn { log_in, .. })) = admin {
            store::keep(&mut tx, &log_in.sid, least_epoch).await?;
        }
        let mut event = Event::new(Kind::EveryoneLoggedOut, ending.actor.clone(), "").from_caller(&ending.caller);
        event.reason.clone_from(&ending.words);
        event.details = json!({ "sessions": others, "global_epoch": least_epoch });
        audit::store::insert(&mut *tx, &event, now_ms).await?;
        let revocation = self.revoke_everyone(&mut tx, least_epoch, &ending, now_ms).await?;
        tx.commit().await?;
        self.revocations.publish(&revocation);
        tracing::warn!(
            actor = ending.actor.as_text(),
            reason = ending.words,
            sessions = others,
            global_epoch = least_epoch,
            "everyone was logged out"
        );
        let receipt = Receipt {
            sessions_ended: u64::try_from(others).unwrap_or_default(),
            tokens_possibly_live: u64::try_from(live.tokens).unwrap_or_default(),
            milliseconds: watch.elapsed_ms(),
            seq: Some(revocation.seq),
            instances: Vec::new(),
        };
        Ok(self.confirmed(receipt, watch).await)
    }

    async fn revoke_everyone(
        &self,
        tx: &mut Tx,
        least_epoch: i64,
        ending: &Ending,
        now_ms: i64,
    ) -> Result<Row, sqlx::Error> {
        let keep_until = now_ms + self.state.config.token_lifetime_seconds * 1000 + KEEP_EXTRA_MS;
        let (subject, reason) = (Subject::Everyone { least_epoch }, ending.reason);
        let new = New { subject, reason, actor: &ending.actor, revoked_at: now_ms, keep_until };
        revocations::store::insert(tx, &new).await
    }
}
