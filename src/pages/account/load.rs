//! Finds what the pages of one's own account show. Server side; reads only.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};
use uuid::Uuid;

use super::{
    More, Qr, SecondFactor, activity_page::ActivityPage, codes, codes_page::CodesPage, delete_page::DeletePage,
    devices_page::DevicesPage, email_page::EmailPage, keep_factor, keep_factor_page, keep_factor_page::KeepFactorPage,
    new_email_page, new_email_page::NewEmailPage, not_me, not_me_page, not_me_page::NotMePage,
    password_page::PasswordPage, profile_page::ProfilePage, second_factor::may_set_up,
    second_factor_page::SecondFactorPage, set_up_page::SetUpPage, store as account_store,
};
use crate::{
    audit::{log, log::store::EventRow},
    auth::{
        event::Kind,
        known_devices::Device,
        links,
        links::{Link, Purpose},
        second_factor::{
            authenticator::{Authenticator, Enrolment},
            check, store as factor_store, trust,
        },
        sessions::{LiveSession, guard::LoggedIn, store},
        users::{store as user_store, store::User},
    },
    base::{config::Mailing, email::masked, error::AppError, state::AppState},
    pages::{
        activity::{
            Entry,
            words::{entries, entry, fold},
        },
        part::Parts,
        request::{Found, PageRequest, elsewhere, shows},
    },
    ui::{draw::Draw, refused::Refused, when::day},
    web::{action::told, cookies, cookies::Name},
};

/// Events on one page.
const EVENTS: usize = 40;

pub async fn devices(page: &PageRequest, parts: &Parts) -> Result<Found, AppError> {
    let (someone, state) = (page.user()?, &page.app.state);
    let live = store::live_of(&state.db.pool, &someone.user.id, page.app.now_ms()).await?;
    let (here, elsewhere): (Vec<LiveSession>, Vec<LiveSession>) =
        live.into_iter().partition(|session| session.sid == someone.log_in.sid);
    let (here, limit) = (here.into_iter().next(), state.config.sessions_per_user);
    let mut more = Vec::new();
    for part in parts.iter() {
        more.extend(part.devices(page).await?);
    }
    shows(move || view! { <DevicesPage here elsewhere limit more /> })
}

/// An address that waits to be confirmed is shown whether another account has it or not, or it would tell who has one.
pub async fn profile(page: &PageRequest) -> Result<Found, AppError> {
    let (User { id, name, email, verified_at, .. }, pool) = ((*page.user()?.user).clone(), &page.app.state.db.pool);
    let waiting = account_store::find_email_change(pool, &id, page.app.now_ms()).await?;
    shows(move || view! { <ProfilePage name email confirmed=verified_at.is_some() waiting /> })
}

pub fn email(page: &PageRequest) -> Result<Found, AppError> {
    let email = page.user()?.user.email.clone();
    let sends_mail = page.app.state.config.mailing() != Mailing::Off;
    shows(move || view! { <EmailPage email sends_mail /> })
}

pub async fn new_email(page: &PageRequest) -> Result<Found, AppError> {
    let (pool, user_id) = (&page.app.state.db.pool, page.user()?.user.id.clone());
    let find = |token| links::find(pool, Purpose::NewEmail, token, page.app.now_ms());
    let show = move |found: Link, link| {
        let is_own = found.user_id == user_id;
        view! { <NewEmailPage email=found.email is_own link /> }
    };
    page.behind_link(find, show, |why| view! { <new_email_page::DeadLink why /> }).await
}

pub fn password(page: &PageRequest) -> Result<Found, AppError> {
    let User { email, name, .. } = (*page.user()?.user).clone();
    shows(move || view! { <PasswordPage email name /> })
}

pub async fn second_factor(page: &PageRequest) -> Result<Found, AppError> {
    let (user, state) = (&page.user()?.user, &page.app.state);
    let here = cookies::get(&state.config, &page.parts.headers, Name::Device).and_then(Device::parse);
    let row = factor_store::find(&state.db.pool, &user.id).await?;
    let second_factor = match row.and_then(|row| row.on_since(page.app.now_ms())) {
        None => SecondFactor::Off { needs_email: !may_set_up(state, user) },
        Some(since) => SecondFactor::On {
            since,
            codes_left: factor_store::codes_left(&state.db.pool, &user.id, page.app.now_ms()).await?,
            trust_days: state.config.trusted_device_days,
            devices: trust::list(state, &user.id, here.as_ref()).await?,
        },
    };
    shows(move || view! { <SecondFactorPage second_factor /> })
}

/// The secret of a set-up that waits for its first code; the same one each time, until a new one is begun.
pub async fn set_up(page: &PageRequest) -> Result<Found, AppError> {
    let (user, state) = (&page.fresh_user()?.user, &page.app.state);
    let row = factor_store::find(&state.db.pool, &user.id).await?.filter(|row| row.confirmed_at.is_none());
    let Some(row) = row else { return elsewhere("/account/second-factor") };
    let authenticator = Authenticator::open(&page.app.secret, &user.id, &row.secret_sealed)?;
    let Enrolment { secret, link } = authenticator.enrolment(&user.email, &state.config.base_url())?;
    let qr = draw(&link)?;
    shows(move || view! { <SetUpPage secret link qr /> })
}

fn draw(text: &str) -> Result<Qr, AppError> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| AppError::internal())?;
    let size = code.size();
    let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    Ok(Qr { size, path: dark.map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect() })
}

pub async fn codes(page: &PageRequest) -> Result<Found, AppError> {
    let (someone, state) = (page.user()?, &page.app.state);
    let told = told(&page.parts, &state.config).unwrap_or_default();
    let codes = codes::find(state, &page.app.secret, someone, &told.get("codes"));
    let replaced = told.get("second_factor") == "replaced";
    let is_on = codes.is_some() || check::is_on(state, &someone.user.id).await?;
    shows(move || view! { <CodesPage codes replaced is_on /> })
}

/// What happened before the event `before`, or lately. What was said twice in a row, of the same device on the same day,
/// is said once: someone's guessing must not bury the rest.
pub async fn activity(page: &PageRequest) -> Result<Found, AppError> {
    let someone = page.user()?;
    let before = Uuid::parse_str(&page.asked.before).ok();
    let limit = i64::try_from(EVENTS).unwrap_or(i64::MAX) + 1;
    let (pool, User { id, created_at, .. }) = (&page.app.state.db.pool, &*someone.user);
    let mut rows = log::store::newest_of(pool, id, before, limit).await?;
    let of_everyone = Kind::EveryoneLoggedOut;
    rows.extend(log::store::newest_of_everyone(pool, of_everyone, *created_at, before, limit).await?);
    rows.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    let more = rows.len() > EVENTS;
    rows.truncate(EVENTS);
    let older = rows.last().filter(|_| more).map(|row| row.id.clone());
    let entries = fold(&entries(&rows, &someone.log_in.sid), |one, next| {
        let said = |entry: &Entry| (entry.words.clone(), entry.device.clone(), entry.ip.clone(), entry.here);
        said(one) == said(next) && day(one.at) == day(next.at)
    });
    shows(move || view! { <ActivityPage entries older is_newest=before.is_none() /> })
}

pub fn delete(page: &PageRequest) -> Result<Found, AppError> {
    let email = page.user()?.user.email.clone();
    shows(move || view! { <DeletePage email /> })
}

/// For who is logged in, or has the link of a mail.
pub async fn not_me(page: &PageRequest) -> Result<Found, AppError> {
    if page.asked.event.is_empty() {
        let find = |token| denial_by_mail(page, token);
        let show = |page, link| view! { <NotMePage page link=Some(link) /> };
        return page.behind_link(find, show, |why| view! { <not_me_page::DeadLink why /> }).await;
    }
    let someone = page.user()?;
    let row = not_me::find_event(&page.app.state, &someone.user, &page.asked.event).await?;
    let page = denial(&page.app.state, someone, row).await?;
    shows(move || view! { <NotMePage page link=None /> })
}

async fn denial_by_mail(page: &PageRequest, token: &str) -> Result<super::NotMePage, AppError> {
    let pool = &page.app.state.db.pool;
    let Link { user_id, email } = links::find(pool, Purpose::NotMe, token, page.app.now_ms()).await?;
    let user = not_me::still_counts(user_store::find_by_id(pool, &user_id).await?)?;
    Ok(super::NotMePage { entry: None, reset_to: Some(masked(&email)), goes_back: email != user.email, more: None })
}

/// Where the proof is old the password would do more, and the page says what.
async fn denial(state: &AppState, someone: &LoggedIn, row: EventRow) -> Result<super::NotMePage, AppError> {
    let LoggedIn { user, log_in, .. } = someone;
    let (before, mailbox) = (not_me::address_before(state, user, &row).await?, not_me::mailbox(state, user));
    let is_cookie_alone = mailbox.is_some() && !someone.is_fresh(state);
    let (back_to, reset_to) = match is_cookie_alone {
        true => (None, mailbox),
        false => (before.clone(), before.clone().or(mailbox)),
    };
    Ok(super::NotMePage {
        entry: Some(entry(&row, &log_in.sid)),
        reset_to: reset_to.as_deref().map(masked),
        goes_back: back_to.is_some(),
        more: is_cookie_alone.then(|| More { back_to: before.as_deref().map(masked) }),
    })
}

pub async fn keep_factor(page: &PageRequest) -> Result<Found, AppError> {
    let find = |token| keep_factor::goes_at(&page.app.state, token);
    let show = |goes_at, link| view! { <KeepFactorPage goes_at link /> };
    let dead = |why| match why {
        AppError::LinkDead => view! { <keep_factor_page::DeadLink /> }.drawn(),
        error => view! { <Refused error /> }.drawn(),
    };
    page.behind_link(find, show, dead).await
}
