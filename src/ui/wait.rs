//! Waiting until another try is worth it. Both sides; without JavaScript there is the sentence alone.

use std::time::Duration;

use leptos::prelude::*;

use crate::error::AppError;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    #[default]
    Nothing,
    /// So many seconds more.
    Seconds(u32),
    /// It is over, and nobody has tried again yet.
    Over,
}

const TICK: Duration = Duration::from_millis(250);

/// Counts down the wait that an error asks for. Only its beginning and its end are worth saying aloud.
pub fn wait_of(error: Signal<Option<AppError>>) -> Signal<Wait> {
    let (wait, end) = (RwSignal::new(Wait::Nothing), StoredValue::new(0.0));
    Effect::new(move |_| {
        let Some(AppError::TooManyTries { seconds }) = error.get() else {
            end.set_value(0.0);
            wait.set(Wait::Nothing);
            return;
        };
        end.set_value(js_sys::Date::now() + f64::from(seconds) * 1000.0);
        tick(wait, end, end.get_value());
    });
    wait.into()
}

/// By the clock, not by counting: a browser lets timers of a tab in the background sleep.
fn tick(wait: RwSignal<Wait>, end: StoredValue<f64>, own_end: f64) {
    // The form may have been sent again, or be gone.
    if end.try_get_value() != Some(own_end) {
        return;
    }
    let left = ((own_end - js_sys::Date::now()) / 1000.0).ceil();
    if left < 1.0 {
        wait.set(Wait::Over);
        return;
    }
    let seconds = Wait::Seconds(left as u32);
    if wait.get_untracked() != seconds {
        wait.set(seconds);
    }
    set_timeout(move || tick(wait, end, own_end), TICK);
}
