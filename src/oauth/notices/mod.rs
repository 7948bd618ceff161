//! Tells applications that their user is logged out (OpenID Connect Back-Channel Logout 1.0). The core queues a notice with
//! whatever ends a login; here it is signed, sent, and sent again. Server side.
//!
//! A row is claimed before it is sent and removed after. Whatever dies in between, it is due again when the claim has run
//! out: no notice is lost, and at worst one comes twice.

pub mod store;

use std::time::Duration;

use serde_json::json;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use self::store::NoticeRow;
use super::{clients, clients::Client, mint::key_for, settings::OauthSettings};
use crate::{
    auth::{
        app::App,
        tokens::{keys::Keys, mint::sign_as},
    },
    base::{
        error::AppError,
        fetch::Fetch,
        jobs::{Outage, Tries},
        metrics::{Metrics, Notice},
    },
};

/// On their way at once.
const AT_ONCE: usize = 8;
/// A claim on a row: longer than [`crate::base::fetch::PATIENCE`], with time to sign and to mark.
const CLAIM_MS: i64 = 30_000;
/// How often notices are looked for of which no revocation told.
const POLL: Duration = Duration::from_secs(1);
/// A token works for so long, in seconds.
const LIFETIME: i64 = 120;
const TRIES: Tries = Tries(&[1, 5, 30, 120, 600, 3_600]);

/// Tells applications. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    app: App,
    keys: Keys,
    metrics: Metrics,
    fetch: Fetch,
}

impl Teller {
    pub fn new(app: App, keys: Keys, metrics: Metrics, settings: &OauthSettings) -> Self {
        let fetch = Fetch::new(settings.reach(&app.state.config));
        Self { app, keys, metrics, fetch }
    }

    /// Works until the task is aborted. A revocation wakes it, also one of another process.
    pub fn start(self) -> JoinHandle<()> {
        tokio::spawn(async move {
            let (mut sending, mut changes) = (JoinSet::new(), self.app.terminator.revocations.changes());
            let mut outage = Outage::new(
                "cannot read the logout notices; applications have to wait",
                "logout notices can be read again",
            );
            loop {
                let claimed = self.claim(AT_ONCE - sending.len()).await;
                outage.note(&claimed);
                for row in claimed.unwrap_or_default() {
                    let this = self.clone();
                    sending.spawn(async move { this.tell(row).await });
                }
                let has_place = sending.len() < AT_ONCE;
                tokio::select! {
                    Some(_) = sending.join_next() => {}
                    Ok(()) = changes.changed(), if has_place => {}
                    () = sleep(POLL), if has_place => {}
                }
            }
        })
    }

    /// Takes so many notices that are due. Each must be given to [`Self::tell`].
    pub async fn claim(&self, limit: usize) -> Result<Vec<NoticeRow>, sqlx::Error> {
        let (pool, now_ms) = (&self.app.state.db.pool, self.app.now_ms());
        let waiting = store::waiting(pool, "").await?.notices;
        self.metrics.notices_waiting.set(waiting);
        if waiting == 0 || limit == 0 {
            return Ok(Vec::new());
        }
        store::claim(pool, i64::try_from(limit).unwrap_or(i64::MAX), now_ms, now_ms + CLAIM_MS).await
    }

    /// Sends a claimed notice, or notes when to try again. Without a database the claim runs out.
    pub async fn tell(&self, row: NoticeRow) {
        if let Err(error) = self.try_to_tell(&row).await {
            tracing::warn!(notice = row.id, client = row.client_id, ?error, "a logout notice waits for its next try");
        }
    }

    async fn try_to_tell(&self, row: &NoticeRow) -> Result<(), AppError> {
        let pool = &self.app.state.db.pool;
        // Of one that was deleted the notices have gone with it.
        let client = clients::store::find_client(pool, &row.client_id).await?;
        let Some(client) = client else { return Ok(store::remove(pool, &row.id).await?) };
        let answer = self.send(&client, row).await?;
        let now_ms = self.app.now_ms();
        store::note(pool, &client.id, answer.as_ref().err().map(String::as_str), now_ms).await?;
        let Err(failure) = answer else {
            self.metrics.notice(Notice::Told);
            tracing::info!(notice = row.id, client = client.id, sid = row.sid, "told an application of a logout");
            return Ok(store::remove(pool, &row.id).await?);
        };
        let (notice, client) = (&row.id, &client.id);
        let Some(due_ms) = TRIES.next(row.attempts, row.created_at, now_ms) else {
            self.metrics.notice(Notice::GivenUp);
            tracing::error!(
                notice,
                client,
                sid = row.sid,
                failure,
                "could not tell an application of a logout; giving up"
            );
            return Ok(store::remove(pool, notice).await?);
        };
        self.metrics.notice(Notice::Failed);
        let seconds = (due_ms - now_ms) / 1000;
        tracing::warn!(
            notice,
            client,
            failure,
            seconds,
            "could not tell an application of a logout; trying again later"
        );
        Ok(store::set_due(pool, row, due_ms).await?)
    }

    /// What is wrong, in a few words, where the application has not taken it.
    async fn send(&self, client: &Client, row: &NoticeRow) -> Result<Result<(), String>, AppError> {
        if !client.is_active() {
            return Ok(Err("the application is disabled".into()));
        }
        let Some(key) = key_for(&self.keys, &client.id_token_alg).await? else {
            return Ok(Err("with LATCHKEY_TOKEN_ALGORITHM=HS256 it has to ask for RS256 to verify it".into()));
        };
        let now = self.app.now_ms() / 1000;
        // OpenID Connect Back-Channel Logout 2.4. It names user and session, and never has a nonce: an ID token it is not.
        // `jti` is another one in each try: an application that has taken the one before may refuse to take it again.
        let token = json!({
            "iss": self.app.state.site.issuer,
            "aud": client.id,
            "sub": row.user_id,
            "sid": row.sid,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": Uuid::now_v7().simple().to_string(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let token = sign_as("logout+jwt", &key, &token)?;
        let form = Serializer::new(String::new()).append_pair("logout_token", &token).finish();
        Ok(match self.fetch.post_form(&client.backchannel_logout_uri, form).await {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(format!("status {status}")),
            Err(words) => Err(words),
        })
    }
}
