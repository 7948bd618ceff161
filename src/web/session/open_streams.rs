//! The streams that are open in this process: how many each user has, and when all of them have to end. Server side.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::watch;

use crate::base::lock::lock;

/// Proxies close a connection that is silent for half a minute or more.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Shared by all requests of this process. Cheap to clone.
#[derive(Clone)]
pub struct OpenStreams {
    /// Places taken, by user id.
    taken: Arc<Mutex<HashMap<String, u32>>>,
    stop: watch::Sender<bool>,
    /// How often a stream says that it is there, and looks at the clock.
    pub heartbeat: Duration,
}

/// The right of one user to one open stream, given back when it is dropped: also when the client just went.
pub struct Place {
    taken: Arc<Mutex<HashMap<String, u32>>>,
    user_id: String,
}

/// Hears when streams have to end.
pub struct Stop(watch::Receiver<bool>);

impl Default for OpenStreams {
    fn default() -> Self {
        Self { taken: Arc::default(), stop: watch::Sender::default(), heartbeat: HEARTBEAT }
    }
}

impl OpenStreams {
    /// A place for one more stream of this user; `None` when they have `max`.
    pub fn take_up_to(&self, user_id: &str, max: u32) -> Option<Place> {
        let mut all = lock(&self.taken);
        let taken = all.entry(user_id.to_owned()).or_default();
        if *taken >= max {
            return None;
        }
        *taken += 1;
        Some(Place { taken: Arc::clone(&self.taken), user_id: user_id.to_owned() })
    }

    /// Ends every stream, those that are opened from now on as well: the server stops, and would wait for them.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    pub fn stopping(&self) -> Stop {
        Stop(self.stop.subscribe())
    }
}

impl Stop {
    /// Comes back when streams have to end.
    pub async fn asked_for(&mut self) {
        // Without a sender there is no server any more.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = lock(&self.taken);
        if let Some(taken) = all.get_mut(&self.user_id) {
            *taken -= 1;
            if *taken == 0 {
                all.remove(&self.user_id);
            }
        }
    }
}
