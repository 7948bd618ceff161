//! End sessions: the epoch, the tombstone, the grants, the audit event and the revocation in one transaction; then
//! publish; then answer. Server side. Every way of ending sessions comes through here, but for `everyone`.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Receipt, store,
    store::{EndedRow, Target},
};
use crate::{
    auth::{
        cause::Cause,
        event,
        event::{Actor, Event, Kind},
        grants,
        grants::store::{Ended, EndedGrant, Queued},
        instances::{
            Confirmation,
            confirm::{Awaited, confirmations},
        },
        revocations::{
            EndReason,
            set::Revocations,
            store::{New, Subject},
        },
        users,
    },
    base::{
        config::TOKEN_LIFETIME_MAX_SECONDS,
        db::{Tx, again},
        error::AppError,
        state::{AppState, Stopwatch},
    },
};

/// Ends sessions. Cheap to clone.
#[derive(Clone)]
pub struct Terminator {
    pub state: AppState,
    pub revocations: Revocations,
}

impl Terminator {
    /// Ends the target. When this returns, no credential of it is accepted by this instance any more.
    ///
    /// # Errors
    /// When the transaction fails; nothing has ended then.
    pub async fn terminate(&self, target: Target<'_>, cause: Cause) -> Result<Receipt, AppError> {
        again(|| async { self.terminate_with(self.state.db.begin_write().await?, target, cause.clone()).await }).await
    }

    /// As [`Self::terminate`], and commits what the caller has written in `tx`: both happen, or neither (ASVS 2.3.3).
    pub async fn terminate_with(&self, mut tx: Tx, target: Target<'_>, cause: Cause) -> Result<Receipt, AppError> {
        let watch = Stopwatch::start();
        let now_ms = self.state.clock.now_ms();
        let epoch = match target {
            Target::User(id) | Target::Tokens(id) => {
                Some(users::store::raise_epoch(&mut *tx, id).await?.ok_or(AppError::NotFound)?)
            }
            Target::Others { user_id, .. } | Target::Surplus { user_id, .. } => {
                users::store::lock(&mut *tx, user_id).await?;
                None
            }
            Target::Secret(_) | Target::Session(_) => None,
        };
        let rows = store::tombstone(&mut tx, target, cause.actor.as_text(), cause.reason, now_ms).await?;
        let ended = grants::store::end_with(&mut tx, target, &rows, cause.reason, now_ms).await?;
        let Ended { grants, queued } = ended;
        let has_ended = !rows.is_empty() || !grants.is_empty();
        if !has_ended && epoch.is_none() {
            match target {
                // The caller has changed the account, so what is cached of it is out of date.
                Target::Others { user_id, .. } => self.revocations.commit_change(tx, user_id).await?,
                _ => tx.commit().await?,
            }
            return Ok(receipt(&rows, &grants, queued, now_ms, watch));
        }
        // A force logout, and what Latchkey does by itself, is written down here alone; of all else there is an event already.
        if has_ended || cause.reason == EndReason::ByAdmin || cause.actor == Actor::System {
            self.note(&mut tx, target, &cause, &rows, now_ms).await?;
        }
        let seq = self.revoke(tx, target, &cause, (&rows, &grants), epoch, now_ms).await?;
        let receipt = Receipt { seq, ..receipt(&rows, &grants, queued, now_ms, watch) };
        tracing::info!(
            reason = cause.reason.into_str(),
            actor = cause.actor.as_text(),
            user = user_of(target, &rows),
            sid = if let [only] = &*rows { &only.sid } else { "" },
            sessions = receipt.sessions_ended,
            tokens = receipt.tokens_possibly_live,
            ms = receipt.milliseconds,
            "sessions ended"
        );
        Ok(receipt)
    }

    /// Ends the target and waits, a second at most, until every live instance has said that it refuses it, too, and
    /// applications were told.
    ///
    /// # Errors
    /// As [`Self::terminate`]. An instance that says nothing is no error: the receipt names it.
    pub async fn terminate_everywhere(&self, target: Target<'_>, cause: Cause) -> Result<Receipt, AppError> {
        let watch = Stopwatch::start();
        let receipt = self.terminate(target, cause).await?;
        Ok(self.confirmed(receipt, watch).await)
    }

    /// As [`Self::terminate_everywhere`], and commits what the caller has written in `tx`.
    pub async fn terminate_everywhere_with(
        &self,
        tx: Tx,
        target: Target<'_>,
        cause: Cause,
    ) -> Result<Receipt, AppError> {
        let watch = Stopwatch::start();
        let receipt = self.terminate_with(tx, target, cause).await?;
        Ok(self.confirmed(receipt, watch).await)
    }

    /// The receipt with the word of every live instance, and of applications.
    pub(super) async fn confirmed(&self, mut receipt: Receipt, watch: Stopwatch) -> Receipt {
        if let Some(seq) = receipt.seq {
            let (own_id, own_milliseconds) = (self.revocations.id(), receipt.milliseconds);
            let awaited = Awaited { seq, own_id, own_milliseconds, watch };
            let told = grants::told::wait(&self.state, &receipt.act, &mut receipt.told, watch);
            (receipt.instances, ()) = tokio::join!(confirmations(&self.state, awaited), told);
        }
        receipt
    }

    async fn note(
        &self,
        tx: &mut Tx,
        target: Target<'_>,
        cause: &Cause,
        rows: &[EndedRow],
        now_ms: i64,
    ) -> Result<(), AppError> {
        // Whoever changes what the tokens say writes down what that is.
        if matches!(target, Target::Tokens(_)) {
            return Ok(());
        }
        let forced = cause.reason == EndReason::ByAdmin;
        let subject = user_of(target, rows);
        let kind = if forced { Kind::ForceLogout } else { Kind::SessionEnded };
        let details = match target {
            Target::Session(_) | Target::Secret(_) => json!({ "end_reason": cause.reason.into_str() }),
            Target::Surplus { keep, .. } => {
                json!({ "end_reason": cause.reason.into_str(), "sessions": rows.len(), "limit": keep })
            }
            _ => json!({ "end_reason": cause.reason.into_str(), "sessions": rows.len() }),
        };
        // Whoever logs a user out means no session: a session that is named tells the one from the other, also when the
        // details are blanked with the account.
        let sid = match rows {
            [only] if !matches!(target, Target::User(_)) => only.sid.clone(),
            _ => String::new(),
        };
        let event = Event { sid, details, ..cause.event(kind, subject) };
        event::store::insert(&mut **tx, &event, now_ms).await?;
        Ok(())
    }

    async fn revoke(
        &self,
        mut tx: Tx,
        target: Target<'_>,
        cause: &Cause,
        (rows, grants): (&[EndedRow], &[EndedGrant]),
        epoch: Option<i64>,
        now_ms: i64,
    ) -> Result<Option<i64>, AppError> {
        let mut subjects: Vec<Subject<'_>> = match (target, epoch) {
            (Target::User(id) | Target::Tokens(id), Some(least_epoch)) => vec![Subject::User(id, least_epoch)],
            // What stands on a session ends with it; what outlives one is named.
            _ => rows.iter().map(|row| Subject::Session(&row.sid)).chain(besides(target, grants)).collect(),
        };
        // What an account has registered works for others, too.
        let clients = match (target, cause.reason) {
            (Target::User(id), EndReason::Disabled | EndReason::AccountDeleted) => {
                grants::store::raise_of_owner(&mut *tx, id).await?
            }
            _ => Vec::new(),
        };
        subjects.extend(clients.iter().map(|(id, least_epoch)| Subject::Client(id, *least_epoch)));
        let (reason, actor) = (cause.reason.into_str(), &cause.actor);
        // A token that was minted while the clock was ahead begins to work later: this is kept as if it were ended then.
        let last_token = rows.iter().filter_map(|row| row.token_expires_at).max().unwrap_or_default();
        let revoked_at = now_ms.max(last_token - TOKEN_LIFETIME_MAX_SECONDS * 1000);
        let new = subjects.into_iter().map(|subject| New { subject, reason, actor, revoked_at });
        Ok(self.revocations.commit(tx, &new.collect::<Vec<_>>()).await?)
    }
}

/// Who ends all others has mostly changed the account, and a grant may outlive its session.
fn besides<'a>(target: Target<'a>, grants: &'a [EndedGrant]) -> impl Iterator<Item = Subject<'a>> {
    let user_id = if let Target::Others { user_id, .. } = target { Some(user_id) } else { None };
    let of_grants = grants.iter().filter(move |_| user_id.is_some()).map(|grant| Subject::Grant(&grant.id));
    user_id.map(Subject::Changed).into_iter().chain(of_grants)
}

fn user_of<'a>(target: Target<'a>, rows: &'a [EndedRow]) -> &'a str {
    match target {
        Target::User(id) | Target::Tokens(id) => id,
        Target::Others { user_id, .. } | Target::Surplus { user_id, .. } => user_id,
        Target::Secret(_) | Target::Session(_) => rows.first().map_or("", |row| &row.user_id),
    }
}

fn receipt(rows: &[EndedRow], grants: &[EndedGrant], queued: Queued, now_ms: i64, watch: Stopwatch) -> Receipt {
    let live = rows.iter().filter(|row| row.expires_at > now_ms && row.idle_expires_at > now_ms);
    let with_token = rows.iter().filter(|row| row.token_expires_at.is_some_and(|at| at > now_ms));
    let refresh_tokens = grants.iter().filter(|grant| grant.refresh_until.is_some_and(|at| at > now_ms));
    let applications: BTreeSet<&str> = grants.iter().map(|grant| &*grant.client_id).collect();
    Receipt {
        sessions_ended: live.count() as u64,
        tokens_possibly_live: with_token.count() as u64,
        refresh_tokens: refresh_tokens.count() as u64,
        applications: applications.len() as u64,
        told: not_yet(queued.names),
        act: queued.act,
        milliseconds: watch.elapsed_ms(),
        ..Receipt::default()
    }
}

/// Applications that have not been told yet.
pub(super) fn not_yet(names: Vec<String>) -> Vec<Confirmation> {
    names.into_iter().map(|name| Confirmation { name, milliseconds: None }).collect()
}
