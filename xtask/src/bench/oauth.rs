//! Row `oauth`: what applications ask of the authorization server, and what a call costs with the token of one.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    Bench, Row,
    client::Client,
    people::{People, id_of},
    requests::{ME, beside, load_line},
    rounds,
    rounds::{Target, Who},
    server::{Home, Server},
    table::Line,
    wrk,
};

const TOKEN: &str = "/oauth/token";
const SCOPE: &str = "offline_access account:read";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

// The loads by name.
const ITSELF: &str = "token for a service";
const REFRESH: &str = "refresh token";
const INTROSPECT: &str = "introspection";
const OF_PAGE: &str = "token of a page";
const OF_APPLICATION: &str = "token of an application";

pub fn measure(bench: &Bench) -> Result<Vec<Line>> {
    eprintln!("oauth: a server starts, and {} people sign up", wrk::CONNECTIONS);
    let home = Home::new(&[])?;
    let server = home.serve(&bench.latchkey)?;
    // The first one owns the applications.
    let people = People::sign_up(&server, wrk::CONNECTIONS)?;
    let add = |kind: &str, more: &[&str]| {
        let args = ["clients", "add", "--json", "--owner", "person-0@example.com", "--name", "Peer", "--kind", kind];
        let printed = home.run(&bench.latchkey, &[&args[..], more].concat(), "")?;
        serde_json::from_str::<Value>(&printed).with_context(|| printed.clone())
    };
    let app = add("native", &["--redirect", "http://127.0.0.1/cb", "--scope", SCOPE])?;
    let service = add("service", &["--scope", "orders:read"])?;
    let (app, service_id, secret) = (text(&app, "id")?, text(&service, "id")?, text(&service, "secret")?);
    let shown = format!("client_id={service_id}&client_secret={secret}");
    let devices = Devices { server: &server, people: &people, app };

    let itself = || Ok(vec![format!("Body: grant_type=client_credentials&{shown}")]);
    // Two for each connection: what is on its way when a load ends comes to no one.
    let refresh = || {
        let tokens = [devices.tokens("refresh_token")?, devices.tokens("refresh_token")?].concat();
        let line = |token| format!("Body: grant_type=refresh_token&client_id={app}&refresh_token={token}");
        Ok(tokens.into_iter().map(line).collect())
    };
    let introspect = || {
        let tokens = devices.tokens("access_token")?;
        Ok(tokens.into_iter().map(|token| format!("Body: {shown}&token={token}")).collect())
    };
    let call = || {
        let tokens = devices.tokens("access_token")?;
        Ok(tokens.into_iter().map(|token| format!("Authorization: Bearer {token}")).collect())
    };
    let targets = [
        Target::new(ITSELF, &server, TOKEN, Who::Programs(&itself)).header(FORM),
        Target::new(REFRESH, &server, TOKEN, Who::Programs(&refresh)).header(FORM),
        Target::new(INTROSPECT, &server, "/oauth/introspect", Who::Programs(&introspect)).header(FORM),
        Target::new(OF_PAGE, &server, ME, Who::Tokens(&people)),
        Target::new(OF_APPLICATION, &server, ME, Who::Programs(&call)),
    ];
    let measured = rounds::measure(&targets, bench.rounds, bench.seconds)?;
    let line = |what: &str, load| Ok::<_, anyhow::Error>(load_line(Row::Oauth, what, measured.of(load)?));
    Ok(vec![
        line("token endpoint: a service, for itself", ITSELF)?,
        line("token endpoint: a refresh token, each time the next one", REFRESH)?,
        line("introspection of an access token", INTROSPECT)?,
        beside(
            Row::Oauth,
            "token of an application ÷ access token of a page",
            measured.of(OF_APPLICATION)?,
            measured.of(OF_PAGE)?,
            Some(0.95),
        ),
    ])
}

/// A device of each person, which they let in (RFC 8628).
struct Devices<'a> {
    server: &'a Server,
    people: &'a People,
    app: &'a str,
}

impl Devices<'_> {
    /// A new one of this name for each.
    fn tokens(&self, name: &str) -> Result<Vec<String>> {
        let (client, cookies) = (self.server.client(), self.people.cookies()?);
        let people = self.people.tokens()?.into_iter().zip(cookies);
        people.map(|(token, cookie)| Ok(text(&self.let_in(&client, &token, &cookie)?, name)?.to_owned())).collect()
    }

    fn let_in(&self, client: &Client, token: &str, cookie: &str) -> Result<Value> {
        let asked = post(client, "/oauth/device_authorization", &[("client_id", self.app), ("scope", SCOPE)])?;
        let user = id_of(client, token)?;
        let fields = [("device", text(&asked, "user_code")?), ("user", &*user), ("decision", "allow")];
        let answer = client.post_form("/actions/allow_app", &fields, &[("cookie", cookie)])?;
        ensure!(answer.status == 200, "allow_app answers {}: {}", answer.status, answer.body);
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let code = text(&asked, "device_code")?;
        post(client, TOKEN, &[("grant_type", grant), ("device_code", code), ("client_id", self.app)])
    }
}

fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Result<Value> {
    let answer = client.post_form(path, fields, &[])?;
    ensure!(answer.status == 200, "{path} answers {}: {}", answer.status, answer.body);
    Ok(serde_json::from_str(&answer.body)?)
}

fn text<'a>(json: &'a Value, name: &str) -> Result<&'a str> {
    json[name].as_str().with_context(|| format!("no {name} in {json}"))
}
