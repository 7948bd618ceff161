//! Change the signing keys: the first one, a rotation, an emergency revocation. Each is one transaction under the lock that
//! all instances share. Server side.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    KeyPurpose, KeyReceipt, KeyState, Rotation, algorithm, algorithm::Material, key_set::Key, keys::Keys,
    schedule::KeySchedule, store, store::KeyRow,
};
use crate::{
    auth::{
        cause::Cause,
        event,
        event::{Event, Kind},
        instances::confirm::{Awaited, confirmations},
        revocations::{
            EndReason, store as revocation_store,
            store::{New, Subject},
        },
    },
    base::{
        config::TokenAlgorithm,
        db::{Tx, again},
        error::AppError,
        sealed::SecretKey,
        state::Stopwatch,
    },
};

impl Keys {
    /// Publishes a new key of the configured algorithm, which signs after the lead time, and where there is one for ID
    /// tokens, the next one of those.
    ///
    /// # Errors
    /// [`AppError::RotationUnderWay`] while another one waits; or when the database does not take it.
    pub async fn rotate(&self, cause: &Cause) -> Result<Rotation, AppError> {
        again(|| self.rotate_once(cause)).await
    }

    async fn rotate_once(&self, cause: &Cause) -> Result<Rotation, AppError> {
        let spare = self.make(KeyPurpose::All, self.state().config.token_algorithm).await?;
        let for_id_tokens = match self.key_set().signing(KeyPurpose::IdTokens, self.now_ms()) {
            Some(key) => Some(self.make(key.purpose, key.algorithm).await?),
            None => None,
        };
        let (mut tx, schedule, now_ms) = self.begin().await?;
        if schedule.next(KeyPurpose::All, now_ms).is_some() {
            return Err(AppError::RotationUnderWay);
        }
        let signs_from = now_ms + self.state().config.key_lead_seconds * 1000;
        if let Some(spare) = for_id_tokens.filter(|_| schedule.next(KeyPurpose::IdTokens, now_ms).is_none()) {
            add(&mut tx, spare, signs_from, cause, now_ms).await?;
        }
        let rotation = add(&mut tx, spare, signs_from, cause, now_ms).await?;
        self.commit(tx).await?;
        Ok(rotation)
    }

    /// Revokes a key: no instance that hears of it accepts what the key has signed. When it signed, another key signs
    /// at once. Sessions live on, and browsers get their next token by themselves. The receipt has the word of every live
    /// instance.
    pub async fn revoke(&self, kid: &str, cause: &Cause) -> Result<KeyReceipt, AppError> {
        let watch = Stopwatch::start();
        let (mut receipt, seq) = again(|| self.revoke_once(kid, cause, watch)).await?;
        let (own_id, own_milliseconds) = (self.revocations().id(), receipt.milliseconds);
        receipt.instances = confirmations(self.state(), Awaited { seq, own_id, own_milliseconds, watch }).await;
        Ok(receipt)
    }

    /// And the number of the revocation.
    async fn revoke_once(&self, kid: &str, cause: &Cause, watch: Stopwatch) -> Result<(KeyReceipt, i64), AppError> {
        // Verifiers outside expect this algorithm; a change of it is a rotation, which is announced.
        let rows = store::all(&self.state().db.pool).await?;
        let revoked = rows.iter().find(|row| row.kid == kid).ok_or(AppError::KeyNotInUse)?;
        let purpose = revoked.purpose();
        let spare = self.make(purpose, revoked.algorithm.parse().unwrap_or(self.algorithm_for(purpose))).await?;
        let (mut tx, schedule, now_ms) = self.begin().await?;
        let state = schedule.find(kid).map(|life| schedule.state(life, now_ms));
        let state = state.filter(KeyState::is_in_use).ok_or(AppError::KeyNotInUse)?;
        store::revoke(&mut *tx, kid, &cause.words, now_ms).await?;
        let signing = match state {
            KeyState::Signing => succeed(&mut tx, &schedule, spare, cause, now_ms).await?,
            _ => schedule.signing(purpose, now_ms).map(|life| life.row.kid.clone()).unwrap_or_default(),
        };
        note(&mut tx, Kind::KeyRevoked, cause, json!({ "kid": kid, "signing": signing }), now_ms).await?;
        let (subject, reason) = (Subject::Key(kid), cause.reason.into_str());
        let new = New { subject, reason, actor: &cause.actor, revoked_at: now_ms };
        let seq = self.revocations().commit(tx, &[new]).await?.unwrap_or_default();
        self.reload_after_change().await;
        tracing::warn!(kid, signing, actor = cause.actor.as_text(), "a signing key was revoked");
        let (kid, milliseconds) = (kid.to_owned(), watch.elapsed_ms());
        Ok((KeyReceipt { kid, signing, milliseconds, instances: Vec::new() }, seq))
    }

    /// Begins a rotation when the newest key is of another algorithm than the settings say, or smaller than keys are made
    /// by now. For the start of a server.
    pub async fn follow_settings(&self) -> Result<(), AppError> {
        let wanted = self.state().config.token_algorithm;
        let is_wanted = |row: &KeyRow| row.algorithm == wanted.into_str() && !row.is_too_small();
        let follows = |schedule: &KeySchedule, now_ms| {
            schedule.newest(KeyPurpose::All, now_ms).is_some_and(|life| is_wanted(&life.row))
        };
        if follows(self.key_set().schedule(), self.now_ms()) {
            return Ok(());
        }
        let spare = self.make(KeyPurpose::All, wanted).await?;
        let (mut tx, schedule, now_ms) = self.begin().await?;
        if !follows(&schedule, now_ms) {
            let newest = schedule.newest(KeyPurpose::All, now_ms);
            let is_small = newest.is_some_and(|life| life.row.is_too_small());
            let after_newest = newest.map_or(now_ms, |life| life.row.signs_from + 1);
            let signs_from = after_newest.max(now_ms + self.state().config.key_lead_seconds * 1000);
            let cause = by_system(match is_small {
                true => "the RSA key before was smaller than 3072 bits",
                false => "LATCHKEY_TOKEN_ALGORITHM has changed",
            });
            add(&mut tx, spare, signs_from, &cause, now_ms).await?;
        }
        self.commit(tx).await
    }

    /// Makes a key that signs at once, where there is none. Two instances that need one together end up with one.
    pub(super) async fn make_first(&self, purpose: KeyPurpose) -> Result<(), AppError> {
        let spare = self.make(purpose, self.algorithm_for(purpose)).await?;
        let (mut tx, schedule, now_ms) = self.begin().await?;
        if schedule.signing(purpose, now_ms).is_none() {
            add(&mut tx, spare, now_ms, &by_system("the first key"), now_ms).await?;
        }
        self.commit(tx).await
    }

    fn algorithm_for(&self, purpose: KeyPurpose) -> TokenAlgorithm {
        match purpose {
            KeyPurpose::All => self.state().config.token_algorithm,
            KeyPurpose::IdTokens => TokenAlgorithm::Rs256,
        }
    }

    /// A key that no one knows yet. Made before the lock is taken: the other revocations should not wait for it.
    async fn make(&self, purpose: KeyPurpose, algorithm: TokenAlgorithm) -> Result<KeyRow, AppError> {
        let secret = self.secret().clone();
        let made =
            tokio::task::spawn_blocking(move || sealed(algorithm, algorithm::generate(algorithm)?, &secret)).await?;
        made.map(|row| KeyRow { purpose: purpose.into_str().into(), ..row }).ok_or_else(|| {
            tracing::error!("could not create a signing key");
            AppError::internal()
        })
    }

    async fn begin(&self) -> Result<(Tx, KeySchedule, i64), AppError> {
        let mut tx = self.state().db.begin_write().await?;
        revocation_store::lock(&mut tx).await?;
        let schedule = KeySchedule::of(store::all(&mut *tx).await?);
        Ok((tx, schedule, self.now_ms()))
    }

    async fn commit(&self, tx: Tx) -> Result<(), AppError> {
        tx.commit().await?;
        self.reload_after_change().await;
        Ok(())
    }

    /// The change is made; what this instance misses now, it reads with its next round.
    async fn reload_after_change(&self) {
        // What was made here has its line.
        if let Err(error) = self.read_again(|_| ()).await {
            tracing::error!(error, "the signing keys were changed, but not read again");
        }
    }
}

/// A rotation ends no session, so only the words of its cause are told.
fn by_system(words: &str) -> Cause {
    Cause { words: words.to_owned(), ..Cause::by_system(EndReason::ByAdmin) }
}

/// The row of this key, which signs nothing yet.
pub(crate) fn sealed(algorithm: TokenAlgorithm, material: Material, secret: &SecretKey) -> Option<KeyRow> {
    let kid = Key::of(algorithm, &material)?.kid;
    let Material { private, public } = material;
    Some(KeyRow {
        private_key_sealed: secret.seal(&kid, &private)?,
        public_key: BASE64_URL_SAFE_NO_PAD.encode(public),
        algorithm: algorithm.into_str().into(),
        purpose: KeyPurpose::All.into_str().into(),
        created_at: 0,
        signs_from: 0,
        revoked_at: None,
        revoke_reason: String::new(),
        kid,
    })
}

/// The one that signs when the signing key was revoked: the next, now, or else the spare one. Its kid.
async fn succeed(
    tx: &mut Tx,
    schedule: &KeySchedule,
    spare: KeyRow,
    cause: &Cause,
    now_ms: i64,
) -> Result<String, AppError> {
    match schedule.next(spare.purpose(), now_ms) {
        Some(next) => {
            store::promote(&mut **tx, &next.row.kid, now_ms).await?;
            Ok(next.row.kid.clone())
        }
        None => Ok(add(tx, spare, now_ms, cause, now_ms).await?.kid),
    }
}

async fn add(tx: &mut Tx, spare: KeyRow, signs_from: i64, cause: &Cause, now_ms: i64) -> Result<Rotation, AppError> {
    let row = KeyRow { created_at: now_ms, signs_from, ..spare };
    store::insert(&mut **tx, &row).await?;
    let KeyRow { kid, algorithm, .. } = row;
    let details = json!({ "kid": kid, "algorithm": algorithm, "signs_from": signs_from });
    note(tx, Kind::KeyRotated, cause, details, now_ms).await?;
    tracing::info!(kid, algorithm, in_seconds = (signs_from - now_ms) / 1000, "created a signing key");
    Ok(Rotation { kid, algorithm, signs_from })
}

async fn note(tx: &mut Tx, kind: Kind, cause: &Cause, details: serde_json::Value, now_ms: i64) -> Result<(), AppError> {
    event::store::insert(&mut **tx, &Event { details, ..cause.event(kind, "") }, now_ms).await?;
    Ok(())
}
