//! The list of people: found, filtered, sorted, page by page.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, Executor, QueryBuilder};

use super::{
    app::{PASSWORD, TestApp, remove_old_rows},
    caller::{Caller, main_of},
    on_both_databases,
};
use crate::{
    auth::users::{Role, store},
    base::{db::Kind, display_name::DisplayName, email::Email, words},
    people::list::store::{Bound, Column, Query, Start},
};

/// Makes an account past the sign-up, and returns its id.
async fn add(app: &TestApp, name: &str, email: &str, role: Role) -> String {
    let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
    let id = add_in(&mut tx, name, email, role, app.clock.now_ms()).await;
    tx.commit().await.expect("a row");
    id
}

async fn add_in(db: &mut AnyConnection, name: &str, email: &str, role: Role, now_ms: i64) -> String {
    let (email, name) = (Email::parse(email).expect("an address"), DisplayName::parse(name).expect("a name"));
    store::insert(db, &email, &name, "no hash", role, now_ms).await.expect("users").expect("a new address")
}

async fn change(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(&app.services.state.db.pool).await.expect("a change");
}

/// What is listed at this address: the addresses of people, in order.
async fn listed(caller: &mut Caller, query: &str) -> Vec<String> {
    let page = open(caller, query).await;
    cells(&page)
}

async fn open(caller: &mut Caller, query: &str) -> String {
    let answer = caller.open(&format!("/admin/users{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    main_of(&answer.text()).to_owned()
}

fn cells(page: &str) -> Vec<String> {
    let cells = page.split("data-label=\"Email\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect()
}

/// The address of the link with these words.
fn link(page: &str, words: &str) -> Option<String> {
    let (before, _) = page.split_once(&format!(">{words}</a>"))?;
    let (_, href) = before.rsplit_once("href=\"")?;
    Some(href.split('"').next()?.replace("&amp;", "&").replace("/admin/users", ""))
}

/// Every page of a list from the first on, and back again.
async fn walk(caller: &mut Caller, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut address) = (Vec::new(), query.to_owned());
    let mut last = String::new();
    while pages.len() < 20 {
        last = open(caller, &address).await;
        pages.push(cells(&last));
        match link(&last, "Next page") {
            Some(next) => address = next,
            None => break,
        }
    }
    for page in pages.iter().rev().skip(1) {
        let before = link(&last, "Previous page").expect("a way back");
        last = open(caller, &before).await;
        assert_eq!(&cells(&last), page, "the way back shows the same pages");
    }
    assert_eq!(link(&last, "Previous page"), None);
    pages
}

/// How the database would read the page.
async fn plan(db: &mut AnyConnection, kind: Kind, query: &Query) -> String {
    let explained = match kind {
        Kind::Sqlite => "explain query plan",
        Kind::Postgres => "explain",
    };
    let mut text = QueryBuilder::new(format!("{explained} {}", query.page()));
    let steps: Vec<String> = match kind {
        Kind::Sqlite => {
            let rows: Vec<(i64, i64, i64, String)> =
                query.bind(text.build_query_as()).fetch_all(db).await.expect("a plan");
            rows.into_iter().map(|(.., step)| step).collect()
        }
        Kind::Postgres => {
            let rows: Vec<(String,)> = query.bind(text.build_query_as()).fetch_all(db).await.expect("a plan");
            rows.into_iter().map(|(step,)| step).collect()
        }
    };
    steps.join("\n")
}

/// One of a crowd: the address begins with the state that they are in.
struct Somebody {
    name: String,
    email: String,
}

impl Somebody {
    /// Whether each of these begins a word of the name or the address.
    fn has(&self, words: &[&str]) -> bool {
        let own = words::of(&self.name, &self.email);
        words.iter().all(|word| own.iter().any(|own| own.starts_with(word)))
    }
}

/// So many that nobody is found by sorting all who have a word. One in two is called so, and one in two has such a surname,
/// or has it in the address alone.
async fn crowd(app: &TestApp) -> Vec<Somebody> {
    let mut crowd = Vec::new();
    let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
    for number in 0..1_400 {
        let first = ["María", "Marek"][number % 2];
        let last = ["Rossi", "Rosales", "Rossi", "R."][number / 2 % 4];
        let mailbox = if last == "R." { ".rossi" } else { "" };
        // One in seven of each.
        let (state, role) = [("d", Role::User), ("u", Role::User), ("s", Role::User), ("a", Role::Auditor)]
            .get(number % 7)
            .copied()
            .unwrap_or(("p", Role::User));
        let one = Somebody { name: format!("{first} {last}"), email: format!("{state}{mailbox}{number}@example.com") };
        add_in(&mut tx, &one.name, &one.email, role, app.clock.now_ms()).await;
        crowd.push(one);
    }
    tx.commit().await.expect("rows");
    change(app, "update users set disabled_at = 1 where email like 'd%'").await;
    change(app, "update users set verified_at = 1 where email not like 'u%'").await;
    change(
        app,
        "insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step) \
                 select id, '', 1, 1, 0 from users where email like 's%'",
    )
    .await;
    crowd
}

on_both_databases! {
    async fn in_a_crowd_each_search_and_filter_finds_whom_it_names_in_each_order(app: TestApp) {
        let mut admin = app.admin().await;
        let crowd = crowd(&app).await;
        for (filter, words, state) in [
            ("q=maria+rossi&state=disabled", &["maria", "rossi"][..], "d"),
            ("q=rossi+mar&state=second-factor", &["rossi", "mar"], "s"),
            ("q=ros+marek&role=auditor", &["ros", "marek"], "a"),
            ("q=rosal+maria", &["rosal", "maria"], ""),
            ("q=maria+r+rossi&state=unverified", &["maria", "rossi"], "u"),
            ("q=m&state=disabled&role=user", &["m"], "d"),
            ("state=disabled", &[], "d"),
            ("state=unverified", &[], "u"),
            ("state=second-factor", &[], "s"),
            ("role=auditor&state=active", &[], "a"),
        ] {
            let mut fits: Vec<&Somebody> =
                crowd.iter().filter(|one| one.email.starts_with(state) && one.has(words)).collect();
            assert!(fits.len() > 25, "{filter}: more than a page");
            for order in ["oldest", "newest", "name", "email"] {
                match order {
                    "newest" => fits.reverse(),
                    "name" => fits.sort_by_key(|one| words::sort_text(&one.name, &one.email)),
                    "email" => fits.sort_by_key(|one| &one.email),
                    _ => {}
                }
                let expected: Vec<&String> = fits.iter().map(|one| &one.email).collect();
                let found = walk(&mut admin, &format!("?sort={order}&{filter}")).await.concat();
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{order} {filter}");
            }
        }
        for nobody in ["q=maria+marek", "q=rosales+rossi&sort=name", "q=maria+rossi&role=admin"] {
            assert_eq!(listed(&mut admin, &format!("?{nobody}")).await.len(), 0, "{nobody}");
        }
    }

    async fn an_index_has_the_order_of_each_list_that_one_condition_leads_to(app: TestApp) {
        let filters = [Start::Role, Start::Disabled, Start::Unverified];
        let each = filters.map(|start| [Column::Id, Column::Name, Column::Email].map(|column| (start, column)));
        let mut connection = app.services.state.db.pool.acquire().await.expect("a connection");
        if app.kind() == Kind::Postgres {
            // An empty table is read from end to end otherwise.
            for never in ["set enable_seqscan = off", "set enable_sort = off", "set enable_bitmapscan = off"] {
                connection.execute(never).await.expect("a setting");
            }
        }
        for (start, column) in each.concat().into_iter().chain([(Start::WordById, Column::Id)]) {
            for descending in [false, true] {
                let query = Query {
                    start,
                    column,
                    descending,
                    role: Some(Role::Auditor).filter(|_| start == Start::Role),
                    state: None,
                    words: std::array::from_fn(|place| ["ros", "mar"].get(place).map(|word| words::range(word)).unwrap_or_default()),
                    bound: Bound { key: "0".to_owned(), id: "0".to_owned() },
                    limit: 26,
                };
                assert!(query.walks(), "{query:?}");
                let plan = plan(&mut connection, app.kind(), &query).await;
                let index = match (start, column) {
                    (Start::Disabled, Column::Id) => "users_disabled_by_id",
                    (Start::Disabled, Column::Name) => "users_disabled_by_name",
                    (Start::Disabled, Column::Email) => "users_disabled_by_email",
                    (Start::Unverified, Column::Id) => "users_unverified_by_id",
                    (Start::Unverified, Column::Name) => "users_unverified_by_name",
                    (Start::Unverified, Column::Email) => "users_unverified_by_email",
                    (Start::Role, Column::Id) => "users_special",
                    (Start::Role, Column::Name) => "users_special_by_name",
                    (Start::Role, Column::Email) => "users_special_by_email",
                    _ => "user_words_by_beginning",
                };
                let leads = |step: &str| {
                    let names = step.split(|c: char| !c.is_alphanumeric() && c != '_').any(|name| name == index);
                    names && (step.contains("SEARCH e ") || step.contains(" e "))
                };
                assert!(plan.lines().any(leads), "{index} leads: {query:?}\n{plan}");
                let sorts = plan.matches(" Sort Key").count() + plan.matches("TEMP B-TREE").count();
                assert!(sorts <= 1, "the people of the page alone are sorted: {query:?}\n{plan}");
            }
        }
    }

    async fn words_are_whole_in_scripts_that_write_marks_beside_letters(app: TestApp) {
        let mut admin = app.admin().await;
        add(&app, "किरण शर्मा", "kiran@example.com", Role::User).await;
        add(&app, "สมชาย ใจดี", "somchai@example.com", Role::User).await;
        let found = |text: &str| format!("?q={}", url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
        assert_eq!(listed(&mut admin, &found("शर्मा")).await, ["kiran@example.com"]);
        assert_eq!(listed(&mut admin, &found("शर्")).await, ["kiran@example.com"], "the beginning of a word");
        assert!(listed(&mut admin, &found("मा")).await.is_empty(), "what follows a mark is no word");
        assert_eq!(listed(&mut admin, &found("ใจดี")).await, ["somchai@example.com"]);
    }

    async fn people_are_found_by_the_beginnings_of_the_words_of_name_and_address(app: TestApp) {
        let mut admin = app.admin().await;
        for (name, email) in [
            ("Anna Müller", "anna.mueller@example.org"),
            ("Ben O'Brien", "ben@brewery.example"),
            ("ÉLODIE Straße", "elodie+news@mail.example.net"),
            ("李小龙", "bruce@example.net"),
            ("100%_sure\\", "sure@example.net"),
        ] {
            add(&app, name, email, Role::User).await;
        }
        for (words, found) in [
            ("anna", &["anna.mueller@example.org"][..]),
            ("ANNA mül", &["anna.mueller@example.org"]),
            ("mu\u{308}ller", &["anna.mueller@example.org"]),
            ("muller elod", &[]),
            ("muller", &["anna.mueller@example.org"]),
            ("elodie", &["elodie+news@mail.example.net"]),
            ("muel ann", &["anna.mueller@example.org"]),
            ("anna.mueller@example.org", &["anna.mueller@example.org"]),
            ("Anna.Mueller@EXAMPLE.org", &["anna.mueller@example.org"]),
            ("anna.mueller@ex", &["anna.mueller@example.org"]),
            ("@brewery", &["ben@brewery.example"]),
            ("o'brien", &["ben@brewery.example"]),
            ("brien", &["ben@brewery.example"]),
            ("élo straß", &["elodie+news@mail.example.net"]),
            ("news", &["elodie+news@mail.example.net"]),
            ("李小", &["bruce@example.net"]),
            ("100%", &["sure@example.net"]),
            ("anna brien", &[]),
            ("nna", &[]),
            ("a_na", &[]),
            ("an%", &["anna.mueller@example.org"]),
            ("anna example org mueller müller anna.mueller@example.org", &["anna.mueller@example.org"]),
        ] {
            let query = format!("?q={}", url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>());
            assert_eq!(listed(&mut admin, &query).await, found, "{words}");
        }
        // Nothing but marks is what no word begins with.
        assert_eq!(listed(&mut admin, "?q=%25_").await.len(), 0);
        let none = open(&mut admin, "?q=nobody&role=admin").await;
        assert!(none.contains("No users match “nobody” with these filters.") && none.contains("Show all users"), "{none}");
    }

    async fn a_filter_that_there_is_not_is_said_and_shows_nobody(app: TestApp) {
        let mut admin = app.admin().await;
        for (query, words) in [("?role=boss", "There is no such role."), ("?state=gone", "There is no such state.")] {
            let page = open(&mut admin, query).await;
            assert!(page.contains(words) && cells(&page).is_empty(), "{page}");
            assert_eq!(link(&page, "Clear").as_deref(), Some(""), "{page}");
        }
    }

    async fn each_filter_shows_whom_it_names(app: TestApp) {
        let mut admin = app.admin().await;
        for (name, role) in [("olaf", Role::Auditor), ("dora", Role::User), ("vera", Role::User), ("sam", Role::User)] {
            add(&app, name, &format!("{name}@example.com"), role).await;
        }
        change(&app, "update users set verified_at = 1 where name <> 'vera'").await;
        change(&app, "update users set disabled_at = 1 where name = 'dora'").await;
        change(&app, "insert into totp (user_id, secret_sealed, created_at, confirmed_at, last_step) \
                      select id, '', 1, 1, 0 from users where name = 'sam'").await;
        change(&app, "insert into totp (user_id, secret_sealed, created_at, last_step) \
                      select id, '', 1, 0 from users where name = 'vera'").await;
        for (query, found) in [
            ("?role=admin", &["ada"][..]),
            ("?role=auditor", &["olaf"]),
            ("?role=user", &["sam", "vera", "dora"]),
            ("?state=disabled", &["dora"]),
            ("?state=unverified", &["vera"]),
            ("?state=second-factor", &["sam"]),
            ("?state=active", &["sam", "vera", "olaf", "ada"]),
            ("?state=active&role=user", &["sam", "vera"]),
            ("?state=disabled&role=auditor", &[]),
            ("?state=disabled&q=dor", &["dora"]),
            ("?state=disabled&q=ver", &[]),
            ("?q=example&sort=name", &["ada", "dora", "olaf", "sam", "vera"]),
            ("?state=unverified&sort=email&q=example", &["vera"]),
            ("?state=second-factor&sort=name&role=user", &["sam"]),
        ] {
            let found: Vec<String> = found.iter().map(|name| format!("{name}@example.com")).collect();
            assert_eq!(listed(&mut admin, query).await, found, "{query}");
        }
        let page = open(&mut admin, "?state=disabled").await;
        assert!(page.contains(">Disabled</span>") && page.contains(">1 user</p>"), "{page}");
        assert!(page.contains("value=\"disabled\" selected"), "the form shows what is in force: {page}");
    }

    async fn each_order_is_complete_and_repeats_nobody_over_pages_of_namesakes(app: TestApp) {
        let mut admin = app.admin().await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        for number in 0..60 {
            let (name, email) = (format!("Same {}", number % 3), format!("p{:02}@example.com", (number * 37) % 60));
            add_in(&mut tx, &name, &email, Role::User, app.clock.now_ms()).await;
        }
        tx.commit().await.expect("rows");
        for filter in ["", "&q=same", "&q=example", "&state=unverified&role=user", "&q=same+example&state=active"] {
            let own = i64::from(!filter.contains("same") && !filter.contains("unverified"));
            for order in ["newest", "oldest", "name", "email"] {
                let pages = walk(&mut admin, &format!("?sort={order}{filter}")).await;
                assert_eq!(pages.len(), 3, "{order}{filter}");
                let people = pages.concat();
                let different: BTreeSet<&String> = people.iter().collect();
                assert_eq!((people.len() as i64, different.len() as i64), (60 + own, 60 + own), "{order}{filter}");
                if order == "email" {
                    assert!(people.is_sorted(), "{people:?}");
                }
            }
        }
        let (newest, mut oldest) = (walk(&mut admin, "?").await.concat(), walk(&mut admin, "?sort=oldest").await.concat());
        oldest.reverse();
        assert_eq!(newest, oldest);
        assert_eq!(oldest.last().map(String::as_str), Some("ada@example.com"), "who came first");
    }

    async fn the_way_to_the_next_page_keeps_the_whole_search(app: TestApp) {
        let mut admin = app.admin().await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        for number in 0..30 {
            add_in(&mut tx, "Ann & Bob", &format!("p{number}@example.com"), Role::Auditor, app.clock.now_ms()).await;
        }
        tx.commit().await.expect("rows");
        let page = open(&mut admin, "?q=ann+%26+bob&role=auditor&state=active&sort=email").await;
        assert!(page.contains("First 25 users. There are more."), "{page}");
        let next = link(&page, "Next page").expect("a next page");
        for part in ["q=ann+%26+bob", "role=auditor", "state=active", "sort=email", "after="] {
            assert!(next.contains(part), "{next}");
        }
        let page = open(&mut admin, &next).await;
        assert_eq!(cells(&page).len(), 5);
        assert!(page.contains("Last 5 users") && page.contains("value=\"ann &amp; bob\""), "{page}");
        assert_eq!(link(&page, "First page").as_deref(), Some("?q=ann+%26+bob&role=auditor&state=active&sort=email"));
    }

    async fn nonsense_in_the_address_is_as_if_it_were_not_there(app: TestApp) {
        let mut admin = app.admin().await;
        for query in [
            "?sort=sideways", "?after=nobody", "?before=%00", "?after=%27%3B--&sort=name",
            "?after=00000000-0000-0000-0000-000000000000&sort=name", "?q=%00", "?unknown=1", "?sort=name&sort=email",
            "?after=a&before=b",
        ] {
            assert_eq!(listed(&mut admin, query).await, ["ada@example.com"], "{query}");
        }
        let long = format!("?q={}", "w".repeat(20_000));
        assert_eq!(listed(&mut admin, &long).await.len(), 0);
    }

    async fn a_changed_name_or_address_is_found_by_the_new_words_and_not_by_the_old(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.logged_in("alice").await;
        assert_eq!(alice.act("change_name", &[("name", "Wanda Weiß")]).await.status, 200);
        assert_eq!(listed(&mut admin, "?q=wand+wei%C3%9F").await, ["alice@example.com"]);
        let user = app.user("alice").await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        assert!(store::set_email(&mut tx, &user, "new.box@example.net", 1).await.expect("users"));
        tx.commit().await.expect("an address");
        for old in ["alice", "alice@example.com"] {
            assert_eq!(listed(&mut admin, &format!("?q={old}")).await.len(), 0, "{old}");
        }
        for new in ["wanda", "new.box@example.net", "box"] {
            assert_eq!(listed(&mut admin, &format!("?q={new}")).await, ["new.box@example.net"], "{new}");
        }
    }

    async fn whose_address_was_taken_back_is_found_by_name_alone(app: TestApp) {
        let mut admin = app.admin().await;
        let id = add(&app, "Squatter", "wanted@example.com", Role::User).await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        let freed = store::free_email(&mut tx, "wanted@example.com", "somebody", 1).await.expect("users");
        tx.commit().await.expect("an address");
        assert_eq!(freed.as_deref(), Some(&*id));
        assert_eq!(listed(&mut admin, "?q=wanted").await.len(), 0);
        assert_eq!(listed(&mut admin, "?q=squatter&sort=name").await, [format!("gave way {id}")]);
    }

    async fn deleted_people_are_in_no_list(app: TestApp) {
        let mut admin = app.admin().await;
        let mut alice = app.logged_in("alice").await;
        add(&app, "bob", "bob@example.com", Role::User).await;
        let fields = [("confirmation", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.act("delete_account", &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(app.count("select count(*) from user_words where user_id in \
                              (select id from users where deleted_at is not null)").await, 0);
        for query in ["", "?sort=name", "?sort=email", "?sort=oldest", "?state=disabled", "?state=unverified", "?q=alice", "?q=deleted"] {
            let found = listed(&mut admin, query).await;
            assert!(found.iter().all(|email| ["bob@example.com", "ada@example.com"].contains(&&**email)), "{query}: {found:?}");
        }
        app.clock.advance_ms(40 * 24 * 3_600_000);
        remove_old_rows(&app.services.state).await;
        crate::people::deletion::clean_up::clean_once(&app.services.state).await.expect("a round");
        assert_eq!(app.count("select count(*) from users").await, 2, "the tombstone is gone");
    }

    async fn people_from_before_there_were_words_are_found_after_a_start(app: TestApp) {
        let mut admin = app.admin().await;
        let mut tx = app.services.state.db.begin_write().await.expect("a transaction");
        for number in 0..1_100 {
            add_in(&mut tx, "Early Bird", &format!("early{number}@example.com"), Role::User, 1).await;
        }
        tx.commit().await.expect("rows");
        change(&app, "delete from user_words").await;
        change(&app, "update users set words_at = null").await;
        assert_eq!(listed(&mut admin, "?q=early7@example.com").await.len(), 0);
        // Two at once, as after an upgrade.
        let (one, other) = tokio::join!(app.start_again(), app.start_again());
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(listed(&mut admin, "?q=early7@example.com").await, ["early7@example.com"]);
        assert_eq!(app.count("select count(*) from users where words_at is null").await, 0);
        assert_eq!(app.count("select count(distinct user_id) from user_words").await, 1_101);
    }

    async fn an_auditor_reads_the_list_and_a_user_does_not(app: TestApp) {
        app.admin().await;
        let mut otto = app.auditor("otto").await;
        assert_eq!(listed(&mut otto, "?q=ada").await, ["ada@example.com"]);
        let mut alice = app.logged_in("alice").await;
        let refused = alice.open("/admin/users?q=ada").await;
        assert_eq!(refused.status, 403);
        assert!(!refused.text().contains("ada@example.com"));
    }
}
