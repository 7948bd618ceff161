//! Row `search`: what the lists of administration cost with many people, beside a thousand, on both databases.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{
    Bench, Row,
    client::Client,
    people::{self, People},
    rounds::median,
    server::{Home, Server},
    table::{Aim, Line},
};

const FEW: u32 = 1_000;

/// What has an aim: no more than twice as long.
const AIMED: [&str; 2] = ["a full name", "disabled, by name"];
const AT_MOST: f64 = 2.0;

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    let mut lines = on("SQLite", bench, || Home::new(&[]))?;
    lines.extend(on("PostgreSQL", bench, || Home::on_postgres(bench.postgres()?, &[]))?);
    Ok(lines)
}

fn on<'a>(database: &str, bench: &Bench, home: impl Fn() -> Result<Home<'a>>) -> Result<Vec<Line>> {
    let (few_home, many_home) = (home()?, home()?);
    let (few, many) = (Filled::open(bench, &few_home, FEW)?, Filled::open(bench, &many_home, bench.many)?);
    eprintln!("search: {} lists on {database}", few.lists.len());
    let mut lines = Vec::new();
    for ((name, few_path), (_, many_path)) in few.lists.iter().zip(&many.lists) {
        let (mut few_ms, mut many_ms) = (Vec::new(), Vec::new());
        let begin = Instant::now();
        // In turn: what else the machine does falls on both.
        while begin.elapsed() < Duration::from_secs(2 * bench.seconds) || many_ms.is_empty() {
            few_ms.push(few.milliseconds(few_path)?);
            many_ms.push(many.milliseconds(many_path)?);
        }
        let (few_ms, many_ms) = (median(few_ms), median(many_ms));
        let ratio = many_ms / few_ms;
        let what = format!("{name}: {} people ÷ 1,000, {database}", bench.many_words());
        let line = Line::new(Row::Search, what).figure(many_ms, "ms").ratio(ratio);
        lines.push(if AIMED.contains(name) { line.aim(Aim::at_most(AT_MOST, ratio, "")) } else { line });
    }
    Ok(lines)
}

/// A server with people, and the pages that list them.
struct Filled {
    client: Client,
    administrators: People,
    lists: Vec<(&'static str, String)>,
    _server: Server,
}

impl Filled {
    fn open(bench: &Bench, home: &Home<'_>, people: u32) -> Result<Self> {
        eprintln!("search: {people} people are written");
        let server = home.serve(&bench.latchkey)?;
        let client = server.client();
        people::sign_up_as(&client, "Quirin Xylander", "quirin@example.com")?;
        let administrators = People::administrators(home, &bench.latchkey, &server, 1)?;
        home.run(&bench.seed, &["--users", &people.to_string(), "--force"], "")?;
        let lists = lists(&client, &administrators.cookies()?.concat())?;
        Ok(Self { client, administrators, lists, _server: server })
    }

    fn milliseconds(&self, path: &str) -> Result<f64> {
        // With a token that is good: a page makes one where it is not.
        let cookie = self.administrators.cookies()?.concat();
        let start = Instant::now();
        let answer = self.client.get(path, &cookie)?;
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    }
}

fn lists(client: &Client, cookie: &str) -> Result<Vec<(&'static str, String)>> {
    let inside = first_of(client, "/admin/users?q=maria&sort=oldest", cookie)?;
    let rare = first_of(client, "/admin/users?q=xylander", cookie)?;
    let fixed = [
        ("everyone", "/admin/users"),
        ("a rare name", "/admin/users?q=xylander"),
        ("a full name", "/admin/users?q=maria+rossi"),
        ("a common word", "/admin/users?q=example"),
        ("a common word, by name", "/admin/users?q=example&sort=name"),
        ("administrators", "/admin/users?role=admin"),
        ("disabled", "/admin/users?state=disabled"),
        ("disabled, by name", "/admin/users?state=disabled&sort=name"),
        ("unverified", "/admin/users?state=unverified"),
        ("with two-factor authentication", "/admin/users?state=second-factor"),
        ("by name", "/admin/users?sort=name"),
        ("active sessions", "/admin/sessions"),
    ];
    let mut lists: Vec<(&str, String)> = fixed.map(|(name, path)| (name, path.to_owned())).into();
    lists.extend([
        ("by name, deep inside", format!("/admin/users?sort=name&after={inside}")),
        ("by name, the page before", format!("/admin/users?sort=name&before={inside}")),
        ("one person", format!("/admin/users/{rare}")),
    ]);
    Ok(lists)
}

/// The id of the first person in a list.
fn first_of(client: &Client, path: &str, cookie: &str) -> Result<String> {
    let html = client.get(path, cookie)?.body;
    let links = html.split("href=\"/admin/users/").skip(1).filter_map(|rest| rest.split('"').next());
    links.into_iter().find(|id| id.len() == 36).map(str::to_owned).with_context(|| format!("no user at {path}"))
}
