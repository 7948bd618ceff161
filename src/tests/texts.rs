//! The texts of enums are stored, and stand in tokens and addresses: not a letter of them may change.

use std::str::FromStr;

use strum::VariantArray;

use crate::{
    auth::{
        event::Kind,
        links::Purpose,
        outbox::{Mail, Notification},
        revocations::EndReason,
        throttle::Way,
        tokens::{KeyPurpose, KeyState},
        users::Role,
    },
    base::{
        config::TokenAlgorithm,
        error::{AppError, Fault, Field},
    },
    pages::{admin::act::Act, appearance::Theme},
    people::list::{Order, State},
    web::cookies::Name,
};

pub fn texts<T: VariantArray + Copy + Into<&'static str>>() -> Vec<&'static str> {
    T::VARIANTS.iter().map(|one| (*one).into()).collect()
}

/// Of those that are read, too: each text is understood as what it was written for.
fn read_texts<T: VariantArray + Copy + Into<&'static str> + FromStr + PartialEq>() -> Vec<&'static str> {
    let texts = texts::<T>();
    for (one, text) in T::VARIANTS.iter().zip(&texts) {
        assert!(text.parse().is_ok_and(|read: T| read == *one), "{text}");
        assert!(text.to_uppercase().parse::<T>().is_err() && format!(" {text}").parse::<T>().is_err(), "{text}");
    }
    assert!("".parse::<T>().is_err());
    texts
}

#[test]
fn what_is_stored_keeps_its_text() {
    assert_eq!(read_texts::<Role>(), ["user", "auditor", "admin"]);
    assert_eq!(Role::from_text("Admin"), Role::User, "a broken row makes no administrator");
    let reasons = "logged_out replaced by_user by_admin idle expired disabled password_changed gave_way theft_suspected \
                   secret_lost role_changed password_reset not_me account_deleted second_factor_changed \
                   everyone_logged_out second_factor_removed";
    assert_eq!(read_texts::<EndReason>().join(" "), reasons);
    let kinds = "signed_up logged_in log_in_failed session_ended force_logout admin_created reauthenticated \
                 reauthentication_failed password_changed role_changed key_rotated key_killed email_verified reset_asked \
                 password_reset new_email_asked email_changed email_taken_back name_changed second_factor_on \
                 second_factor_off second_factor_goes second_factor_kept second_factor_failed recovery_codes_made \
                 recovery_codes_removed recovery_code_used device_trusted device_forgotten new_device guessing not_me \
                 data_exported account_deleted account_disabled account_enabled reset_started second_factor_removed \
                 everyone_logged_out audit_exported audit_resumed app_registered app_changed app_secret_created app_secret_removed \
                 app_disabled app_enabled app_deleted app_connected app_disconnected token_reused";
    assert_eq!(read_texts::<Kind>().join(" "), kinds);
    assert_eq!(texts::<Way>(), ["sign-up", "mail", "visit", "client", "device", "document"]);
    assert_eq!(texts::<Purpose>(), ["verify", "reset", "new_email", "not_me", "keep_factor"]);
    let news = "new_device password_changed password_reset email_changed second_factor_on second_factor_off \
                second_factor_kept recovery_codes_made recovery_code_used guessing account_deleted account_disabled \
                account_enabled role_changed second_factor_removed token_reused";
    assert_eq!(texts::<Notification>().join(" "), news);
    assert_eq!([Mail::SignUp, Mail::ResetStarted].map(|mail| mail.as_text()), ["sign_up", "reset_started"]);
    use TokenAlgorithm::{EdDsa, Es256, Hs256, Rs256};
    for (algorithm, text) in [(Es256, "ES256"), (EdDsa, "EdDSA"), (Rs256, "RS256"), (Hs256, "HS256")] {
        assert_eq!((algorithm.into_str(), text.parse::<TokenAlgorithm>()), (text, Ok(algorithm)));
    }
}

/// What is sent to the browser as JSON and what is stored has one text.
#[test]
fn json_has_the_same_texts() {
    use KeyState::{Dead, Next, Retired, Revoked, Signing};
    let key_states = [Next, Signing, Retired, Dead, Revoked];
    assert_eq!(key_states.map(|state| state.into_str()), ["next", "signing", "retired", "dead", "killed"]);
    for (purpose, text) in [(KeyPurpose::All, "all"), (KeyPurpose::IdTokens, "id_tokens")] {
        assert_eq!((purpose.into_str(), text.parse()), (text, Ok(purpose)));
        assert_eq!(serde_json::to_value(purpose).expect("JSON"), text);
    }
    for (json, text) in [
        (serde_json::to_value(EndReason::VARIANTS), texts::<EndReason>()),
        (serde_json::to_value(Role::VARIANTS), texts::<Role>()),
        (serde_json::to_value(Notification::VARIANTS), texts::<Notification>()),
        (serde_json::to_value(key_states), key_states.map(|state| state.into_str()).to_vec()),
    ] {
        assert_eq!(json.expect("JSON"), serde_json::json!(text));
    }
}

#[test]
fn what_stands_in_addresses_pages_and_cookies_keeps_its_text() {
    let acts = ["log-out", "reset", "second-factor", "role", "disable", "enable", "delete"];
    assert_eq!(read_texts::<Act>(), acts);
    assert_eq!(read_texts::<State>(), ["active", "disabled", "unverified", "second-factor"]);
    assert_eq!(read_texts::<Order>(), ["newest", "oldest", "name", "email"]);
    assert_eq!(read_texts::<Theme>(), ["system", "light", "dark"]);
    let fields = "email name password current_password reason title body code confirmation redirects logouts \
                  backchannel scopes id_token_alg public_key";
    assert_eq!(texts::<Field>().join(" "), fields);
    let cookies = "session access flash link device log-in lab appearance";
    let plain: Vec<&str> = Name::VARIANTS.iter().map(|name| name.full(true)).collect();
    assert_eq!(plain.join(" "), cookies);
    for (name, plain) in Name::VARIANTS.iter().zip(plain) {
        assert_eq!(name.full(false), format!("__Host-{plain}"));
    }
}

#[test]
fn errors_keep_their_codes() {
    use AppError::*;
    for (error, code) in [
        (Invalid(Vec::new()), "invalid"),
        (WrongCredentials, "wrong_credentials"),
        (SignUpRefused, "sign_up_refused"),
        (NotLoggedIn, "not_logged_in"),
        (ProofNeeded, "insufficient_user_authentication"),
        (WrongPassword, "wrong_password"),
        (SessionRenewed, "session_renewed"),
        (NotAllowed, "not_allowed"),
        (LastAdministrator, "last_administrator"),
        (AccountGone, "account_gone"),
        (SessionOver, "session_over"),
        (AccountDisabled, "account_disabled"),
        (AddressGaveWay, "address_gave_way"),
        (ChangedMeanwhile, "changed_meanwhile"),
        (OwnAccount, "own_account"),
        (TooManyTries { seconds: 1 }, "too_many_tries"),
        (TooManyAtOnce, "too_many_at_once"),
        (ExportUnderWay, "export_under_way"),
        (TooManyChanges { seconds: 1 }, "too_many_changes"),
        (TooManyNotes { max: 1 }, "notes_full"),
        (NotesTooLarge { mib: 1 }, "notes_full"),
        (TooManyApps { max: 1 }, "apps_full"),
        (TooManySecrets, "too_many_secrets"),
        (WrongCode, "wrong_code"),
        (WrongRecoveryCode, "wrong_code"),
        (LogInAgain, "log_in_again"),
        (OtherLogIn, "other_log_in"),
        (LinkDead, "link_dead"),
        (OtherLink, "other_link"),
        (OtherUser, "other_user"),
        (NotVerified, "not_verified"),
        (MailOff, "mail_off"),
        (EmailTaken, "email_taken"),
        (NotFound, "not_found"),
        (LabFull, "lab_full"),
        (VisitOver, "visit_over"),
        (Measuring, "measuring"),
        (RotationUnderWay, "rotation_under_way"),
        (KeyNotInUse, "key_not_in_use"),
        (SetupRefused, "not_found"),
        (Busy, "busy"),
        (Collided, "busy"),
        (Away(Fault::default()), "busy"),
        (Unwritable(Fault::default()), "cannot_save"),
        (Offline, "busy"),
        (BadRequest, "bad_request"),
        (AppError::internal(), "internal"),
    ] {
        assert_eq!(error.into_str(), code);
    }
}
