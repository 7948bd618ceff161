//! One address has one account, however it is written.

use super::{
    app::{PASSWORD, TestApp},
    caller::Answer,
    on_both_databases,
};
use crate::base::{email::Email, error::Invalid};

/// An address, and the other ways to write it.
const SAME: &[(&str, &[&str])] = &[
    (
        "alice@example.com",
        &[
            "ALICE@EXAMPLE.COM",
            "Alice@Example.Com",
            " alice@example.com\t",
            // Full width, the @ and the dot included.
            "ａｌｉｃｅ@example.com",
            "alice＠example．com",
            "alice@ｅｘａｍｐｌｅ.com",
            // The ideographic full stop separates labels, too.
            "alice@example。com",
            // The dotless and the dotted i of Turkish.
            "alıce@example.com",
            "ALICE@example.com",
            "ⓐlice@example.com",
            "𝒂𝒍𝒊𝒄𝒆@example.com",
        ],
    ),
    (
        "mike.kelvin@example.com",
        &["mi\u{212a}e.\u{212a}elvin@example.com", "MIKE.KELVIN@EXAMPLE.COM", "mıke.kelvın@example.com"],
    ),
    ("office@example.com", &["oﬃce@example.com", "oﬀice@example.com", "OFFICE@example.com"]),
    (
        "strasse@example.com",
        &["straße@example.com", "STRAẞE@example.com", "straſſe@example.com", "STRASSE@example.com"],
    ),
    ("jürgen@example.com", &["JÜRGEN@example.com", "ju\u{308}rgen@example.com"]),
    (
        "ann@xn--bcher-kva.example",
        &["ann@bücher.example", "ann@BÜCHER.example", "ann@bu\u{308}cher.example", "ann@XN--BCHER-KVA.EXAMPLE"],
    ),
    // Another domain than strasse.example, which belongs to others.
    ("ann@xn--strae-oqa.example", &["ann@straße.example"]),
    ("δοκιμή@example.com", &["ΔΟΚΙΜΉ@example.com"]),
    ("用户@example.com", &[]),
    // Vowels and other marks of Hindi, Thai, Tamil, Arabic, Hebrew and Khmer; the domain in letters, too.
    ("संपर्क@xn--p1b6ci4b4b3a.xn--h2brj9c", &["संपर्क@उदाहरण.भारत"]),
    ("ติดต่อ@example.com", &[]),
    ("น\u{e4d}\u{e32}@example.com", &["น\u{e33}@example.com"]),
    ("தொடர்பு@example.com", &["த\u{bc6}\u{bbe}டர்பு@example.com"]),
    ("مُحَمَّد@example.com", &[]),
    ("שָׁלוֹם@example.com", &[]),
    ("ទំនាក់ទំនង@example.com", &[]),
    ("first.last+tag@sub.example.co.uk", &["First.Last+Tag@Sub.Example.Co.UK"]),
];

/// What is no address, or must not be one.
const REFUSED: &[(&str, Invalid)] = &[
    ("", Invalid::EmailMissing),
    (" \t", Invalid::EmailMissing),
    ("alice", Invalid::EmailMalformed),
    ("@example.com", Invalid::EmailMalformed),
    ("alice@", Invalid::EmailMalformed),
    ("alice@example", Invalid::EmailMalformed),
    ("alice@example.com.", Invalid::EmailMalformed),
    ("alice@example.com。", Invalid::EmailMalformed),
    ("alice@.example.com", Invalid::EmailMalformed),
    ("alice@example..com", Invalid::EmailMalformed),
    ("alice@192.0.2.1", Invalid::EmailMalformed),
    ("alice@[192.0.2.1]", Invalid::EmailMalformed),
    ("alice@exa_mple.com", Invalid::EmailMalformed),
    ("alice@-example.com", Invalid::EmailMalformed),
    ("alice@xn--a.example", Invalid::EmailMalformed),
    ("alice.@example.com", Invalid::EmailMalformed),
    (".alice@example.com", Invalid::EmailMalformed),
    ("al..ice@example.com", Invalid::EmailMalformed),
    ("al ice@example.com", Invalid::EmailMalformed),
    ("alice bob@example.com", Invalid::EmailMalformed),
    ("\"alice\"@example.com", Invalid::EmailMalformed),
    ("alice@evil.example@example.com", Invalid::EmailMalformed),
    ("alice@example.com,bob@example.com", Invalid::EmailMalformed),
    ("a\u{333}lice@example.com", Invalid::EmailMalformed),
    // Marks that go with no letter, or with one of another script.
    ("\u{902}ग@example.com", Invalid::EmailMalformed),
    ("ग.\u{902}@example.com", Invalid::EmailMalformed),
    ("ग\u{301}@example.com", Invalid::EmailMalformed),
    ("a\u{20d2}b@example.com", Invalid::EmailMalformed),
    ("ali\u{902}ce@example.com", Invalid::EmailLookAlike),
    // The capital dotted i leaves its dot behind.
    ("ALİCE@example.com", Invalid::EmailMalformed),
    ("alice\r\nbcc:bob@example.com", Invalid::EmailLookAlike),
    // Zero width, soft hyphen, filler, direction, tags: in both halves.
    ("al\u{200b}ice@example.com", Invalid::EmailLookAlike),
    ("alice@exam\u{200b}ple.com", Invalid::EmailLookAlike),
    ("al\u{200c}ice@example.com", Invalid::EmailLookAlike),
    ("alice@exam\u{200d}ple.com", Invalid::EmailLookAlike),
    ("al\u{2060}ice@example.com", Invalid::EmailLookAlike),
    ("\u{feff}alice@example.com", Invalid::EmailLookAlike),
    ("alice@exam\u{ad}ple.com", Invalid::EmailLookAlike),
    ("alice\u{3164}@example.com", Invalid::EmailLookAlike),
    ("alice\u{ffa0}@example.com", Invalid::EmailLookAlike),
    ("alice\u{fe0f}@example.com", Invalid::EmailLookAlike),
    ("\u{202e}ecila@example.com", Invalid::EmailLookAlike),
    ("alice\u{200f}@example.com", Invalid::EmailLookAlike),
    ("alice@example.com\u{2066}", Invalid::EmailLookAlike),
    ("al\u{61c}ice@example.com", Invalid::EmailLookAlike),
    ("alice\u{e0061}@example.com", Invalid::EmailLookAlike),
    // The Cyrillic а, е and с; the Greek ο; IPA; small capitals; the Cherokee Ꭺ is nobody's a either.
    ("аlice@example.com", Invalid::EmailLookAlike),
    ("alicе@example.com", Invalid::EmailLookAlike),
    ("сосо@example.com", Invalid::EmailLookAlike),
    ("bοb@example.com", Invalid::EmailLookAlike),
    ("ɑlice@example.com", Invalid::EmailLookAlike),
    ("ᴀlice@example.com", Invalid::EmailLookAlike),
    ("Ꭺlice@example.com", Invalid::EmailLookAlike),
];

#[test]
fn every_way_to_write_an_address_is_one_address() {
    for (one, others) in SAME {
        for other in [*one].iter().chain(*others) {
            assert_eq!(Email::parse(other).as_ref().map(Email::as_str), Ok(*one), "{other}");
        }
    }
}

#[test]
fn what_is_no_address_or_looks_like_another_is_refused() {
    for (text, why) in REFUSED {
        assert_eq!(Email::parse(text), Err(why.clone()), "{text:?}");
    }
    for long in [format!("{}@example.com", "a".repeat(65)), format!("a@{}.com", "b.".repeat(130)), "a".repeat(100_000)]
    {
        assert!(Email::parse(&long).is_err(), "{}", long.len());
    }
}

#[test]
fn the_normalised_form_stays_as_it_is() {
    for (one, _) in SAME {
        let once = Email::parse(one).expect("an address");
        assert_eq!(Email::parse(once.as_str()), Ok(once));
    }
}

async fn sign_up(app: &TestApp, email: &str) -> Answer {
    app.anonymous().act("sign_up", &[("name", "Mallory"), ("email", email), ("password", PASSWORD)]).await
}

on_both_databases! {
    async fn look_alike_addresses_are_one_account(app: TestApp) {
        let app = TestApp::with(app.kind(), &["--tries-per-network", "1000"]).await;
        for (one, others) in SAME {
            assert_eq!(sign_up(&app, one).await.status, 200, "{one}");
            for other in *others {
                let answer = sign_up(&app, other).await;
                assert_eq!((answer.status, answer.text()), (422, "\"SignUpRefused\"".into()), "{other}");
                let fields = [("email", *other), ("password", PASSWORD)];
                assert_eq!(app.anonymous().act("log_in", &fields).await.status, 200, "{other} is the same person");
            }
        }
        let accounts = i64::try_from(SAME.len()).expect("a number");
        for (text, _) in REFUSED {
            assert_eq!(sign_up(&app, text).await.status, 422, "{text:?}");
        }
        assert_eq!(app.count("select count(*) from users").await, accounts);
    }

    async fn of_a_hundred_parallel_sign_ups_with_one_address_one_succeeds(app: TestApp) {
        let spellings = ["alice@example.com", "ALICE@example.com", "ａlice@example.com", "alıce@EXAMPLE.com"];
        let tries = (0..100).map(|n| {
            // From everywhere: of one network a part would be refused before anybody looks at it.
            let mut caller = app.anonymous().at_ip(&format!("192.0.2.{n}"));
            tokio::spawn(async move {
                let fields = [("name", "a"), ("email", spellings[n % 4]), ("password", PASSWORD)];
                let answer = caller.act("sign_up", &fields).await;
                (answer.status, answer.text(), caller.cookies.contains_key("__Host-session"))
            })
        });
        let mut made = 0;
        for answer in futures::future::join_all(tries).await {
            match answer.expect("no panic") {
                (200, _, with_session) => {
                    assert!(with_session);
                    made += 1;
                }
                (status, text, with_session) => {
                    assert_eq!((status, &*text, with_session), (422, "\"SignUpRefused\"", false));
                }
            }
        }
        assert_eq!(made, 1);
        assert_eq!(app.count("select count(*) from users").await, 1);
        assert_eq!(app.count("select count(*) from sessions").await, 1);
        assert_eq!(app.count("select count(*) from audit_events where event = 'signed_up' and subject <> ''").await, 1);
    }
}
