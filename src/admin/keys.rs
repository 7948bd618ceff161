//! Who rotates or kills a signing key, as it is written down. Server side.

use crate::{audit::event::Actor, sessions::guard::Administrator, tokens::rotation::Order, web::caller::Caller};

pub fn order(Administrator(admin): Administrator, caller: Caller, words: String) -> Order {
    Order { actor: Actor::User(admin.user.id), words, caller }
}
