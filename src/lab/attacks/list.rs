//! The experiments, in the order of the page: what is tried, what stands in the way, where that is written. Server
//! side.

use crate::lab::code::files::{Cite, cite};

pub struct About {
    /// Its address on the page, and in the form.
    pub id: &'static str,
    pub title: &'static str,
    pub what: &'static str,
    pub button: &'static str,
    pub defence: &'static str,
    pub cites: &'static [Cite],
}

pub const OLD_SECRET: &str = "old-secret";

pub static ALL: [About; 9] = [
    About {
        id: "payload",
        title: "Change the role in the payload",
        what: "A token can be read by whoever holds it. Write “admin” where it says “user”, and send it.",
        button: "Make yourself an administrator",
        defence: "The signature: it is made over header and payload together.",
        cites: &[
            cite("auth/tokens/verify.rs", "authentic"),
            cite("lab/attacks/forge.rs", "with_old_signature"),
            cite("tests/jwt_attacks.rs", "every_flipped_bit_is_noticed"),
        ],
    },
    About {
        id: "none",
        title: "“alg: none”",
        what: "The header of a token names its own algorithm. Libraries once believed it, also when it said: none.",
        button: "Send a token without a signature",
        defence: "The algorithm belongs to the key. The header may only agree with it.",
        cites: &[
            cite("auth/tokens/verify.rs", "authentic"),
            cite("lab/attacks/forge.rs", "without_signature"),
            cite("tests/jwt_attacks.rs", "none_in_any_spelling_is_refused"),
        ],
    },
    About {
        id: "other-key",
        title: "Sign with another key",
        what: "A true signature, by a key of one's own, under the name of ours. And then, where the server has a public \
               key, the classic confusion: that key, taken as the secret of a symmetric algorithm.",
        button: "Sign it yourself",
        defence: "Keys are known by name and found on the server, never in the token; each has one algorithm.",
        cites: &[
            cite("auth/tokens/verify.rs", "verify"),
            cite("lab/attacks/forge.rs", "signed_with_key"),
            cite("tests/jwt_attacks.rs", "another_key_is_refused"),
            cite("tests/jwt_attacks.rs", "hmac_with_our_public_key_is_refused_in_every_encoding"),
        ],
    },
    About {
        id: "replay",
        title: "Replay after the log-out",
        what: "Copy both cookies, log out, and send the copies. Many systems only tell the browser to forget.",
        button: "Log out and use the copies",
        defence: "The log-out ends the session on the server, and its tokens in the set of revocations.",
        cites: &[
            cite("auth/sessions/terminate.rs", "terminate_with"),
            cite("auth/revocations/set.rs", "is_over"),
            cite("tests/accounts.rs", "log_out_ends_cookie_and_token_also_when_they_are_replayed"),
        ],
    },
    About {
        id: "expired",
        title: "Use an expired token",
        what: "A true token of two minutes ago. In the Lab a token lives for 60 seconds.",
        button: "Send an old token",
        defence: "The times in the token, compared with the server's clock; 2 seconds are forgiven between instances.",
        cites: &[
            cite("auth/tokens/verify.rs", "check_times"),
            cite("tests/jwt_attacks.rs", "times_are_kept_to_the_second_and_the_life_to_its_limit"),
        ],
    },
    About {
        id: "cross-site",
        title: "A cross-site POST",
        what: "You visit a page of somebody else, and it makes your browser send a form to this site: with your cookies.",
        button: "Let another site log you out",
        defence: "One layer before every route asks the browser's own word on where a request comes from.",
        cites: &[
            cite("web/origin.rs", "refuse_cross_site"),
            cite("web/cookies.rs", "same_site"),
            cite("tests/routes.rs", "no_other_site_reaches_an_unsafe_route"),
        ],
    },
    About {
        id: "steal",
        title: "Steal the cookie",
        what: "The one that works. Malware or an open laptop gives a thief the session cookie itself.",
        button: "Use it from another device",
        defence: "None before the theft is noticed. Then one switch ends the session and its tokens, everywhere.",
        cites: &[
            cite("auth/sessions/terminate.rs", "terminate_with"),
            cite("web/token/bearer.rs", "from_request_parts"),
            cite("tests/revocation.rs", "a_token_from_before_a_force_logout_is_refused_by_the_very_next_call"),
            cite("tests/revocation.rs", "the_next_page_is_the_log_in_page_with_the_reason"),
        ],
    },
    About {
        id: OLD_SECRET,
        title: "The stolen cookie of before",
        what: "With each proof of identity and each change of role a session gets a new secret. What if the thief's copy is \
               of the one before? This takes two presses, ten seconds apart.",
        button: "Steal it, then enter the password",
        defence: "A replaced secret that comes back ends the session for both.",
        cites: &[
            cite("web/session/find_user.rs", "end_now"),
            cite("web/session/find_user.rs", "look_up"),
            cite("tests/proof.rs", "a_copied_secret_that_comes_back_ends_the_session_for_thief_and_owner"),
            cite("tests/proof.rs", "the_secret_before_reads_for_ten_seconds_and_changes_nothing"),
        ],
    },
    About {
        id: "role",
        title: "Change the role on the server",
        what: "An administrator makes you an auditor. What does each credential say of you from now on?",
        button: "Become an auditor for a moment",
        defence: "Pages look the role up. Tokens that name the role before are revoked, and renewed by the session.",
        cites: &[
            cite("pages/admin/change_role.rs", "change_role"),
            cite("web/session/find_user.rs", "renew_outgrown"),
            cite("tests/proof.rs", "a_new_role_counts_at_once_in_pages_and_tokens_and_brings_a_new_secret"),
        ],
    },
];

pub fn find(id: &str) -> Option<&'static About> {
    ALL.iter().find(|about| about.id == id)
}
