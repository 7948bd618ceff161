//! Says that the session of the page is over: in a dialog, and in a notice at the top once someone stays. Both sides; runs
//! in the browser.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{DocumentFragment, HtmlDialogElement};

use super::molds;
use crate::{
    auth::{revocations::EndReason, sessions::Ended},
    base::browser::document,
    ui::{
        elements, focus, set_attribute,
        when::{datetime, moment},
    },
    web::session::client,
};

/// On the pages of someone who is logged in, for as long as the page lives.
pub fn begin() {
    let dialog = document().get_element_by_id("session-watch").and_then(|found| found.dyn_into().ok());
    let Some(dialog): Option<HtmlDialogElement> = dialog else { return };
    let said = |name: &str| dialog.get_attribute(name).unwrap_or_default();
    let (user_id, sid) = (said("data-user"), said("data-sid"));
    let ended = Rc::new(Cell::new(None));
    let same = Rc::clone(&ended);
    let place = dialog.clone();
    let close = Closure::<dyn FnMut()>::new(move || {
        if let Some(ended) = same.get() {
            say_that_nothing_is_saved(&place, ended);
        }
    });
    let _ = dialog.add_event_listener_with_callback("close", close.into_js_value().unchecked_ref());
    client::listen(user_id, sid, move |news| {
        ended.set(news);
        unsay(&dialog);
        match news {
            Some(news) => say(&dialog, news),
            None => dialog.close(),
        }
    });
}

/// Nothing of an end before this one stays.
fn unsay(dialog: &HtmlDialogElement) {
    if let Some(notice) = dialog.next_element_sibling().filter(|next| next.matches(".notice").unwrap_or(false)) {
        notice.remove();
    }
}

fn say(dialog: &HtmlDialogElement, ended: Ended) {
    let Some(words) = molds::cast("mold-ended") else { return };
    molds::write(&words, "h2", ended.reason.sentence());
    if let Some(time) = molds::part(&words, "time") {
        set_attribute(&time, "datetime", Some(&datetime(ended.at)));
        time.set_text_content(Some(&moment(ended.at)));
    }
    keep_after(&words, ".after-not-me", ended.reason == EndReason::NotMe);
    lead_on(&words, ended.reason, "Log in");
    dialog.replace_children_with_node_1(&words);
    close_with_button(dialog);
    if dialog.show_modal().is_ok() {
        // Not a button: whoever is typing would press it before they have seen it.
        focus("ended-why");
    }
}

fn close_with_button(dialog: &HtmlDialogElement) {
    let same = dialog.clone();
    let stay = Closure::<dyn FnMut()>::new(move || same.close()).into_js_value();
    for button in elements(dialog, "button") {
        let _ = button.add_event_listener_with_callback("click", stay.unchecked_ref());
    }
}

/// Stays at the top of the page.
fn say_that_nothing_is_saved(dialog: &HtmlDialogElement, ended: Ended) {
    let Some(notice) = molds::cast("mold-nothing-is-saved") else { return };
    let until = if ended.reason == EndReason::Disabled { "." } else { " until you log in again." };
    let words = ended.reason.sentence().to_owned() + " You can't save changes" + until;
    molds::write(&notice, ".notice-words > p", &words);
    lead_on(&notice, ended.reason, "Log in in a new tab");
    let _ = dialog.after_with_node_1(&notice);
}

/// What is said after one end only.
fn keep_after(words: &DocumentFragment, selector: &str, it_was: bool) {
    if let Some(part) = molds::part(words, selector).filter(|_| !it_was) {
        part.remove();
    }
}

/// What helps: not everyone can log in with what they have, and who is disabled is told whom to ask.
fn lead_on(words: &DocumentFragment, reason: EndReason, log_in: &str) {
    keep_after(words, ".after-disabled", reason == EndReason::Disabled);
    let Some(link) = molds::part(words, "a.button") else { return };
    let (label, href) = match reason {
        EndReason::Disabled => return link.remove(),
        EndReason::NotMe => ("Choose a new password", "/forgot".to_owned()),
        _ => (log_in, client::log_in_and_back()),
    };
    set_attribute(&link, "href", Some(&href));
    link.set_text_content(Some(label));
}
