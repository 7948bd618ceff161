//! The worker: takes mails out of the outbox, has them written and sent, and tries again. Server side.
//!
//! A row is claimed before it is sent and marked after. Whatever dies in between, the row is due again when the claim
//! has run out: a mail is never lost, and at worst it comes twice.

use std::{path::Path, time::Duration};

use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use super::{store, store::MailRow, write, write::Decision};
use crate::{
    auth::outbox::Mail,
    base::{
        db::again,
        error::AppError,
        jobs::{Outage, Tries},
        mailer::{Envelope, Failure, Mailer},
        metrics::Metrics,
        state::AppState,
    },
};

/// Mails on their way at once: a mail server that hangs holds so many, and no request.
const AT_ONCE: usize = 4;
/// A claim on a row: longer than [`crate::base::mailer::SEND_MAX`], with time to write and to mark.
pub const CLAIM_MS: i64 = 30_000;
/// How often other instances' mails are looked for.
const POLL: Duration = Duration::from_secs(3);
/// After the bell: the transaction that holds the mail may still be under way.
const FIRST_LOOK: Duration = Duration::from_millis(10);
/// So long a mail that is being sent may take when the server stops.
const STOP_MAX: Duration = Duration::from_secs(3);
/// After a mail server has not answered what it takes.
const ASK_AGAIN: Duration = Duration::from_secs(60);

const TRIES: Tries = Tries(&[10, 60, 300, 1_800, 7_200]);

/// Where mails are taken to. Cheap to clone.
#[derive(Clone)]
pub struct MailWorker {
    pub state: AppState,
    pub mailer: Mailer,
    pub metrics: Metrics,
}

pub struct Worker {
    /// Dropped: stop.
    go_on: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Takes no new mail, and waits a moment for those that are being sent. One that is cut off is sent again later.
    pub async fn stop(mut self) {
        drop(self.go_on);
        if tokio::time::timeout(STOP_MAX, &mut self.task).await.is_err() {
            self.task.abort();
            let _ = self.task.await;
        }
    }
}

impl MailWorker {
    pub fn start(&self) -> Worker {
        let (go_on, stopped) = watch::channel(());
        tokio::spawn(ask_what_it_takes(self.mailer.clone()));
        Worker { go_on, task: tokio::spawn(self.clone().work(stopped)) }
    }

    async fn work(self, mut stopped: watch::Receiver<()>) {
        let mut sending = JoinSet::new();
        let mut pause = POLL;
        let mut outage = Outage::new("cannot read the outbox; emails have to wait", "the outbox can be read again");
        loop {
            let places = AT_ONCE - sending.len();
            let claimed = self.claim(places).await;
            outage.note(&claimed);
            for row in claimed.unwrap_or_default() {
                let post = self.clone();
                sending.spawn(async move { post.deliver(row).await });
            }
            let has_place = sending.len() < AT_ONCE;
            tokio::select! {
                _ = stopped.changed() => break,
                Some(_) = sending.join_next() => {}
                () = self.state.bell.notified(), if has_place => pause = FIRST_LOOK,
                () = tokio::time::sleep(pause), if has_place => pause = (pause * 3).min(POLL),
            }
        }
        while sending.join_next().await.is_some() {}
    }

    /// Takes so many mails that are due. Each must be given to [`Self::deliver`].
    pub async fn claim(&self, limit: usize) -> Result<Vec<MailRow>, sqlx::Error> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let (db, now_ms) = (&self.state.db.pool, self.state.clock.now_ms());
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = again(|| store::claim(db, most, now_ms, now_ms + CLAIM_MS)).await?;
        self.metrics.outbox_waiting.set(store::count_waiting(db).await?);
        Ok(rows)
    }

    /// Sends a claimed mail, or notes when to try again. Without a database the claim runs out.
    pub async fn deliver(&self, row: MailRow) {
        if let Err(error) = self.try_to_deliver(&row).await {
            let _ = self.fail(&row, &Failure::passing(&format!("could not be written: {error}"))).await;
        }
    }

    async fn try_to_deliver(&self, row: &MailRow) -> Result<(), AppError> {
        let Self { state, mailer, .. } = self;
        let (db, now_ms) = (&state.db.pool, state.clock.now_ms());
        if mailer.is_off() {
            return self.fail(row, &Failure::lasting("this server sends no email: LATCHKEY_SMTP_URL is not set")).await;
        }
        let letter = match again(|| write::write(state, &mailer.issuer, row)).await? {
            Decision::Send(letter) => letter,
            Decision::Needless => return Ok(store::set_sent(db, &row.id, "not sent: no one to tell", now_ms).await?),
            Decision::TooMany => {
                tracing::warn!(mail = row.id, "too many emails to one address; dropped one");
                return Ok(store::set_sent(db, &row.id, store::TOO_MANY, now_ms).await?);
            }
        };
        match mailer.send(Envelope { id: &row.id, to: &row.email, now_ms }, &letter).await {
            Ok(file) => {
                store::set_sent(db, &row.id, "", state.clock.now_ms()).await?;
                self.metrics.mails_sent.inc();
                note_sent(row, file.as_deref(), letter.link());
                Ok(())
            }
            Err(failure) => self.fail(row, &failure).await,
        }
    }

    async fn fail(&self, row: &MailRow, failure: &Failure) -> Result<(), AppError> {
        self.metrics.mails_failed.inc();
        let (db, now_ms) = (&self.state.db.pool, self.state.clock.now_ms());
        let (words, kind) = (&*failure.words, kind(&row.mail));
        let next = TRIES.next(row.attempts, row.created_at, now_ms).filter(|_| !failure.permanent);
        let Some(due_ms) = next else {
            tracing::error!(mail = row.id, kind, error = words, "could not send an email; giving up");
            return Ok(store::set_given_up(db, &row.id, words, now_ms).await?);
        };
        let seconds = (due_ms - now_ms) / 1000;
        tracing::warn!(mail = row.id, kind, error = words, seconds, "could not send an email; trying again later");
        Ok(store::set_due(db, &row.id, words, due_ms).await?)
    }
}

/// Until the mail server has said it: forms refuse an address that would get no mail only where that is known.
async fn ask_what_it_takes(mailer: Mailer) {
    loop {
        match mailer.ask_what_it_takes().await {
            Ok(Some(false)) => {
                tracing::warn!(
                    "the mail server doesn't support SMTPUTF8; addresses with letters other than a to z before the @ are \
                     refused at sign-up"
                );
                return;
            }
            Ok(_) => return,
            // The mails that cannot go out say why.
            Err(_) => tokio::time::sleep(ASK_AGAIN).await,
        }
    }
}

/// A file means development: there, the log shows the link, so that no one has to look for it.
fn note_sent(row: &MailRow, file: Option<&Path>, link: Option<&str>) {
    match file {
        None => tracing::info!(mail = row.id, kind = kind(&row.mail), "sent an email"),
        Some(file) => tracing::info!(
            kind = kind(&row.mail),
            file = %file.display(),
            link = link.unwrap_or("none"),
            "wrote an email to a file, because LATCHKEY_SMTP_URL is not set"
        ),
    }
}

/// Of a mail as it's stored.
pub fn kind(mail: &str) -> &'static str {
    serde_json::from_str::<Mail>(mail).map_or("unknown", |mail| mail.as_text())
}
