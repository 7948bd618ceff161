//! Hear from the browser that the session is over. Of all tabs with the same session one holds the stream and passes
//! on what it hears: a browser has only six connections to a site of HTTP/1.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AbortController, BroadcastChannel, EventSource, MessageEvent, PageTransitionEvent};

use crate::{
    auth::sessions::Ended,
    base::browser::{after, document, from_json, hear, member, window},
};

/// The answer to a form may be on its way: a tab that is about to show another page says nothing on this one.
const SETTLE: Duration = Duration::from_millis(300);

/// A tab that wanted to leave and is still here after this has stayed.
const LEAVING: Duration = Duration::from_secs(5);

/// The server refused the stream: it is asked again after this and up to twice as long, or all pages come at once.
const REFUSED_MS: f64 = 30_000.0;

/// Calls `hear` when the session is over, and with `None` when a session of the same user has begun in this browser
/// since, so that the page works again.
pub fn listen(user_id: String, sid: String, hear: impl Fn(Option<Ended>) + 'static) {
    let hear = Box::new(hear);
    let (ended, leaving, turn) = (Cell::default(), Cell::default(), RefCell::default());
    let listener = Rc::new(Listener { user_id, sid: RefCell::new(sid), hear, ended, leaving, turn });
    listener.begin();
    listener.announce();
    listener.follow_the_page();
}

/// The address of the login page that leads back here.
pub fn log_in_and_back() -> String {
    let location = window().location();
    let here = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    format!("/login?next={}", js_sys::encode_uri_component(&here))
}

/// On the document while its session is over.
const OVER: &str = "data-session-over";

/// Whether this page knows that its session is over, with all its tokens.
pub fn session_is_over() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute(OVER))
}

fn mark_document(is_over: bool) {
    if let Some(root) = document().document_element() {
        let _ = if is_over { root.set_attribute(OVER, "") } else { root.remove_attribute(OVER) };
    }
}

struct Listener {
    user_id: String,
    sid: RefCell<String>,
    hear: Box<dyn Fn(Option<Ended>)>,
    ended: Cell<bool>,
    /// The tab has begun to load another document.
    leaving: Cell<bool>,
    /// While the page is shown; nothing while it lies in the back/forward cache, which takes no open connections.
    turn: RefCell<Option<Turn>>,
}

/// All that is open in the browser for one listener.
struct Turn {
    /// Between the tabs with this session.
    channel: Option<BroadcastChannel>,
    /// Between the tabs with this user, whatever their session.
    arrivals: Option<BroadcastChannel>,
    source: Option<EventSource>,
    /// Takes back the wish for the lock.
    abort: Option<AbortController>,
    /// Gives the lock to the next tab.
    release: Option<Function>,
}

impl Listener {
    fn begin(self: &Rc<Self>) {
        let name = format!("latchkey-session-{}", self.sid.borrow());
        let this = Rc::clone(self);
        let channel = open_channel(&name, move |text| this.session_ended(&text));
        let this = Rc::clone(self);
        let arrivals = open_channel(&format!("latchkey-user-{}", self.user_id), move |sid| this.session_began(sid));
        let alone = channel.is_none();
        let abort = AbortController::new().ok();
        let signal = abort.as_ref().map(AbortController::signal).into();
        *self.turn.borrow_mut() = Some(Turn { channel, arrivals, source: None, abort, release: None });
        if alone || self.wait_for_lock(&name, &signal).is_err() {
            self.open();
        }
    }

    /// Tells the other tabs that there is a session of this user.
    fn announce(&self) {
        if let Some(Turn { arrivals: Some(arrivals), .. }) = &*self.turn.borrow() {
            let _ = arrivals.post_message(&JsValue::from(&*self.sid.borrow()));
        }
    }

    fn end(&self) {
        self.release_lock();
        let Some(turn) = self.turn.take() else { return };
        for channel in [turn.channel, turn.arrivals].into_iter().flatten() {
            channel.close();
        }
        if let Some(source) = turn.source {
            source.close();
        }
        if let Some(abort) = turn.abort {
            abort.abort();
        }
    }

    fn release_lock(&self) {
        let release = self.turn.borrow_mut().as_mut().and_then(|turn| turn.release.take());
        if let Some(release) = release {
            let _ = release.call0(&JsValue::NULL);
        }
    }

    /// `navigator.locks.request(name, { signal }, granted)`, by hand: web-sys counts it as unstable.
    fn wait_for_lock(self: &Rc<Self>, name: &str, signal: &JsValue) -> Result<(), JsValue> {
        let locks = Reflect::get(&window().navigator(), &"locks".into())?;
        let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), signal)?;
        let this = Rc::clone(self);
        let granted = Closure::once_into_js(move || this.hold());
        let asked: Promise = request.apply(&locks, &Array::of3(&name.into(), &options, &granted))?.dyn_into()?;
        let this = Rc::clone(self);
        let denied = Closure::once(move |error: JsValue| {
            // Not a wish that was taken back, but a browser that gives no locks, for instance where cookies are blocked.
            if Reflect::get(&error, &"name".into()).is_ok_and(|name| name != "AbortError") {
                this.open();
            }
        });
        let _ = asked.catch(&denied);
        denied.forget();
        Ok(())
    }

    /// The lock is this tab's until the promise is kept.
    fn hold(self: &Rc<Self>) -> JsValue {
        if self.ended.get() || self.turn.borrow().is_none() {
            return JsValue::UNDEFINED;
        }
        self.open();
        let keep = Promise::new(&mut |resolve, _| {
            if let Some(turn) = &mut *self.turn.borrow_mut() {
                turn.release = Some(resolve);
            }
        });
        keep.into()
    }

    fn open(self: &Rc<Self>) {
        let Ok(source) = EventSource::new(&format!("/session/events?sid={}", self.sid.borrow())) else { return };
        let this = Rc::clone(self);
        let tell_all = on_message(move |text| {
            if let Some(Turn { channel: Some(channel), .. }) = &*this.turn.borrow() {
                let _ = channel.post_message(&JsValue::from(&text));
            }
            this.session_ended(&text);
        });
        let _ = source.add_event_listener_with_callback("ended", &tell_all);
        let this = Rc::clone(self);
        let on_error = Closure::<dyn FnMut()>::new(move || this.open_again_if_refused());
        source.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
        if let Some(turn) = &mut *self.turn.borrow_mut() {
            turn.source = Some(source);
        }
    }

    /// The browser itself asks again after a lost connection, but not after a refusal.
    fn open_again_if_refused(self: &Rc<Self>) {
        if !self.is_refused() {
            return;
        }
        let this = Rc::clone(self);
        let pause = Duration::from_millis((REFUSED_MS * (1.0 + js_sys::Math::random())) as u64);
        after(pause, move || {
            // It may have been opened by a return from the back/forward cache meanwhile, or be unwanted.
            if this.is_refused() {
                this.open();
            }
        });
    }

    fn is_refused(&self) -> bool {
        let closed = self.with_source(|source| source.ready_state() == EventSource::CLOSED);
        closed == Some(true) && !self.ended.get()
    }

    fn with_source<T>(&self, ask: impl FnOnce(&EventSource) -> T) -> Option<T> {
        self.turn.borrow().as_ref()?.source.as_ref().map(ask)
    }

    fn session_ended(self: &Rc<Self>, text: &str) {
        let Some(ended) = ended_in(text) else { return };
        // Or the browser would open the stream again.
        self.with_source(EventSource::close);
        if !self.ended.replace(true) {
            self.say_when_settled(ended);
        }
    }

    fn say_when_settled(self: &Rc<Self>, ended: Ended) {
        let this = Rc::clone(self);
        let say = move || match () {
            () if this.leaving.get() => this.say_when_settled(ended),
            () if this.ended.get() => {
                // A tab that came too late to hear it from this one asks the server.
                this.release_lock();
                mark_document(true);
                (this.hear)(Some(ended));
            }
            () => {}
        };
        after(SETTLE, say);
    }

    /// Another tab has a session of the same user: from now on that is the one to listen for.
    fn session_began(self: &Rc<Self>, sid: String) {
        if *self.sid.borrow() == sid || !self.ended.replace(false) {
            return;
        }
        self.end();
        *self.sid.borrow_mut() = sid;
        self.begin();
        mark_document(false);
        (self.hear)(None);
    }

    /// For as long as the page lives.
    fn follow_the_page(self: &Rc<Self>) {
        let this = Rc::clone(self);
        hear("beforeunload", move |_| {
            let this = Rc::clone(&this);
            this.leaving.set(true);
            after(LEAVING, move || this.leaving.set(false));
        });
        let this = Rc::clone(self);
        hear("pagehide", move |_| this.end());
        let this = Rc::clone(self);
        hear("pageshow", move |event| {
            this.leaving.set(false);
            let is_kept = event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted);
            if is_kept && !this.ended.get() {
                this.begin();
            }
        });
    }
}

/// As the server wrote it in JSON. Read by hand: what `serde_json` brings along is a fifth of what every page loads.
fn ended_in(text: &str) -> Option<Ended> {
    let ended = from_json(text);
    let reason = member(&ended, "reason").as_string()?.parse().ok()?;
    Some(Ended { reason, at: member(&ended, "at").as_f64()? as i64 })
}

/// `None` in browsers that have no channels: each tab looks after itself there.
fn open_channel(name: &str, take: impl FnMut(String) + 'static) -> Option<BroadcastChannel> {
    let channel = BroadcastChannel::new(name).ok()?;
    channel.set_onmessage(Some(&on_message(take)));
    Some(channel)
}

/// A handler of the messages that are text. The browser frees it together with what it listens to.
fn on_message(mut take: impl FnMut(String) + 'static) -> Function {
    let handler = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            take(text);
        }
    });
    handler.into_js_value().unchecked_into()
}
