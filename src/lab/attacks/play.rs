//! Plays an experiment, and judges it by its answers, never by what they should have been. Server side.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use super::{
    Act, Answered, Expect, Line, Outcome, Script, Step, Token, Told, Verdict, Who,
    forge::{Torn, tear},
};
use crate::{
    auth::{sessions::Receipt, tokens::verify::verify},
    base::{error::AppError, state::Stopwatch},
    lab::{
        Exchange,
        browser::{Answer, Ask, Browser},
        visit::Visit,
        world::Lab,
    },
    web::token::ProblemAnswer,
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
    told: Told,
    first: Option<String>,
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
    let (told, first, body, watch) = (Told::default(), None, String::new(), Stopwatch::start());
    let (is_ready, verdict, point) = (true, Verdict::Held, None);
    let mut play = Play { lab, visit, players, steps, told, first, body, watch, is_ready, verdict, point };
    for line in script.lines {
        if play.step(line).await?.is_none() {
            play.verdict = if play.verdict == Verdict::LetIn { Verdict::LetIn } else { Verdict::Disturbed };
            break;
        }
    }
    let words = if play.verdict == Verdict::Held { play.told.fill(script.words) } else { String::new() };
    Ok(Outcome { point: play.point, ..outcome(lab, play.verdict, words, play.steps) })
}

/// `words` say what the defence did, where it held.
pub fn outcome(lab: &Lab, verdict: Verdict, words: String, steps: Vec<Step>) -> Outcome {
    let shown = steps.iter().filter_map(|step| step.exchange.as_ref());
    let statuses = shown.map(|shown| shown.status.to_string()).collect::<Vec<_>>().join(", ");
    let words = match verdict {
        Verdict::Held => words,
        Verdict::Disturbed => format!(
            "Another experiment, in this or another tab, ended this session meanwhile. Try again. (The responses were {statuses}.)"
        ),
        Verdict::LetIn => {
            format!("It was let in. That is a bug: the responses were {statuses}. Please report it, with this page.")
        }
    };
    Outcome { ran_at: lab.state.clock.now_ms(), verdict, words, steps, point: None }
}

impl Play<'_> {
    /// `None`: there is no token to go on with.
    async fn step(&mut self, line: &Line) -> Result<Option<()>, AppError> {
        let Line { by, act, words, .. } = *line;
        let mut step = Step { by: by.title().into(), words: words.into(), ..Step::default() };
        match act {
            Act::Say => {}
            Act::LogIn => self.players.owner.log_in(self.lab, &self.visit.email(self.lab).await?).await?,
            Act::Steal => self.players.thief = self.players.owner.stolen(),
            Act::Show(token) => {
                let Some((_, shown)) = self.token(token).await? else { return Ok(None) };
                step.token = shown;
            }
            Act::Verify(token) => {
                let Some((token, _)) = self.token(token).await? else { return Ok(None) };
                self.told.aside = self.textbook(&token);
                step.words = format!("{words}: {}.", self.told.aside);
            }
            act => {
                let Some(ask) = self.ask(act).await? else { return Ok(None) };
                step.exchange = Some(self.send(line, ask).await?);
            }
        }
        self.steps.push(step);
        Ok(Some(()))
    }

    async fn send(&mut self, line: &Line, ask: Ask) -> Result<Exchange, AppError> {
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
        let (answer, exchange) = browser.send(self.lab, ask).await?;
        if matches!(line.act, Act::Renew | Act::RenewEarlier) && self.first.is_none() {
            self.first = browser.token(self.lab).map(str::to_owned);
        }
        self.hear(line.act, &answer);
        self.judge(line.expect, &answer);
        self.body = answer.body;
        Ok(exchange)
    }

    async fn ask(&self, act: Act) -> Result<Option<Ask>, AppError> {
        let log_out = || Ask::action("log_out", &[]);
        Ok(Some(match act {
            Act::RenewEarlier => Ask { earlier: true, ..Ask::renewal() },
            Act::Open(path) => Ask::page(path),
            Act::Confirm => Ask::action("confirm", &[("password", &self.lab.password)]),
            Act::LogOut => log_out(),
            Act::LogOutElsewhere(says_so) => {
                let ask = Ask { accept: "text/html", ..log_out() }.with("origin", "https://evil.example");
                if says_so { ask.with("sec-fetch-site", "cross-site") } else { ask.without("sec-fetch-site") }
            }
            Act::ForceLogout => {
                Ask::action("force_logout", &[("user", &*self.visit.user_id), ("reason", "a laptop was stolen")])
            }
            Act::ChangeRole(role) => {
                let fields = [("user", &*self.visit.user_id), ("role", role), ("reason", "an experiment in the Lab")];
                Ask::action("change_role", &fields)
            }
            Act::PublicKeys => Ask { cookies: false, ..Ask::api(Method::GET, "/.well-known/jwks.json") },
            Act::Send(token) => {
                let Some((token, _)) = self.token(token).await? else { return Ok(None) };
                Ask::bearer(Method::GET, "/api/v1/me", &token)
            }
            _ => Ask::renewal(),
        }))
    }

    async fn token(&self, token: Token) -> Result<Option<(String, Vec<String>)>, AppError> {
        if token == Token::Newest {
            return Ok(self.players.owner.token(self.lab).map(|token| (token.to_owned(), Vec::new())));
        }
        let Some(torn) = self.first.as_deref().and_then(tear) else { return Ok(None) };
        Ok(match token {
            Token::First | Token::Newest => Some((torn.with_old_signature(), torn.shown(&torn.signature_start()))),
            Token::OtherRole => {
                let forged = torn.with_claim("role", "admin");
                forged.map(|forged| (forged.with_old_signature(), forged.shown(&forged.signature_start())))
            }
            Token::Unsigned => {
                let forged = torn.with_header("alg", "none");
                forged.map(|forged| (forged.without_signature(), forged.shown("(empty)")))
            }
            Token::OtherKey => Some((self.signed_by_another(&torn).await?, torn.shown("(valid, by another key)"))),
            Token::PublicKeyAsSecret => {
                key_of(&self.body, &torn).zip(torn.with_header("alg", "HS256")).map(|(public, forged)| {
                    (forged.signed_with_text(&public), forged.shown("(HMAC with the text of our public key)"))
                })
            }
        })
    }

    /// By a key of the same algorithm that no verifier knows.
    async fn signed_by_another(&self, torn: &Torn) -> Result<String, AppError> {
        let algorithm = torn.header("alg").and_then(|word| word.parse().ok());
        let keys = self.lab.samples.keys().await?;
        let key = keys.iter().find(|key| Some(key.algorithm) == algorithm);
        key.and_then(|key| torn.signed_with_key(key)).ok_or_else(AppError::internal)
    }

    fn textbook(&self, token: &str) -> String {
        match verify(&self.lab.state, &self.lab.keys, token) {
            Ok(verified) => format!("the role “{}”", verified.claims.role.into_str()),
            Err(refusal) => format!("nothing ({refusal:?})"),
        }
    }

    fn hear(&mut self, act: Act, answer: &Answer) {
        let code = serde_json::from_str::<ProblemAnswer>(&answer.body).unwrap_or_default().code;
        self.told.answers.push(Answered { status: answer.status, code, at_us: self.watch.elapsed_us() });
        if let (Act::ForceLogout, Ok(receipt)) = (act, serde_json::from_str::<Receipt>(&answer.body)) {
            self.told.aside = format!("The receipt: {}", receipt.words());
        }
    }

    fn judge(&mut self, expect: Expect, answer: &Answer) {
        let is = |status: u16, word: &str| {
            answer.status == status && (answer.body.contains(word) || answer.header("location").starts_with(word))
        };
        let (is_as_expected, must_be_refused) = match expect {
            Expect::Any => return,
            Expect::Is(status, word) => (is(status, word), false),
            Expect::Needs(status) => (is(status, ""), false),
            Expect::Refused(status, word) => (is(status, word), true),
        };
        if let Expect::Needs(_) = expect {
            self.is_ready &= is_as_expected;
        }
        // A form that comes through is led to a page. Where a page refuses, that is how it does.
        let led_on = matches!(expect, Expect::Refused(400.., _)) && answer.status < 400;
        let verdict = match is_as_expected {
            true => Verdict::Held,
            false if must_be_refused && self.is_ready && (answer.status < 300 || led_on) => Verdict::LetIn,
            false => Verdict::Disturbed,
        };
        if verdict >= self.verdict && (must_be_refused || verdict > Verdict::Held) {
            (self.verdict, self.point) = (verdict, Some(self.steps.len()));
        }
    }
}

fn key_of(document: &str, torn: &Torn) -> Option<String> {
    let (kid, document) = (torn.header("kid")?, serde_json::from_str::<serde_json::Value>(document).ok()?);
    document["keys"].as_array()?.iter().find(|key| key["kid"] == kid.as_str()).map(ToString::to_string)
}
