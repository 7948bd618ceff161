//! Around the rotation and the revoking of a signing key: who does it, and what the list of keys says then. Server side.

use super::{outcome::Outcome, short};
use crate::{
    auth::{
        cause::Cause,
        revocations::EndReason,
        sessions::guard::Administrator,
        tokens::{KeyReceipt, Rotation},
    },
    base::caller::Caller,
    ui::when::moment,
};

pub fn cause(Administrator(admin): Administrator, caller: Caller, words: String) -> Cause {
    Cause { words, ..Cause::by_user(&admin.user.id, EndReason::ByAdmin, caller) }
}

pub fn rotated(Rotation { kid, algorithm, signs_from }: &Rotation) -> Outcome {
    shown(format!("{algorithm} key {} created. It will be in use from {}.", short(kid), moment(*signs_from)))
}

pub fn revoked(KeyReceipt { kid, signing, milliseconds }: &KeyReceipt) -> Outcome {
    shown(format!("Key {} revoked in {milliseconds} ms. New tokens are signed with {}.", short(kid), short(signing)))
}

fn shown(words: String) -> Outcome {
    Outcome::done(words).shown_on("/admin/keys")
}
