//! One request of a demo browser and its answer, side by side. Both sides; nothing of it goes to the browser as code.

use leptos::prelude::*;

use super::Exchange;

/// `by`: who sends it, in words: "Your demo browser", "A thief, on a device of their own".
///
/// Closed it is one line, which says who was answered what; `open` for the one that decides.
#[component]
pub fn Shown(exchange: Exchange, #[prop(into)] by: String, open: bool) -> impl IntoView {
    let (class, word) = verdict(exchange.status);
    view! {
        <details class="exchange" open=open>
            <summary>
                <span>{by}</span>
                <span class=class>{format!("{} {word}", exchange.status)}</span>
                <span class="muted">{milliseconds(exchange.microseconds)}</span>
            </summary>
            <div class="exchange-half">
                <p class="exchange-word">"Request"</p>
                <pre><code>{exchange.request.join("\n")}</code></pre>
            </div>
            <div class="exchange-half">
                <p class="exchange-word">"Response"</p>
                <pre><code>{exchange.answer.join("\n")}</code></pre>
            </div>
        </details>
    }
}

/// The class of the badge, and the word that says the same without colour.
fn verdict(status: u16) -> (&'static str, &'static str) {
    match status {
        200..300 => ("badge", "accepted"),
        300..400 => ("badge quiet", "redirected"),
        400..500 => ("badge warning", "refused"),
        _ => ("badge warning", "failed"),
    }
}

/// "0.4 ms", "12 ms": as exact as it means something.
pub fn milliseconds(microseconds: u64) -> String {
    match microseconds {
        0..10_000 => format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100),
        _ => format!("{} ms", microseconds / 1000),
    }
}
