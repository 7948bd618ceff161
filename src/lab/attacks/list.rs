//! The experiments, in the order of the page: what is tried, in which steps, what stops it, where that is written. Server
//! side.

use super::{About, Act::*, Expect::*, Line, Script, Token::*, Who::*};
use crate::lab::code::{Cite, cites};

pub const OTHER_KEY: &str = "other-key";
pub const OLD_SECRET: &str = "old-secret";

const FOR_AUDITORS: &str = "/admin/users";

const NEW_TOKEN: &str = "A new token of your own, for the session.";

/// Who does what, what is expected of the answer, and in words; then what it shows.
macro_rules! script {
    ($($by:ident $act:expr => $expect:expr, $words:expr;)+ $told:literal) => {
        Script { lines: &[$(Line { by: $by, act: $act, expect: $expect, words: $words }),+], words: $told }
    };
}

pub static ALL: [About; 9] = [
    About {
        id: "payload",
        title: "Change the role in the payload",
        what: "Whoever has a token can read it. Write “admin” where it says “user”, and send it.",
        button: "Make yourself an administrator",
        defence: "The signature, which covers header and payload together.",
        cites: cites! {
            "auth/tokens/verify.rs" authentic, "lab/attacks/forge.rs" with_claim,
            "tests/jwt_attacks.rs" every_flipped_bit_is_noticed,
        },
        script: script! {
            Owner Renew => Any, NEW_TOKEN;
            Forger Show(First) => Any, "The token, taken apart. No key is needed to read it.";
            Forger Send(First) => Is(200, ""), "First put together unchanged, so only the role makes the difference.";
            Forger Show(OtherRole) => Any, "The role is changed. Everything else stays, and so does the signature.";
            Forger Send(OtherRole) => Refused(401, "token_invalid"), "Sends the forged token.";
            "Unchanged, the token was accepted ({1}). With the other role it was refused ({2}). The signature covers header and \
             payload together. Change one character and it no longer matches. To make a new one you'd need the signing key, which \
             never leaves the server."
        },
    },
    About {
        id: "none",
        title: "“alg: none”",
        what: "A token's header names its own algorithm. Some libraries used to trust it, even when it said “none”.",
        button: "Send a token without a signature",
        defence: "The algorithm belongs to the key. The header can only agree with it.",
        cites: cites! {
            "auth/tokens/verify.rs" authentic, "lab/attacks/forge.rs" without_signature,
            "tests/jwt_attacks.rs" none_in_any_spelling_is_refused,
        },
        script: script! {
            Owner Renew => Any, NEW_TOKEN;
            Forger Show(Unsigned) => Any, "It says it needs no signature. Get this one in, and you can write any payload.";
            Forger Send(Unsigned) => Refused(401, "token_invalid"), "Sends it without a signature.";
            "Refused: {1}. The algorithm belongs to the key, and the server finds the key by its name. What the token says about \
             its own algorithm has to match, and decides nothing."
        },
    },
    About {
        id: OTHER_KEY,
        title: "Sign with another key",
        what: "Sign a token with your own key, but claim it's ours. Then, where the server has a public key, the classic \
               confusion: that key as the secret of a symmetric algorithm.",
        button: "Sign a token yourself",
        defence: "Keys are known by name and found on the server, never in the token. Each has one algorithm.",
        cites: cites! {
            "auth/tokens/verify.rs" verify, "lab/attacks/forge.rs" signed_with_key, "tests/jwt_attacks.rs" another_key_is_refused,
            "tests/jwt_attacks.rs" hmac_with_our_public_key_is_refused_in_every_encoding,
        },
        script: script! {
            Owner Renew => Any, NEW_TOKEN;
            Forger Show(OtherKey) => Any, "The same header and payload, signed with your own key, under our key's name (kid).";
            Forger Send(OtherKey) => Refused(401, "token_invalid"), "The first attempt.";
            Forger PublicKeys => Any, "Everyone can read the public keys.";
            Forger Show(PublicKeyAsSecret) => Any, "The second attempt: our public key as the secret of HS256.";
            Forger Send(PublicKeyAsSecret) => Refused(401, "token_invalid"), "Key confusion.";
            "Refused twice: first {1}. The key name in the header only says which of our keys to try. A signature by any other key \
             doesn't match. Then {3}. Each of our keys keeps its one algorithm, so a public key is never used as a shared secret."
        },
    },
    About {
        id: "replay",
        title: "Replay after the logout",
        what: "Copy both cookies, log out, and send the copies. Many systems only tell the browser to forget.",
        button: "Log out and use the copies",
        defence: "The logout ends the session on the server and revokes its tokens.",
        cites: cites! {
            "auth/sessions/terminate.rs" terminate_with, "auth/revocations/set.rs" is_over,
            "tests/accounts.rs" log_out_ends_cookie_and_token_also_when_they_are_replayed,
        },
        script: script! {
            Owner Renew => Any, "A new token, so that its age isn't the reason.";
            Thief Steal => Any, "Copies both cookies.";
            Owner LogOut => Needs(200), "You log out.";
            Thief Renew => Refused(401, ""), "The copied session asks for a token.";
            Thief Send(First) => Refused(401, ""), "The copied token calls the API.";
            "Refused: the session {1-2} after the logout response ({2}), the token {1-3} after it ({3}). Logging out ended the session and \
             revoked its tokens in one transaction, and the revocation was in the server's memory before the response left."
        },
    },
    About {
        id: "expired",
        title: "Use an expired token",
        what: "A genuine token from two minutes ago. In the Lab a token is valid for 60 seconds.",
        button: "Send an old token",
        defence: "The times in the token, checked against the server's clock, with 2 seconds of tolerance.",
        cites: cites! {
            "auth/tokens/verify.rs" check_times, "tests/jwt_attacks.rs" times_are_kept_to_the_second_and_the_life_to_its_limit,
        },
        script: script! {
            Owner RenewEarlier => Needs(200), "A token from two minutes ago: same program, same key, clock set back.";
            Forger Show(First) => Any, "Nothing is forged here. Look at exp.";
            Forger Send(First) => Refused(401, "token_expired"), "Sends it now.";
            // The session notes until when its newest token is valid: that is this one again.
            Owner Renew => Any, NEW_TOKEN;
            "Refused: {1}. Its signature is right and its session is active. Only its time is over. So the page is told to renew \
             it, and does so with the session, as the last step shows."
        },
    },
    About {
        id: "cross-site",
        title: "A cross-site POST",
        what: "You visit someone else's page, and it makes your browser send a form to this site, with your cookies.",
        button: "Let another site log you out",
        defence: "One layer before every route checks what the browser itself says about where a request comes from.",
        cites: cites! {
            "web/origin.rs" refuse_cross_site, "web/cookies.rs" same_site, "tests/routes.rs" no_other_site_reaches_an_unsafe_route,
        },
        script: script! {
            OtherSite Say => Any, "SameSite=Lax keeps the cookie out of this already. Here it is sent, as if that had failed.";
            OtherSite LogOutElsewhere(true) => Refused(403, ""), "Sends the logout form.";
            OtherSite LogOutElsewhere(false) => Refused(403, ""), "The same from an old browser, which only says where the page is from.";
            Owner Renew => Is(200, ""), "Are you still logged in?";
            "Refused twice ({0} and {1}), and you're still logged in. Whatever changes something must come from a page of this site. \
             The browser says so itself in Sec-Fetch-Site, or in Origin, and no page can forge these."
        },
    },
    About {
        id: "steal",
        title: "Steal the cookie",
        what: "The one that works. Malware or an open laptop gives an attacker the session cookie itself.",
        button: "Use it from another device",
        defence: "Nothing, until the theft is noticed. Then one switch ends the session and its tokens, everywhere.",
        cites: cites! {
            "auth/sessions/terminate.rs" terminate_with, "web/token/bearer.rs" from_request_parts,
            "tests/revocation.rs" a_token_from_before_a_force_logout_is_refused_by_the_very_next_call,
            "tests/revocation.rs" the_next_page_is_the_log_in_page_with_the_reason,
        },
        script: script! {
            Thief Steal => Any, "Copies your session cookie.";
            Thief Open("/dashboard") => Is(200, ""), "Opens your page with it.";
            Thief Renew => Is(200, ""), "Even gets a token with it.";
            Administrator ForceLogout => Needs(200), "You notice it and call. You're logged out everywhere.";
            Thief Open("/dashboard") => Refused(303, "/login"), "The attacker's next page.";
            Thief Send(First) => Refused(401, ""), "And the token they got.";
            "It worked: whoever has the cookie is logged in. HttpOnly keeps it from scripts{secure}. An attacker who has it anyway is \
             you, as far as the server knows. The forced logout stopped them at once: the page {2-3} after its response, the token \
             {2-4} after it. {aside}"
        },
    },
    About {
        id: OLD_SECRET,
        title: "A stolen cookie that has been replaced",
        what: "A session gets a new secret whenever you confirm your password or your role changes. What if the attacker \
               copied the one before? This takes two steps, ten seconds apart.",
        button: "Steal it, then confirm the password",
        defence: "A replaced secret that comes back ends the session for both.",
        cites: cites! {
            "web/session/find_user.rs" end_now, "web/session/find_user.rs" look_up,
            "tests/proof.rs" a_copied_secret_that_comes_back_ends_the_session_for_thief_and_owner,
            "tests/proof.rs" the_secret_before_reads_for_ten_seconds_and_changes_nothing,
        },
        script: script! {
            Thief Steal => Any, "Copies the cookie.";
            Owner Confirm => Needs(200), "You confirm your password, as before every sensitive action.";
            Owner Renew => Is(200, ""), "You continue with the new secret.";
            Thief Renew => Refused(409, ""), "The copy asks for a token.";
            "Your session has a new secret. For ten seconds the old one can still read pages, for requests already under way, and \
             gets no credential: {2}. Wait ten seconds, then press the button again."
        },
    },
    About {
        id: "role",
        title: "Change the role on the server",
        what: "An administrator makes you an auditor. What does each credential say about you now?",
        button: "Become an auditor for a moment",
        defence: "Pages look the role up. Tokens with the old role are revoked, and the session renews them.",
        cites: cites! {
            "pages/admin/stories.rs" change_role, "web/session/find_user.rs" renew_outgrown,
            "tests/proof.rs" a_new_role_counts_at_once_in_pages_and_tokens_and_brings_a_new_secret,
        },
        script: script! {
            Owner LogIn => Any, "You log in again, since such pages ask for a password that was entered lately.";
            Owner Renew => Any, "A new token, as a user.";
            Owner Open(FOR_AUDITORS) => Needs(403), "A page for auditors, before.";
            Administrator ChangeRole("auditor") => Needs(200), "You become an auditor.";
            Owner Send(First) => Refused(401, "token_revoked"), "The token from before.";
            Textbook Verify(First) => Any, "The token from before, without checking revocation";
            Owner Open(FOR_AUDITORS) => Is(200, ""), "The same page, with the session alone.";
            Owner Renew => Any, "A new token.";
            Owner Send(Newest) => Is(200, "\"auditor\""), "What does it say?";
            Administrator ChangeRole("user") => Any, "The change is undone.";
            // With each role the session gets a new secret, which the demo browser has to keep.
            Owner Renew => Any, "Your session goes on, with a new secret.";
            "The session knew on the next page: it carries no role, the server looks it up. The old token was refused at once \
             ({3}), and the renewed one says auditor. A textbook verifier would have gone on with {aside} until the token expired."
        },
    },
];

/// [`OTHER_KEY`] where the server signs with a shared secret.
pub static WITHOUT_PUBLIC_KEY: Script = script! {
    Owner Renew => Any, NEW_TOKEN;
    Forger Show(OtherKey) => Any, "The same header and payload, signed with your own key, under our key's name (kid).";
    Forger Send(OtherKey) => Refused(401, "token_invalid"), "The first attempt.";
    Forger PublicKeys => Any, "Everyone can read the public keys.";
    Forger Say => Any, "There is no second attempt: HS256 is a shared secret, so its key has no public half.";
    "Refused: {1}. The key name in the header only says which of our keys to try. A signature by any other key doesn't match. And \
     this server has no public key that could be mistaken for its secret."
};

/// The second act of [`OLD_SECRET`].
pub static COMES_BACK: Script = script! {
    Thief Open("/dashboard") => Refused(303, "/login"), "More than ten seconds later, uses the old secret again.";
    // Ended for another reason, it was ended by something else, before the thief came.
    Owner Renew => Refused(401, "theft_suspected"), "And you?";
    "A replaced secret came back, although your browser already uses the new one. So someone has a copy. The server can't tell \
     which of you is the attacker, so it ended the session for both at once, and told you why (theft_suspected). Only one of you \
     can log in again."
};
