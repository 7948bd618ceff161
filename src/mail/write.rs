//! Decide what a row of the outbox becomes: a letter with its link, or nothing. Server side.
//!
//! It happens here and not in the request: whether there is an account cannot be told from an answer or its time.

use super::{news, news::Happened, store, store::MailRow, words, words::ResetCause};
use crate::{
    auth::{
        links,
        links::{Link, Purpose},
        outbox::{Mail, Notification},
        second_factor::store as factor_store,
        users::{store as user_store, store::User},
    },
    base::{db::Tx, error::AppError, mailer::letter::Letter, state::AppState},
    passwords::hash::is_blocked,
};

/// So many mails with a link may anybody who likes have sent to one address within an hour.
const LINKS_PER_HOUR: i64 = 5;
const HOUR_MS: i64 = 3_600_000;

/// Whom to ask where no contact is set.
const YOUR_ADMINISTRATOR: &str = "your administrator";

#[derive(Clone, Debug)]
pub enum Decision {
    Send(Letter),
    /// There is no one to tell, or nothing to say any more.
    Needless,
    /// The mailbox has had enough.
    TooMany,
}

/// Writes the letter. Its link is in the database when this returns.
pub async fn write(state: &AppState, issuer: &str, row: &MailRow) -> Result<Decision, AppError> {
    let mail: Mail = serde_json::from_str(&row.mail)?;
    let now_ms = state.clock.now_ms();
    let mut tx = state.db.begin_write().await?;
    if is_too_many(&mut tx, &mail, row).await? {
        return Ok(Decision::TooMany);
    }
    let contact = state.config.support_contact.as_ref().map(|contact| &*contact.words);
    let mut writer = Writer { tx: &mut tx, issuer, contact, row, now_ms };
    let letter = writer.letter(mail).await?;
    tx.commit().await?;
    Ok(letter.map_or(Decision::Needless, Decision::Send))
}

/// So many of one kind within an hour are enough for everyone who waits for one.
async fn is_too_many(tx: &mut Tx, mail: &Mail, row: &MailRow) -> Result<bool, AppError> {
    Ok(match mail {
        Mail::News { .. } | Mail::ResetAfterNotMe | Mail::ResetStarted | Mail::SecondFactorGoes { .. } => false,
        _ => store::count_sent_like(&mut **tx, row, HOUR_MS).await? >= LINKS_PER_HOUR,
    })
}

struct Writer<'a> {
    tx: &'a mut Tx,
    issuer: &'a str,
    /// Of the settings.
    contact: Option<&'a str>,
    row: &'a MailRow,
    now_ms: i64,
}

impl Writer<'_> {
    async fn letter(&mut self, mail: Mail) -> Result<Option<Letter>, AppError> {
        match mail {
            Mail::SignUp => self.sign_up().await,
            Mail::Verify => self.verify().await,
            Mail::Reset => self.reset(ResetCause::Forgot).await,
            Mail::ResetAfterNotMe => self.reset(ResetCause::NotMe).await,
            Mail::ResetStarted => {
                let help = self.contact.unwrap_or(YOUR_ADMINISTRATOR);
                self.reset(ResetCause::Administrator { help }).await
            }
            Mail::NewEmail => self.new_email().await,
            Mail::SecondFactorGoes { at } => self.factor_goes(at).await,
            Mail::News { news, roles, device, ip, at } => {
                let (codes_left, help) = (self.codes_left(news).await?, self.help(news));
                let happened =
                    Happened { news, roles, new_email: "", device: &device, ip: &ip, at, codes_left, help: &help };
                self.news(happened).await
            }
        }
    }

    async fn sign_up(&mut self) -> Result<Option<Letter>, AppError> {
        match self.owner().await? {
            Some(user) if user.verified_at.is_some() => Ok(Some(words::has_account(self.issuer))),
            Some(user) => self.confirm(&user).await,
            None => Ok(None),
        }
    }

    async fn verify(&mut self) -> Result<Option<Letter>, AppError> {
        match self.owner().await? {
            Some(user) if user.verified_at.is_none() => self.confirm(&user).await,
            _ => Ok(None),
        }
    }

    async fn confirm(&mut self, user: &User) -> Result<Option<Letter>, AppError> {
        let token = self.link(Purpose::Verify, &user.id).await?;
        Ok(Some(words::confirm(self.issuer, &token)))
    }

    async fn reset(&mut self, cause: ResetCause<'_>) -> Result<Option<Letter>, AppError> {
        let Some(user) = self.owner().await? else { return Ok(None) };
        // Older links still work: a stranger's request must not break the one that the owner is about to open.
        let token = self.link(Purpose::Reset, &user.id).await?;
        let name = if user.verified_at.is_some() { user.name } else { String::new() };
        let locked = is_blocked(&user.password_hash);
        Ok(Some(words::reset(self.issuer, name, &token, cause, locked)))
    }

    async fn new_email(&mut self) -> Result<Option<Letter>, AppError> {
        match user_store::find_by_address(&mut **self.tx, &self.row.email).await? {
            Some(other) if other.id == self.row.user_id => return Ok(None),
            Some(other) => {
                let name = if other.verified_at.is_some() { other.name } else { String::new() };
                return Ok(Some(words::email_taken(self.issuer, name)));
            }
            None => {}
        }
        let user = user_store::find_by_id(&mut **self.tx, &self.row.user_id).await?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else { return Ok(None) };
        links::store::kill(&mut **self.tx, &user.id, Purpose::NewEmail, self.now_ms).await?;
        let token = self.link(Purpose::NewEmail, &user.id).await?;
        Ok(Some(words::new_email(self.issuer, &token)))
    }

    /// To whoever reads an address that the account has or had: its link gives no one any power but to leave things as
    /// they are.
    async fn factor_goes(&mut self, at: i64) -> Result<Option<Letter>, AppError> {
        let user = user_store::find_by_id(&mut **self.tx, &self.row.user_id).await?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none() && at > self.now_ms) else { return Ok(None) };
        let token = self.link(Purpose::KeepFactor, &user.id).await?;
        let name = if user.email == self.row.email { user.name } else { String::new() };
        Ok(Some(words::factor_goes(self.issuer, name, at, &token)))
    }

    fn help(&self, news: Notification) -> String {
        match self.contact {
            Some(contact) => contact.to_owned(),
            None if news.is_by_administrator() => YOUR_ADMINISTRATOR.to_owned(),
            None => format!("the administrator of {}", self.issuer),
        }
    }

    async fn codes_left(&mut self, news: Notification) -> Result<Option<i64>, AppError> {
        if news != Notification::RecoveryCodeUsed {
            return Ok(None);
        }
        Ok(Some(factor_store::codes_left(&mut **self.tx, &self.row.user_id, self.now_ms).await?))
    }

    async fn news(&mut self, happened: Happened<'_>) -> Result<Option<Letter>, AppError> {
        let user = user_store::find_by_id(&mut **self.tx, &self.row.user_id).await?;
        let (is_of_email, is_last) =
            (happened.news == Notification::EmailChanged, happened.news == Notification::AccountDeleted);
        // The account may have another address by now: who reads the old one gets no power over it, and no name.
        let Some(user) = user.filter(|user| !is_last && (is_of_email || user.email == self.row.email)) else {
            return Ok(Some(news::news(self.issuer, String::new(), &happened, None)));
        };
        let new_email = if is_of_email && user.email != self.row.email { &*user.email } else { "" };
        let happened = Happened { new_email, ..happened };
        // Of a disabled account there is nothing left to secure.
        let token = match user.disabled_at.is_none() && happened.news.may_be_denied() {
            true => Some(self.link(Purpose::NotMe, &user.id).await?),
            false => None,
        };
        Ok(Some(news::news(self.issuer, user.name.clone(), &happened, token.as_deref())))
    }

    /// Who has this address, unless disabled.
    async fn owner(&mut self) -> Result<Option<User>, AppError> {
        let user = user_store::find_by_address(&mut **self.tx, &self.row.email).await?;
        Ok(user.filter(|user| user.disabled_at.is_none()))
    }

    /// Remembers whom it went to, which is whose mailbox its holder reads.
    async fn link(&mut self, purpose: Purpose, user_id: &str) -> Result<String, AppError> {
        let link = Link { user_id: user_id.to_owned(), email: self.row.email.clone() };
        links::make(self.tx, purpose, &link, self.now_ms).await
    }
}
