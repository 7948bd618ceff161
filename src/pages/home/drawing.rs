//! The idea as a drawing with one real switch in it: a check box, so that it works without JavaScript. Server side.

use leptos::prelude::*;

/// One login leads to a session for the pages and to a token for the API; the switch cuts both. The style sheet moves
/// the blades.
#[component]
pub fn Idea() -> impl IntoView {
    view! {
        <figure class="idea">
            <svg
                viewBox="0 0 720 330"
                role="img"
                aria-label="One login leads to a session cookie for the pages and to an access token for the API; one switch cuts both."
                fill="none"
                stroke-width="3"
                stroke-linecap="round"
                stroke-linejoin="round"
            >
                // from the login, two ways
                <path class="latch" d="M150 150c44 0 20-76 62-76M408 74h62" />
                <path class="key" d="M150 180c44 0 20 76 62 76M408 256h62" />
                <path class="latch flow" d="M150 150c44 0 20-76 62-76M408 74h62" />
                <path class="key flow" d="M150 180c44 0 20 76 62 76M408 256h62" />
                <rect class="ink box" x="14" y="122" width="136" height="86" rx="14" />
                <text class="ink" x="82" y="174" text-anchor="middle">"Log in"</text>
                // the latch: a door
                <g class="latch">
                    <rect class="box" x="212" y="32" width="196" height="84" rx="14" />
                    <path d="M234 94V54h27v40zM254 72v7" />
                </g>
                <text class="latch" x="276" y="84">"Session"</text>
                // the key
                <g class="key">
                    <rect class="box" x="212" y="214" width="196" height="84" rx="14" />
                    <circle cx="241" cy="256" r="9" />
                    <path d="M250 256h20m-3 0v8m-8-8v6" />
                </g>
                <text class="key" x="286" y="266">"Token"</text>
                // the switch: two blades on one bar
                <path class="bar" d="M498 82v166" />
                <g class="latch blade"><path d="M470 74h56" /></g>
                <g class="key blade"><path d="M470 256h56" /></g>
                <circle class="latch box" cx="470" cy="74" r="6" />
                <circle class="key box" cx="470" cy="256" r="6" />
                // what they open
                <path class="latch beyond" d="M532 74h46" />
                <path class="key beyond" d="M532 256h46" />
                <path class="latch beyond flow" d="M532 74h46" />
                <path class="key beyond flow" d="M532 256h46" />
                <circle class="latch box beyond" cx="526" cy="74" r="6" />
                <circle class="key box beyond" cx="526" cy="256" r="6" />
                <rect class="latch box beyond" x="578" y="32" width="128" height="84" rx="14" />
                <rect class="key box beyond" x="578" y="214" width="128" height="84" rx="14" />
                <text class="latch beyond" x="642" y="84" text-anchor="middle">"Pages"</text>
                <text class="key beyond" x="642" y="266" text-anchor="middle">"API"</text>
            </svg>
            <figcaption>
                <label class="switch">
                    <input type="checkbox" role="switch" autocomplete="off" />
                    <span>"Force logout"</span>
                </label>
                <span class="on">"Both requests succeed."</span>
                <span class="off">"Both are refused at once."</span>
            </figcaption>
        </figure>
    }
}
