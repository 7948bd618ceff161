//! How an experiment writes down what happened: from the answers, never from what they should have been. Server side.

use super::{Outcome, Step, Verdict};
use crate::{
    auth::tokens::ProblemAnswer,
    base::{error::AppError, state::Stopwatch},
    lab::{
        Exchange,
        browser::{Answer, Ask, Browser},
        exchange::milliseconds,
        world::Lab,
    },
};

/// An experiment under way.
pub struct Report<'a> {
    pub lab: &'a Lab,
    steps: Vec<Step>,
}

impl<'a> Report<'a> {
    pub fn new(lab: &'a Lab) -> Self {
        Self::after(lab, Vec::new())
    }

    /// Goes on where another part of the experiment ended.
    pub fn after(lab: &'a Lab, steps: Vec<Step>) -> Self {
        Self { lab, steps }
    }

    /// Sends a request and writes it down.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub async fn send(&mut self, browser: &mut Browser, by: &str, words: &str, ask: Ask) -> Result<Answer, AppError> {
        let (answer, exchange) = browser.send(self.lab, ask).await?;
        self.note(by, words, exchange);
        Ok(answer)
    }

    pub fn note(&mut self, by: &str, words: &str, exchange: Exchange) {
        self.steps.push(Step { by: by.into(), words: words.into(), exchange: Some(exchange), ..Step::default() });
    }

    /// Something that was done without a request.
    pub fn tell(&mut self, by: &str, words: String) {
        self.steps.push(Step { by: by.into(), words, ..Step::default() });
    }

    /// A token that is about to be sent, taken apart.
    pub fn show_token(&mut self, by: &str, words: &str, token: Vec<String>) {
        self.steps.push(Step { by: by.into(), words: words.into(), token, ..Step::default() });
    }

    /// `words` say what the defence did, where it held.
    pub fn end(self, verdict: Verdict, words: impl Into<String>) -> Outcome {
        let words = match verdict {
            Verdict::Held => words.into(),
            Verdict::Disturbed => self.disturbed(),
            Verdict::LetIn => self.bug(),
        };
        Outcome { ran_at: self.lab.state.clock.now_ms(), verdict, words, steps: self.steps }
    }

    fn disturbed(&self) -> String {
        format!(
            "Another experiment, in this or another tab, ended this session meanwhile. Try again. (The answers were {}.)",
            self.statuses()
        )
    }

    fn bug(&self) -> String {
        format!("It was let in. That is a bug: the answers were {}. Please report it, with this page.", self.statuses())
    }

    fn statuses(&self) -> String {
        let shown = self.steps.iter().filter_map(|step| step.exchange.as_ref());
        shown.map(|shown| shown.status.to_string()).collect::<Vec<_>>().join(", ")
    }
}

/// `let_in`: a request that must be refused was answered. `held`: every answer is the one that the defence gives.
pub fn verdict(let_in: bool, held: bool) -> Verdict {
    match (let_in, held) {
        (true, _) => Verdict::LetIn,
        (false, true) => Verdict::Held,
        (false, false) => Verdict::Disturbed,
    }
}

/// Answered with what was asked for.
pub fn is_let_in(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}

/// The code of a refusal, as the API names it.
pub fn code_of(answer: &Answer) -> String {
    serde_json::from_str::<ProblemAnswer>(&answer.body).unwrap_or_default().code
}

/// "401 token_invalid".
pub fn refusal(answer: &Answer) -> String {
    format!("{} {}", answer.status, code_of(answer))
}

/// Since `watch` was started, for a sentence.
pub fn after(watch: Stopwatch) -> String {
    milliseconds(watch.elapsed_us())
}
