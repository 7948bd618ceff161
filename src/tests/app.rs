//! The application under test: a database of its own, a clock that stands still, the real router.

use std::time::Duration;

use clap::Parser;
use sqlx::{AssertSqlSafe, Executor};
use tempfile::TempDir;
use uuid::Uuid;

use super::{caller::Caller, database, database::Database};
use crate::{
    auth::{
        links,
        links::{Link, Purpose},
        users,
        users::{Role, store::User},
    },
    base::{
        config::{Config, TokenAlgorithm},
        db::Kind,
        email::Email,
        state::{AppState, Clock},
    },
    cli::parts::ServerSettings,
    pages::{
        admin::{by::By, stories::change_role},
        signup::setup_link,
    },
    serve,
    serve::{router::router, services::Services},
};

/// 2026-01-01 12:00:00 UTC.
const NOON: i64 = 1_767_268_800_000;

/// Short, since tests wait for it.
pub const HEARTBEAT: Duration = Duration::from_millis(50);

/// For what must come: only what hangs takes so long, however slow or busy the machine.
pub const HANG: Duration = Duration::from_secs(60);

pub const PASSWORD: &str = "correct horse battery";

pub struct TestApp {
    pub services: Services,
    pub clock: Clock,
    pub router: axum::Router,
    settings: ServerSettings,
    _database: Database,
    _folder: TempDir,
}

/// The last flag of a name counts.
#[derive(Debug, Parser)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    pub all: ServerSettings,
}

impl Settings {
    /// As a command line of these words sets them.
    pub fn config_of(words: &[&str]) -> Config {
        Self::parse_from(words).all.config
    }

    pub fn into_config(self) -> Config {
        self.all.config
    }
}

impl TestApp {
    pub async fn on(kind: Kind) -> Self {
        Self::with(kind, &[]).await
    }

    /// `flags`: settings as on the command line.
    pub async fn with(kind: Kind, flags: &[&str]) -> Self {
        // Warnings show beside the test that fails.
        let _ = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init();
        let folder = tempfile::tempdir().expect("a folder");
        let data_dir = folder.path().to_str().expect("a path");
        let database = database::new(kind, folder.path()).await;
        // The cheapest argon2 that starts, which is dearer in production: what it costs is not tested here.
        let is_production = flags.iter().any(|flag| flag.starts_with("https://"));
        let passes = if is_production { "5" } else { "1" };
        let cheap = ["--argon2-memory-kib", "7168", "--argon2-passes", passes, "--database-connections", "6"];
        // Many at once: what a test sends in parallel is to meet in the database. Nearly everybody here signs up from one
        // address.
        let many = ["--requests-at-once", "50", "--sign-ups-per-network", "100000"];
        let own = ["latchkey", "--data-dir", data_dir, "--database-url", &database.url];
        let words = own.into_iter().chain(cheap).chain(many).chain(flags.iter().copied());
        let settings = Settings::parse_from(words).all;
        let clock = Clock::standing_at(NOON);
        let services = services(settings.clone(), clock.clone()).await;
        Self { router: router(services.clone()), services, clock, settings, _database: database, _folder: folder }
    }

    /// With the parts at work: the Lab costs a second database.
    pub async fn and_parts(self) -> Self {
        for part in self.services.parts.iter() {
            part.start(&self.services.app, &self.services.keys, &self.services.metrics).await;
        }
        self
    }

    pub fn kind(&self) -> Kind {
        self.services.state.db.kind
    }

    /// Another process on the same database: nothing in memory is shared.
    pub async fn another_instance(&self) -> Services {
        services(self.settings.clone(), self.clock.clone()).await
    }

    /// As [`Self::another_instance`], with settings changed; its router stands beside it.
    pub async fn another_instance_where(&self, change: impl FnOnce(&mut Config)) -> (Services, axum::Router) {
        self.another_instance_set(|settings| change(&mut settings.config)).await
    }

    /// As [`Self::another_instance_where`], also with settings of the parts changed.
    pub async fn another_instance_set(&self, change: impl FnOnce(&mut ServerSettings)) -> (Services, axum::Router) {
        let mut settings = self.settings.clone();
        change(&mut settings);
        let services = services(settings, self.clock.clone()).await;
        let router = router(services.clone());
        (services, router)
    }

    /// As [`Self::another_instance`], where the start may be refused.
    pub async fn start_again(&self) -> Result<Services, String> {
        let ServerSettings { config, parts } = self.settings.clone();
        serve::open_with(config, parts.into(), self.clock.clone()).await
    }

    /// As [`Self::another_instance`], started with another algorithm for new signing keys.
    pub async fn another_instance_with(&self, token_algorithm: TokenAlgorithm) -> Services {
        self.another_instance_where(|config| config.token_algorithm = token_algorithm).await.0
    }

    pub fn anonymous(&self) -> Caller {
        Caller::of(self.router.clone())
    }

    /// Signs up `name`@example.com in a browser of their own.
    pub async fn logged_in(&self, name: &str) -> Caller {
        let mut caller = self.anonymous();
        let email = format!("{name}@example.com");
        let answer = caller.act("sign_up", &[("name", name), ("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        caller
    }

    /// Logs in `name`@example.com in another browser.
    pub async fn logged_in_again(&self, name: &str) -> Caller {
        let mut caller = self.anonymous();
        let answer = caller.log_in(name, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        caller
    }

    /// As [`Self::logged_in`], and with an access token.
    pub async fn with_token(&self, name: &str) -> Caller {
        let mut caller = self.logged_in(name).await;
        assert_eq!(caller.renew().await.status, 200);
        caller
    }

    /// As [`Self::logged_in_again`], and with an access token.
    pub async fn with_token_again(&self, name: &str) -> Caller {
        let mut caller = self.logged_in_again(name).await;
        assert_eq!(caller.renew().await.status, 200);
        caller
    }

    /// Makes the first administrator through `/setup`, with an access token.
    pub async fn admin(&self) -> Caller {
        let mut caller = self.anonymous();
        let page = caller.open_setup(&self.setup_token().await).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        let answer = caller.act("set_up", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(caller.renew().await.status, 200);
        caller
    }

    /// The token of a new link to `/setup`.
    pub async fn setup_token(&self) -> String {
        let link = setup_link::make(&self.services.state).await.expect("a link").expect("no administrator yet");
        let (page, token) = link.split_once("?token=").expect("a token");
        assert!(page.ends_with("://localhost:3000/setup"), "{page}");
        token.to_owned()
    }

    /// Signs up `name`@example.com, who becomes an auditor, with an access token.
    pub async fn auditor(&self, name: &str) -> Caller {
        self.logged_in(name).await;
        self.give_role(name, Role::Auditor).await;
        self.with_token_again(name).await
    }

    /// As [`Self::admin`], another one: `name`@example.com.
    pub async fn another_admin(&self, name: &str) -> Caller {
        self.logged_in(name).await;
        self.give_role(name, Role::Admin).await;
        self.with_token_again(name).await
    }

    /// From the command line.
    pub async fn give_role(&self, name: &str, role: Role) {
        let by = By::command_line("test").expect("a reason");
        let changed = change_role(&self.services.terminator, &by, &self.user(name).await.id, role, "").await;
        assert!(changed.is_ok_and(|outcome| outcome.changed));
    }

    /// Forces the log-out of the user with this id.
    pub async fn force_logout(&self, admin: &mut Caller, user_id: &str) {
        let answer = admin.act("force_logout", &[("user", user_id), ("reason", "test")]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// The mails that wait to be written, the oldest first: address, user id, what to tell.
    pub async fn outbox(&self) -> Vec<(String, String, String)> {
        sqlx::query_as("select email, user_id, mail from outbox where given_up_at is null order by id")
            .fetch_all(&self.services.state.db.pool)
            .await
            .expect("the outbox")
    }

    /// The token of a link for `name`@example.com, as a mail would bring it.
    pub async fn link(&self, purpose: Purpose, name: &str) -> String {
        let email = format!("{name}@example.com");
        let user = self.user(name).await;
        self.link_to(purpose, &user.id, &email).await
    }

    /// As [`Self::link`], sent to another address.
    pub async fn link_to(&self, purpose: Purpose, user_id: &str, email: &str) -> String {
        let link = Link { user_id: user_id.into(), email: email.into() };
        let mut tx = self.services.state.db.begin_write().await.expect("a transaction");
        let token = links::make(&mut tx, purpose, &link, self.clock.now_ms()).await.expect("a link");
        tx.commit().await.expect("a link");
        token
    }

    /// The row of `name`@example.com.
    pub async fn user(&self, name: &str) -> User {
        let email = Email::parse(&format!("{name}@example.com")).expect("an address");
        let found = users::store::find_by_email(&self.services.state.db.pool, &email).await.expect("the users");
        found.expect("a user")
    }

    /// Confirms the address of `name`@example.com, as the link in the mail does.
    pub async fn verify(&self, name: &str) {
        let user = self.user(name).await;
        let mut tx = self.services.state.db.begin_write().await.expect("a transaction");
        users::store::set_verified(&mut *tx, &user.id, &user.email, self.clock.now_ms()).await.expect("confirmed");
        self.services.revocations.commit_change(tx, &user.id).await.expect("confirmed");
    }

    /// Changes an address, as the link in the mail does.
    pub async fn set_email(&self, user: &User, email: &str) {
        let mut tx = self.services.state.db.begin_write().await.expect("a transaction");
        users::store::set_email(&mut tx, user, email, self.clock.now_ms()).await.expect("an address");
        self.services.revocations.commit_change(tx, &user.id).await.expect("an address");
    }

    /// Makes the database refuse a change until [`Self::allow`]. `change`: "insert on audit_events"; `when`: of which rows,
    /// as in `new.event = 'logged_in'`, or `true`.
    pub async fn refuse(&self, change: &str, when: &str) {
        // A new name each: SQLite's other connections may not have heard yet that the one before is gone.
        let name = format!("refusal_{}", Uuid::now_v7().simple());
        let statements = match self.kind() {
            Kind::Sqlite => {
                vec![format!("create trigger {name} before {change} when {when} begin select raise(abort, 'no'); end")]
            }
            Kind::Postgres => vec![
                "create or replace function refuse() returns trigger language plpgsql as \
                 $$ begin raise exception 'no'; end $$"
                    .to_owned(),
                format!("create trigger {name} before {change} for each row when ({when}) execute function refuse()"),
            ],
        };
        for statement in statements {
            self.services.state.db.pool.execute(AssertSqlSafe(statement)).await.expect("a trigger");
        }
    }

    /// Takes back [`Self::refuse`] on this table.
    pub async fn allow(&self, table: &str) {
        let (found, place) = match self.kind() {
            Kind::Sqlite => ("select name from sqlite_master where type = 'trigger' and tbl_name = $1", String::new()),
            Kind::Postgres => (
                "select cast(tgname as text) from pg_trigger where tgrelid = cast($1 as regclass) and not tgisinternal",
                format!(" on {table}"),
            ),
        };
        let pool = &self.services.state.db.pool;
        let triggers: Vec<(String,)> = sqlx::query_as(found).bind(table).fetch_all(pool).await.expect("triggers");
        for (name,) in triggers.iter().filter(|(name,)| name.starts_with("refusal_")) {
            pool.execute(AssertSqlSafe(format!("drop trigger {name}{place}"))).await.expect("no trigger");
        }
    }

    /// How many rows a table has.
    pub async fn count(&self, statement: &'static str) -> i64 {
        let (count,): (i64,) =
            sqlx::query_as(statement).fetch_one(&self.services.state.db.pool).await.expect("a count");
        count
    }
}

async fn services(ServerSettings { config, parts }: ServerSettings, clock: Clock) -> Services {
    let mut services = serve::open_with(config, parts.into(), clock).await.expect("the services");
    services.streams.heartbeat = HEARTBEAT;
    services
}

/// One round of each job that cleans a table.
pub async fn remove_old_rows(state: &AppState) {
    for (job, delete_old) in serve::OLD_ROWS {
        let round = delete_old(&state.db.pool, state.clock.now_ms()).await;
        round.unwrap_or_else(|error| panic!("{job}: {error}"));
    }
}
