//! `cargo xtask seed`: fills a development database with people who do not exist, to see how lists and pages do with a
//! million of them. A program of its own, so that none that runs in production can do it.

mod names;
mod store;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clap::Parser;
use latchkey::{
    auth::users::Role,
    base::{
        caller::Caller,
        config::Config,
        metrics::Metrics,
        state::{AppState, Stopwatch},
        words,
    },
    cli::given,
    pages::part::Parts,
    passwords::{hash::Passwords, strength::About},
    serve,
};
use uuid::Uuid;

use crate::{
    names::Dice,
    store::{NewSession, NewUser, Word},
};

/// Fill a development database with fake users. They share one password, which is created and printed.
#[derive(Parser)]
#[command(max_term_width = 110)]
struct Seed {
    /// Number of users.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    users: u32,
    /// Sessions per user, most of them active.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=20))]
    sessions: u32,
    /// Revocations that still count, each of a session that isn't there.
    #[arg(long, default_value_t = 0)]
    revocations: u32,
    /// Write the secrets of the active sessions to this file, one in a line: what their cookies hold. All sessions were
    /// used a moment ago then, so that none ends before it's used.
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Add users even if there already are some.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: Config,
}

#[tokio::main]
async fn main() -> ExitCode {
    match fill(given::read()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("seed: {words}");
            ExitCode::FAILURE
        }
    }
}

/// People of one transaction: enough for speed, few enough to keep in memory.
const BATCH: u32 = 50_000;

const MOMENT_MS: i64 = 10_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// They have signed up one after the other since then.
const SINCE_MS: i64 = 3 * 365 * DAY_MS;

async fn fill(args: Seed) -> Result<(), String> {
    if args.config.production() {
        return Err("LATCHKEY_BASE_URL is https, which means production; fake users are for development only".into());
    }
    let watch = Stopwatch::start();
    let state = serve::open_state(args.config.clone(), &Parts::default()).await?;
    let before = store::count_users(&state.db.pool).await.map_err(|error| error.to_string())?;
    if before > 0 && !args.force {
        return Err(format!("this database already has {before} users; pass --force to add more"));
    }
    let (password, hash) = password(&state).await?;
    let crowd = Crowd { args, hash, before, now_ms: state.clock.now_ms(), state };
    crowd.fill(&watch).await.map_err(|error| format!("cannot write to the database: {error}"))?;
    crowd.state.db.close().await;
    println!("{} users in {:.0} s. Password of each: {password}", crowd.args.users, watch.elapsed_seconds());
    if crowd.args.users > ADMIN_AT {
        println!("Administrator: {}", crowd.user(ADMIN_AT).email);
    }
    Ok(())
}

/// One for all: a million hashes would take ten hours.
async fn password(state: &AppState) -> Result<(String, String), String> {
    let password = format!("seed-{}", BASE64_URL_SAFE_NO_PAD.encode(random::<12>()));
    let passwords = Passwords::new(&state.config, Metrics::default()).map_err(|error| error.to_string())?;
    let about = About { email: "", name: "" };
    let new =
        passwords.parse_new(&Caller::default(), password.clone(), &about).await.map_err(|error| error.to_string())?;
    let hash = passwords.hash(&Caller::default(), new).await.map_err(|error| error.to_string())?;
    Ok((password, hash))
}

struct Crowd {
    args: Seed,
    hash: String,
    /// So many there were.
    before: i64,
    now_ms: i64,
    state: AppState,
}

/// Which of the new people is the first administrator; one in so many is one.
const ADMIN_AT: u32 = 7;
const ADMIN_EVERY: u32 = 50_000;
const AUDITOR_AT: u32 = 3;
const AUDITOR_EVERY: u32 = 20_000;

impl Crowd {
    async fn fill(&self, watch: &Stopwatch) -> Result<(), sqlx::Error> {
        let mut filling = store::Filling::begin(&self.state.db).await?;
        let mut secrets = self.args.secrets.as_ref().map(File::create).transpose()?.map(BufWriter::new);
        for first in (0..self.args.users).step_by(BATCH as usize) {
            let last = self.args.users.min(first.saturating_add(BATCH));
            let users: Vec<NewUser> = (first..last).map(|number| self.user(number)).collect();
            let sessions: Vec<NewSession> = users.iter().flat_map(|user| self.sessions(user)).collect();
            filling.write(&users, &words_of(&users), &sessions).await?;
            if let Some(secrets) = &mut secrets {
                for session in sessions.iter().filter(|session| session.ended_at.is_none()) {
                    writeln!(secrets, "{}", session.secret)?;
                }
            }
            eprintln!("{last} of {} people, {:.0} s", self.args.users, watch.elapsed_seconds());
        }
        filling.revoke(self.args.revocations, self.now_ms).await?;
        if let Some(mut secrets) = secrets {
            secrets.flush()?;
        }
        filling.end().await
    }

    /// The same number is the same person in each run, except for the id.
    fn user(&self, number: u32) -> NewUser {
        let dice = Dice::new(u64::from(number));
        let (name, mailbox) = names::person(&dice);
        let age_ms = SINCE_MS - SINCE_MS * i64::from(number) / i64::from(self.args.users);
        let created_at = self.now_ms - age_ms;
        let role = match () {
            () if number % ADMIN_EVERY == ADMIN_AT => Role::Admin,
            () if number % AUDITOR_EVERY == AUDITOR_AT => Role::Auditor,
            () => Role::User,
        };
        let plain = role == Role::User;
        NewUser {
            id: id_of(created_at),
            email: format!("{mailbox}{}@{}", self.before + i64::from(number), names::domain(&dice)),
            name,
            password_hash: self.hash.clone(),
            role: role.into_str(),
            verified_at: (!plain || dice.throw(10) > 0).then_some(created_at + HOUR_MS),
            disabled_at: (plain && dice.throw(100) == 0).then_some(self.now_ms - age_ms / 2),
            created_at,
        }
    }

    fn sessions(&self, user: &NewUser) -> Vec<NewSession> {
        let dice = Dice::new(user.created_at.unsigned_abs());
        (0..self.args.sessions).map(|_| self.session(user, &dice)).collect()
    }

    /// Two in five are remembered; one in six has ended.
    fn session(&self, user: &NewUser, dice: &Dice) -> NewSession {
        let config = &self.state.config;
        let remembered = dice.throw(5) < 2;
        let (idle_ms, life_ms) = match remembered {
            true => (config.remembered_idle_days * DAY_MS, config.remembered_lifetime_days * DAY_MS),
            false => (config.session_idle_minutes * 60_000, config.session_lifetime_hours * HOUR_MS),
        };
        let unused_ms = if self.args.secrets.is_some() { MOMENT_MS } else { idle_ms * 9 / 10 };
        let last_seen_at = self.now_ms - dice.below(unused_ms);
        let created_at = last_seen_at - dice.below((life_ms - idle_ms).max(1));
        let expires_at = created_at + life_ms;
        NewSession {
            secret: BASE64_URL_SAFE_NO_PAD.encode(random::<16>()),
            sid: id_of(created_at),
            user_id: user.id.clone(),
            user_agent: names::user_agent(dice),
            ip: names::ip(dice),
            created_at,
            last_seen_at,
            idle_expires_at: (last_seen_at + idle_ms).min(expires_at),
            expires_at,
            remembered_at: remembered.then_some(created_at),
            secret_role: user.role,
            ended_at: (user.disabled_at.is_some() || dice.throw(6) == 0).then_some(last_seen_at),
        }
    }
}

/// Sorted, so that the database writes neighbours one after the other.
fn words_of(users: &[NewUser]) -> Vec<Word<'_>> {
    let of = |user: &NewUser| words::of(&user.name, &user.email);
    let mut words: Vec<Word<'_>> =
        users.iter().flat_map(|user| of(user).into_iter().map(|word| (word.into_bytes(), &*user.id))).collect();
    words.sort_unstable();
    words
}

/// A UUID v7 of that time.
pub fn id_of(ms: i64) -> String {
    uuid::Builder::from_unix_timestamp_millis(ms.unsigned_abs(), &random::<10>()).into_uuid().to_string()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Nothing is secret here, and ids from two calls must differ all the same.
    if rand::fill(&mut bytes).is_err() {
        bytes.copy_from_slice(&Uuid::now_v7().as_bytes().repeat(N / 16 + 1)[..N]);
    }
    bytes
}
