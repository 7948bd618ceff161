//! A word in passing, at the edge of the page: what a button without a page of its own has done. Both sides; runs in the
//! browser.

use std::time::Duration;

use crate::base::browser::{after, document};

/// Long enough to be read twice.
const SHOWN: Duration = Duration::from_secs(5);

/// Shows `words` for a while, in place of the ones before, and has them read out.
pub fn toast(words: &str) {
    let Some(place) = document().get_element_by_id("toasts") else { return };
    let Ok(shown) = document().create_element("p") else { return };
    shown.set_text_content(Some(words));
    place.replace_children_with_node_1(&shown);
    after(SHOWN, move || shown.remove());
}
