//! Asks the server how strong a password is while it is typed: not before a pause, and never twice at a time. Both
//! sides; runs in the browser.

use std::{cell::RefCell, rc::Rc, time::Duration};

use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal, Element, HtmlInputElement, UrlSearchParams};

use super::{
    answer::{mark, take_off_list},
    ask, target,
};
use crate::{
    base::browser::{Timer, after, document, from_json, hear, member},
    passwords::{Judgement, STRENGTH_PATH},
    ui::{input_value, set_attribute},
};

/// Who pauses for so long wants to know; who types on does not.
const PAUSE: Duration = Duration::from_millis(400);

/// The question about the password that is being typed.
#[derive(Default)]
struct Question {
    pause: Option<Timer>,
    asked: Option<AbortController>,
}

/// For as long as the page lives.
pub fn listen() {
    let question = Rc::new(RefCell::new(Question::default()));
    let same = Rc::clone(&question);
    hear("input", move |event| {
        let Some(input) = target::<HtmlInputElement>(&event) else { return };
        if let Ok(Some(around)) = input.closest(".new-password") {
            typed(&question, input, around);
        }
    });
    // The answer to a form says what is wrong with the password; who types on hears of what is there then.
    hear("submit", move |_| {
        take_back(&same);
        if let Ok(Some(meter)) = document().query_selector(".strength") {
            show_strength(&meter, None);
        }
    });
}

fn typed(question: &Rc<RefCell<Question>>, input: HtmlInputElement, around: Element) {
    take_back(question);
    if input.value().is_empty() {
        return show(&input, &around, None);
    }
    let same = Rc::clone(question);
    let ask = move || {
        let Ok(controller) = AbortController::new() else { return };
        let signal = controller.signal();
        same.borrow_mut().asked = Some(controller);
        spawn_local(async move {
            let answer = ask(&input, &around, &signal).await;
            if !signal.aborted() {
                show(&input, &around, answer.as_ref());
            }
        });
    };
    question.borrow_mut().pause = Some(after(PAUSE, ask));
}

fn take_back(question: &RefCell<Question>) {
    let Question { pause, asked } = question.take();
    if let Some(pause) = pause {
        pause.take_back();
    }
    if let Some(asked) = asked {
        asked.abort();
    }
}

/// Whatever goes wrong, it is no reason to disturb someone who is choosing a password.
async fn ask(input: &HtmlInputElement, around: &Element, signal: &AbortSignal) -> Option<Judgement> {
    let fields = UrlSearchParams::new().ok()?;
    fields.append("password", &input.value());
    for (name, stands_in) in [("email", "data-email"), ("name", "data-person")] {
        fields.append(name, &input_value(name).or(around.get_attribute(stands_in)).unwrap_or_default());
    }
    let response = ask::post(STRENGTH_PATH, "application/json", &fields, Some(signal)).await?;
    let judgement = from_json(&ask::text(&response).await);
    Some(Judgement {
        step: member(&judgement, "step").as_f64()? as u8,
        word: member(&judgement, "word").as_string()?,
        advice: member(&judgement, "advice").as_string(),
    })
}

fn show(input: &HtmlInputElement, around: &Element, answer: Option<&Judgement>) {
    if let Ok(Some(meter)) = around.query_selector(".strength") {
        show_strength(&meter, answer);
    }
    // What a refused form has said stays until there is something newer.
    if answer.is_none() && input.has_attribute("aria-invalid") {
        return;
    }
    if answer.is_some_and(|answer| answer.advice.is_none()) {
        take_off_list(&input.id());
    }
    mark(input, false, answer.and_then(|answer| answer.advice.as_deref()));
}

fn show_strength(meter: &Element, answer: Option<&Judgement>) {
    let step = answer.map(|answer| answer.step.to_string());
    set_attribute(meter, "data-step", step.as_deref());
    let Some(word) = meter.last_element_child() else { return };
    word.set_inner_html("");
    if let (Some(answer), Ok(hidden)) = (answer, document().create_element("span")) {
        hidden.set_class_name("visually-hidden");
        hidden.set_text_content(Some("Strength: "));
        let _ = word.append_with_node_1(&hidden);
        let _ = word.append_with_str_1(&answer.word);
    }
}
