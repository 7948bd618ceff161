//! People with accounts, made through the front door.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{
    client::{ACCESS, Client, DEVICE, SESSION},
    server::{Home, Server},
};

/// Nothing of a name or an address is in it.
const PASSWORD: &str = "seven quiet rivers at dawn";

/// A token lives for five minutes.
const RENEW_AFTER: Duration = Duration::from_secs(120);

/// Someone who is logged in.
pub struct Person {
    session: String,
}

impl Person {
    /// A new access token.
    pub fn token(&self, client: &Client) -> Result<String> {
        client.post_form("/api/v1/token", &[], &[("cookie", &format!("{SESSION}={}", self.session))])?.cookie(ACCESS)
    }
}

/// People of one server, with access tokens that are good.
pub struct People {
    client: Client,
    people: Vec<Person>,
    tokens: Mutex<Option<(Instant, Vec<String>)>>,
}

impl People {
    /// With enough of them no one waits for their own requests: a person's are answered a few at a time.
    pub fn sign_up(server: &Server, how_many: u32) -> Result<Self> {
        let client = server.client();
        let emails = (0..how_many).map(|number| format!("person-{number}@example.com"));
        let people = emails.map(|email| {
            sign_up(&client, &email)?;
            log_in(&client, &email)
        });
        Ok(Self { people: people.collect::<Result<_>>()?, client: client.clone(), tokens: Mutex::default() })
    }

    /// Administrators, made on the command line.
    pub fn administrators(home: &Home<'_>, latchkey: &Path, server: &Server, how_many: u32) -> Result<Self> {
        let client = server.client();
        let emails = (0..how_many).map(|number| format!("admin-{number}@example.com"));
        let people = emails.map(|email| {
            let create = ["admin", "create", "--email", &email, "--name", "Ada Admin"];
            home.run(latchkey, &create, &format!("{PASSWORD}\n"))?;
            log_in(&client, &email)
        });
        Ok(Self { people: people.collect::<Result<_>>()?, client: client.clone(), tokens: Mutex::default() })
    }

    /// What each of their browsers sends.
    pub fn cookies(&self) -> Result<Vec<String>> {
        let sessions = self.people.iter().map(|person| &person.session);
        Ok(sessions
            .zip(self.tokens()?)
            .map(|(session, token)| format!("{SESSION}={session}; {ACCESS}={token}"))
            .collect())
    }

    /// What a program sends that has nothing but the access token.
    pub fn access_cookies(&self) -> Result<Vec<String>> {
        Ok(self.tokens()?.iter().map(|token| format!("{ACCESS}={token}")).collect())
    }

    pub fn tokens(&self) -> Result<Vec<String>> {
        let mut kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, tokens)) = &*kept
            && made.elapsed() < RENEW_AFTER
        {
            return Ok(tokens.clone());
        }
        let tokens = self.people.iter().map(|person| person.token(&self.client)).collect::<Result<Vec<_>>>()?;
        *kept = Some((Instant::now(), tokens.clone()));
        Ok(tokens)
    }
}

pub fn sign_up(client: &Client, email: &str) -> Result<()> {
    sign_up_as(client, "Peer Person", email)
}

pub fn sign_up_as(client: &Client, name: &str, email: &str) -> Result<()> {
    let fields = [("name", name), ("email", email), ("password", PASSWORD)];
    let answer = client.post_form("/actions/sign_up", &fields, &[])?;
    ensure!(answer.status == 200, "sign-up answers {}: {}", answer.status, answer.body);
    Ok(())
}

/// From a new browser.
pub fn log_in(client: &Client, email: &str) -> Result<Person> {
    Browser::default().log_in(client, email)
}

/// A browser that someone logs in with again and again; new at first.
#[derive(Default)]
pub struct Browser {
    cookies: String,
}

impl Browser {
    /// In place of the session that it has.
    pub fn log_in(&mut self, client: &Client, email: &str) -> Result<Person> {
        let cookies: &[_] = if self.cookies.is_empty() { &[] } else { &[("cookie", &*self.cookies)] };
        let answer = client.post_form("/actions/log_in", &[("email", email), ("password", PASSWORD)], cookies)?;
        ensure!(answer.status == 200, "login answers {}: {}", answer.status, answer.body);
        let session = answer.cookie(SESSION)?;
        self.cookies = format!("{SESSION}={session}; {DEVICE}={}", answer.cookie(DEVICE)?);
        Ok(Person { session })
    }
}

/// The id of whose token it is.
pub fn id_of(client: &Client, token: &str) -> Result<String> {
    let me: serde_json::Value = serde_json::from_str(&client.call("/api/v1/me", token)?.body)?;
    me["id"].as_str().map(str::to_owned).context("/api/v1/me has no id")
}
