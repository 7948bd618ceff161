//! Plays an experiment, and judges it by its answers, never by what they should have been. Server side.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::{
    Act, Expect, Line, Outcome, Script, Step, Token, Verdict, Who,
    forge::{Torn, tear},
};
use crate::{
    auth::{sessions::Receipt, tokens::verify::verify},
    base::{error::AppError, state::Stopwatch},
    lab::{
        Exchange,
        browser::{Answer, Ask, Browser},
        section::{filled, milliseconds},
        visit::Visit,
        world::Lab,
    },
};

#[derive(Serialize, Deserialize)]
pub struct Players {
    pub owner: Browser,
    pub thief: Browser,
}

struct Play<'a> {
    lab: &'a Lab,
    visit: &'a Visit,
    players: &'a mut Players,
    steps: Vec<Step>,
    /// In words, as "401 token_invalid", and when it came, in microseconds on `watch`.
    answers: Vec<(String, u64)>,
    /// What the administrator was told, or what the textbook found.
    aside: String,
    first: Option<String>,
    /// Of the newest answer.
    body: String,
    watch: Stopwatch,
    /// Whatever an attack needs to be one is there.
    is_ready: bool,
    verdict: Verdict,
    point: Option<usize>,
}

/// `steps`: of the act before, where there was one.
pub async fn play(
    lab: &Lab,
    visit: &Visit,
    script: &Script,
    players: &mut Players,
    steps: Vec<Step>,
) -> Result<Outcome, AppError> {
    let (answers, aside, first, body, watch) = (Vec::new(), String::new(), None, String::new(), Stopwatch::start());
    let (is_ready, verdict, point) = (true, Verdict::Held, None);
    let mut play = Play { lab, visit, players, steps, answers, aside, first, body, watch, is_ready, verdict, point };
    for line in script.lines {
        if play.step(line).await?.is_none() {
            play.verdict = play.verdict.max(Verdict::Disturbed);
            break;
        }
    }
    let words = words(play.verdict, &play.steps, || filled(script.words, |name| play.value(name)));
    Ok(Outcome { ran_at: lab.now_ms(), verdict: play.verdict, words, steps: play.steps, point: play.point })
}

/// `held`: what the defence did.
pub fn words(verdict: Verdict, steps: &[Step], held: impl Fn() -> String) -> String {
    let shown = steps.iter().filter_map(|step| step.exchange.as_ref());
    let statuses = shown.map(|shown| shown.status.to_string()).collect::<Vec<_>>().join(", ");
    match verdict {
        Verdict::Held => held(),
        Verdict::Disturbed => format!(
            "Another experiment, in this or another tab, ended this session meanwhile. Try again. (The responses were {statuses}.)"
        ),
        Verdict::LetIn => {
            format!("It was let in. That is a bug: the responses were {statuses}. Please report it, with this page.")
        }
    }
}

impl Play<'_> {
    /// `None`: there is no token to go on with.
    async fn step(&mut self, line: &Line) -> Result<Option<()>, AppError> {
        let Line { by, act, words, .. } = *line;
        let mut step = Step { by: by.into_str().into(), words: words.into(), ..Step::default() };
        match act {
            Act::Say => {}
            Act::LogIn => self.players.owner.log_in(self.lab).await?,
            Act::Steal => self.players.thief = self.players.owner.stolen(),
            Act::Show(token) => {
                let Some(torn) = self.token(token).await? else { return Ok(None) };
                step.token = Some(torn.shown());
            }
            Act::Verify(token) => {
                let Some(torn) = self.token(token).await? else { return Ok(None) };
                self.aside = self.textbook(&torn.token());
                step.words = format!("{words}: {}.", self.aside);
            }
            act => {
                let Some(ask) = self.ask(act).await? else { return Ok(None) };
                step.exchange = Some(self.send(line, &ask).await?);
            }
        }
        self.steps.push(step);
        Ok(Some(()))
    }

    async fn send(&mut self, line: &Line, ask: &Ask) -> Result<Exchange, AppError> {
        let mut other = match line.by {
            Who::Administrator => self.lab.administrator().await?,
            // What they are answered changes nothing in the owner's browser.
            _ => self.players.owner.clone(),
        };
        let browser = match line.by {
            Who::Owner => &mut self.players.owner,
            Who::Thief => &mut self.players.thief,
            _ => &mut other,
        };
        let answer = browser.ask(self.lab, ask).await?;
        let exchange = browser.show(self.lab, ask, &answer);
        browser.keep(&answer);
        if matches!(line.act, Act::Renew | Act::RenewEarlier) && self.first.is_none() {
            self.first = browser.token(self.lab).map(str::to_owned);
        }
        let words = format!("{} {}", answer.status, answer.code());
        self.answers.push((words.trim_end().to_owned(), self.watch.elapsed_us()));
        if let (Act::ForceLogout, Ok(receipt)) = (line.act, serde_json::from_str::<Receipt>(&answer.body)) {
            self.aside = format!("The receipt: {}", receipt.words());
        }
        self.judge(line.expect, &answer);
        self.body = answer.body;
        Ok(exchange)
    }

    async fn ask(&self, act: Act) -> Result<Option<Ask>, AppError> {
        let user = ("user", &*self.visit.user_id);
        Ok(Some(match act {
            Act::RenewEarlier => Ask { earlier: true, ..Ask::renewal() },
            Act::Open(path) => Ask::page(path),
            Act::Confirm => Ask::action("confirm", &[("password", &self.lab.password)]),
            Act::LogOut => Ask::action("log_out", &[]),
            Act::LogOutElsewhere(says_so) => {
                let ask = Ask { accept: "text/html", ..Ask::action("log_out", &[]) };
                let ask = ask.with("origin", "https://evil.example");
                if says_so { ask.with("sec-fetch-site", "cross-site") } else { ask.without("sec-fetch-site") }
            }
            Act::ForceLogout => Ask::action("force_logout", &[user, ("reason", "a laptop was stolen")]),
            Act::ChangeRole(role) => {
                Ask::action("change_role", &[user, ("role", role), ("reason", "an experiment in the Lab")])
            }
            Act::PublicKeys => Ask { cookies: false, ..Ask::api(Method::GET, "/.well-known/jwks.json") },
            Act::Send(token) => return Ok(self.token(token).await?.map(|torn| Ask::bearer(&torn.token()))),
            _ => Ask::renewal(),
        }))
    }

    async fn token(&self, token: Token) -> Result<Option<Torn>, AppError> {
        let newest = self.players.owner.token(self.lab);
        let source = if token == Token::Newest { newest } else { self.first.as_deref() };
        let Some(torn) = source.and_then(tear) else { return Ok(None) };
        Ok(match token {
            Token::First | Token::Newest => Some(torn),
            Token::OtherRole => torn.with_claim("role", "admin"),
            Token::Unsigned => torn.with_header("alg", "none").map(Torn::without_signature),
            Token::OtherKey => {
                // Of the same algorithm; no verifier knows it.
                let algorithm = torn.header("alg").and_then(|word| word.parse().ok());
                let keys = self.lab.samples.keys().await?;
                let key = keys.iter().find(|key| Some(key.algorithm) == algorithm);
                Some(key.and_then(|key| torn.signed_with_key(key)).ok_or_else(AppError::internal)?)
            }
            Token::PublicKeyAsSecret => key_of(&self.body, &torn)
                .zip(torn.with_header("alg", "HS256"))
                .map(|(public, forged)| forged.signed_with_public_key(&public)),
        })
    }

    fn textbook(&self, token: &str) -> String {
        match verify(&self.lab.state, &self.lab.keys, token) {
            Ok(verified) => format!("the role “{}”", verified.claims.role.into_str()),
            Err(refusal) => format!("nothing ({refusal:?})"),
        }
    }

    fn judge(&mut self, expect: Expect, answer: &Answer) {
        let (status, word, must_be_refused) = match expect {
            Expect::Any => return,
            Expect::Is(status, word) => (status, word, false),
            Expect::Needs(status) => (status, "", false),
            Expect::Refused(status, word) => (status, word, true),
        };
        let is_as_expected =
            answer.status == status && (answer.body.contains(word) || answer.header("location").starts_with(word));
        if let Expect::Needs(_) = expect {
            self.is_ready &= is_as_expected;
        }
        // A form that comes through is led to a page. Where a page refuses, that is how it does.
        let is_let_in = answer.status < if status < 400 { 300 } else { 400 };
        let verdict = match is_as_expected {
            true => Verdict::Held,
            false if must_be_refused && self.is_ready && is_let_in => Verdict::LetIn,
            false => Verdict::Disturbed,
        };
        if verdict >= self.verdict && (must_be_refused || verdict > Verdict::Held) {
            (self.verdict, self.point) = (verdict, Some(self.steps.len()));
        }
    }

    /// What a name in the words of the script stands for.
    fn value(&self, name: &str) -> String {
        let answer = |at: &str| self.answers.get(at.parse::<usize>().ok()?);
        if let Some((from, to)) = name.split_once('-') {
            let at_us = |at: &str| answer(at).map_or(0, |(_, at_us)| *at_us);
            return milliseconds(at_us(to).saturating_sub(at_us(from)));
        }
        if name == "secure" {
            let has_neither = self.lab.state.config.insecure_cookies;
            return if has_neither { "" } else { ", __Host- and Secure keep it from other sites and networks" }.into();
        }
        answer(name).map_or_else(|| self.aside.clone(), |(words, _)| words.clone())
    }
}

fn key_of(document: &str, torn: &Torn) -> Option<String> {
    let (kid, document) = (torn.header("kid")?, serde_json::from_str::<serde_json::Value>(document).ok()?);
    document["keys"].as_array()?.iter().find(|key| key["kid"] == kid.as_str()).map(ToString::to_string)
}
