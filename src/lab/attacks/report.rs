//! How an experiment writes down what happened: from the answers, never from what they should have been. Server side.

use super::{Outcome, Step};
use crate::{
    error::AppError,
    lab::{
        Exchange,
        browser::{Answer, Ask, Browser},
        exchange::milliseconds,
        world::Lab,
    },
    state::Stopwatch,
    tokens::ProblemAnswer,
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

    /// `held`: the defence did what it should; `words` say what it did then.
    pub fn end(self, held: bool, words: impl Into<String>) -> Outcome {
        let words = if held { words.into() } else { self.bug() };
        Outcome { ran_at: self.lab.state.clock.now_ms(), held, words, steps: self.steps }
    }

    fn bug(&self) -> String {
        let statuses =
            self.steps.iter().filter_map(|step| step.exchange.as_ref()).map(|shown| shown.status.to_string());
        let statuses = statuses.collect::<Vec<_>>().join(", ");
        format!("It was let in. That is a bug: the answers were {statuses}. Please report it, with this page.")
    }
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
