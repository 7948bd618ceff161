//! `/api/v1/notes`.

use axum::http::Method;
use serde_json::json;

use super::{
    app::TestApp,
    caller::Caller,
    on_both_databases,
    room::{save, with},
};

async fn create(caller: &mut Caller, title: &str, body: &str) -> serde_json::Value {
    let answer = caller.api(Method::POST, "/api/v1/notes", Some(json!({ "title": title, "body": body }))).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let note = answer.json();
    assert_eq!(answer.header("location"), format!("/api/v1/notes/{}", note["id"].as_str().expect("an id")));
    note
}

async fn titles(caller: &mut Caller, query: &str) -> Vec<String> {
    let answer = caller.api(Method::GET, &format!("/api/v1/notes{query}"), None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let notes = answer.json()["notes"].as_array().expect("notes").clone();
    notes.iter().map(|note| note["title"].as_str().expect("a title").to_owned()).collect()
}

fn path(note: &serde_json::Value) -> String {
    format!("/api/v1/notes/{}", note["id"].as_str().expect("an id"))
}

on_both_databases! {
    async fn a_note_is_written_read_changed_pinned_and_deleted(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "First", "text").await;
        app.clock.advance_ms(1000);
        create(&mut alice, "Second", "").await;
        assert_eq!(titles(&mut alice, "").await, ["Second", "First"]);
        let input = json!({ "title": "First", "body": "more", "pinned": true });
        let answer = alice.api_with(Method::PUT, &path(&note), &[("if-match", "\"1\"")], Some(input)).await;
        assert_eq!((answer.status, answer.header("etag")), (200, "\"2\""));
        assert_eq!(titles(&mut alice, "").await, ["First", "Second"]);
        let read = alice.api(Method::GET, &path(&note), None).await;
        assert_eq!((&read.json()["body"], &read.json()["pinned"]), (&json!("more"), &json!(true)));
        let gone = alice.api_with(Method::DELETE, &path(&note), &[("if-match", "\"2\"")], None).await;
        assert_eq!((gone.status, gone.text()), (204, String::new()));
        assert_eq!(alice.api(Method::GET, &path(&note), None).await.code(), "not_found");
    }

    async fn notes_are_found_by_the_beginnings_of_their_words_in_every_language(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        create(&mut alice, "Ärger mit ÉCLAIRS", "").await;
        create(&mut alice, "100% of it", "under_score and back\\slash").await;
        assert_eq!(titles(&mut alice, "?q=%C3%A4rger").await, ["Ärger mit ÉCLAIRS"]);
        assert_eq!(titles(&mut alice, "?q=a%CC%88rg%20e%CC%81cl").await, ["Ärger mit ÉCLAIRS"], "however it was typed");
        assert_eq!(titles(&mut alice, "?q=100%25").await, ["100% of it"]);
        assert_eq!(titles(&mut alice, "?q=sco%20und%20back").await, ["100% of it"], "each word, in any order");
        assert_eq!(titles(&mut alice, "?q=sco%20nothing").await, Vec::<String>::new(), "all of them");
        assert_eq!(titles(&mut alice, "?q=core").await, Vec::<String>::new(), "from their beginning");
        assert_eq!(titles(&mut alice, "?q=%20").await.len(), 2, "nothing was typed yet");
        for signs in ["%5C", "%25%25", "_", "'"] {
            assert_eq!(titles(&mut alice, &format!("?q={signs}")).await, Vec::<String>::new(), "{signs} begins no word");
        }
        assert_eq!(titles(&mut alice, "?q='%20or%201%3D1").await, Vec::<String>::new());
        let mut bob = app.with_token("bob").await;
        assert_eq!(titles(&mut bob, "?q=100").await, Vec::<String>::new(), "somebody else's");
    }

    async fn accents_make_no_difference_to_a_search(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        create(&mut alice, "Café Ångström", "Ο Γιώργος, 김치, किताब").await;
        for typed in ["cafe", "CAFÉ", "cafe\u{301}", "angstrom", "ångs", "Γιωργος", "김", "किता"] {
            let query = format!("?q={}", url::form_urlencoded::byte_serialize(typed.as_bytes()).collect::<String>());
            assert_eq!(titles(&mut alice, &query).await, ["Café Ångström"], "{typed}");
        }
        assert_eq!(titles(&mut alice, "?q=%E0%A4%95%E0%A5%81").await, Vec::<String>::new(), "another vowel is another word");
    }

    async fn a_repeat_under_the_same_key_finds_the_note_that_is_there(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let post = async |caller: &mut Caller, key: &str, body: &str| {
            let input = Some(json!({ "title": "One", "body": body }));
            caller.api_with(Method::POST, "/api/v1/notes", &[("idempotency-key", key)], input).await
        };
        let first = post(&mut alice, "k-1", "first").await;
        let again = post(&mut alice, "k-1", "second").await;
        assert_eq!((first.status, again.status), (201, 200));
        assert_eq!(again.json(), first.json(), "what is there, not what came");
        assert_eq!((again.header("location"), again.header("etag")), (first.header("location"), "\"1\""));
        let mut bob = app.with_token("bob").await;
        assert_eq!(post(&mut bob, "k-1", "his").await.status, 201, "keys are each one's own");
        assert_eq!(post(&mut alice, "k-2", "another").await.status, 201);
        assert_eq!(titles(&mut alice, "").await, ["One", "One"]);
        // A key does what it did until its note is gone.
        let gone = alice.api_with(Method::DELETE, &path(&first.json()), &[("if-match", "*")], None).await;
        assert_eq!((gone.status, post(&mut alice, "k-1", "anew").await.status), (204, 201));
        for bad in ["", "two words", &"x".repeat(65)] {
            assert_eq!(post(&mut alice, bad, "").await.code(), "bad_request", "{bad:?}");
        }
    }

    async fn of_parallel_requests_under_one_key_one_makes_the_note(app: TestApp) {
        let alice = app.with_token("alice").await;
        let tries = (0..10).map(|_| {
            let mut tab = alice.copy();
            tokio::spawn(async move {
                let input = Some(json!({ "title": "One", "body": "" }));
                let answer = tab.api_with(Method::POST, "/api/v1/notes", &[("idempotency-key", "once")], input).await;
                (answer.status, answer.json()["id"].as_str().map(str::to_owned))
            })
        });
        let answers: Vec<_> = futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|(_, id)| id.is_some() && *id == answers[0].1), "{answers:?}");
        assert_eq!(app.count("select count(*) from notes").await, 1);
    }

    async fn a_search_follows_what_is_changed_and_deleted(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "Plan", "first draft").await;
        let change = Some(json!({ "title": "Plan", "body": "second draft" }));
        assert_eq!(alice.api_with(Method::PUT, &path(&note), &[("if-match", "\"1\"")], change).await.status, 200);
        assert_eq!(titles(&mut alice, "?q=first").await, Vec::<String>::new());
        assert_eq!(titles(&mut alice, "?q=second").await, ["Plan"]);
        assert_eq!(alice.api_with(Method::DELETE, &path(&note), &[("if-match", "\"2\"")], None).await.status, 204);
        assert_eq!(app.count("select count(*) from note_words").await, 0);
    }

    async fn notes_from_before_are_made_ready_at_the_next_start(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        create(&mut alice, "Old", "ink and paper").await;
        for statement in ["delete from note_words", "update notes set size = null"] {
            sqlx::query(statement).execute(&app.services.state.db.pool).await.expect("as before");
        }
        assert_eq!(titles(&mut alice, "?q=ink").await, Vec::<String>::new());
        let services = app.another_instance().await;
        assert_eq!(titles(&mut alice.at(crate::serve::router::router(services)), "?q=ink").await, ["Old"]);
        let word = crate::pages::notes::words::make_missing_words(&app.services.state.db).await;
        assert!(word.is_ok() && app.count("select count(*) from notes where size > 128").await == 1);
    }

    async fn what_may_be_looked_for_is_bounded(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let long = "a".repeat(20_000);
        for n in 0..20 {
            create(&mut alice, &format!("{n}"), &long).await;
        }
        let wild = format!("/api/v1/notes?q={}b", "a".repeat(10_000));
        let answer = alice.api(Method::GET, &wild, None).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_request".into()));
        assert!(answer.text().contains("200 characters at most"), "{}", answer.text());
        assert_eq!(titles(&mut alice, &format!("?q={}", "a".repeat(60))).await.len(), 20);
        assert_eq!(titles(&mut alice, &format!("?q={}b", "a".repeat(60))).await.len(), 0);
        // A thousand different words, and six of what is looked for.
        let words: Vec<String> = (0..1_000).map(|n| format!("w{n}")).collect();
        create(&mut alice, "Words", &words.join(" ")).await;
        assert_eq!(titles(&mut alice, "?q=w1%20w2%20w3%20w4%20w5%20w999%20unheard").await, ["Words"]);
    }

    async fn a_change_from_an_old_version_is_refused_with_the_new_text(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "One", "first").await;
        let change = |body: &str| Some(json!({ "title": "One", "body": body }));
        let version_1 = [("if-match", "\"1\"")];
        assert_eq!(alice.api_with(Method::PUT, &path(&note), &version_1, change("second")).await.status, 200);
        let refused = alice.api_with(Method::PUT, &path(&note), &version_1, change("third")).await;
        assert_eq!((refused.status, refused.code()), (412, "note_changed".into()));
        assert_eq!(refused.json()["current"]["body"], "second");
        assert_eq!(alice.api_with(Method::DELETE, &path(&note), &version_1, None).await.status, 412);
        assert_eq!(alice.api_with(Method::PUT, &path(&note), &[], change("x")).await.code(), "version_missing");
    }

    async fn if_match_takes_any_version_and_lists_and_no_weak_tag(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "One", "").await;
        let change = || Some(json!({ "title": "One", "body": "x" }));
        let put = async |alice: &mut Caller, lines: &[&str]| {
            let lines: Vec<(&str, &str)> = lines.iter().map(|line| ("if-match", *line)).collect();
            alice.api_with(Method::PUT, &path(&note), &lines, change()).await
        };
        for (version, meant) in (1..).zip([&["*"][..], &["\"7\", \"2\""], &["\"x,y\" ,W/\"3\",, \"3\""], &["\"a\"", "\"4\""], &[" * "]]) {
            let answer = put(&mut alice, meant).await;
            assert_eq!((answer.status, answer.header("etag")), (200, &*format!("\"{}\"", version + 1)), "{meant:?}");
        }
        for foreign in ["\"1\"", "W/\"6\"", "\"abc\"", "\"\"", "\"06\"", "\"6 \"", "\"1\", W/\"6\"", "\"-6\""] {
            let answer = put(&mut alice, &[foreign]).await;
            let expected = if foreign == "\"6 \"" { (400, "bad_request".to_owned()) } else { (412, "note_changed".to_owned()) };
            assert_eq!((answer.status, answer.code()), expected, "{foreign}");
        }
        for malformed in ["6", "", ",", "\"6", "w/\"6\"", "\"6\" \"7\"", "*, \"6\"", "\"6\"x"] {
            let answer = put(&mut alice, &[malformed]).await;
            assert_eq!((answer.status, answer.code()), (400, "bad_request".into()), "{malformed}");
        }
        let delete = alice.api_with(Method::DELETE, &path(&note), &[("if-match", "\"abc\"")], None).await;
        assert_eq!((delete.status, delete.code()), (412, "note_changed".into()));
        assert_eq!(alice.api_with(Method::DELETE, &path(&note), &[("if-match", "*")], None).await.status, 204);
        assert_eq!(put(&mut alice, &["*"]).await.status, 404, "nothing is there any more");
    }

    async fn of_parallel_changes_of_one_version_one_wins(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "One", "").await;
        let tries = (0..20).map(|n| {
            let (mut tab, path) = (alice.copy(), path(&note));
            tokio::spawn(async move {
                let input = Some(json!({ "title": "One", "body": format!("{n}") }));
                tab.api_with(Method::PUT, &path, &[("if-match", "\"1\"")], input).await.status
            })
        });
        let answers: Vec<u16> = futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| matches!(status, 200 | 412)), "{answers:?}");
    }

    async fn of_parallel_changes_of_any_version_none_is_refused(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let note = create(&mut alice, "One", "").await;
        let tries = (0..10).map(|n| {
            let (mut tab, path) = (alice.copy(), path(&note));
            tokio::spawn(async move {
                let input = Some(json!({ "title": "One", "body": format!("{n}") }));
                tab.api_with(Method::PUT, &path, &[("if-match", "*")], input).await.status
            })
        });
        let answers: Vec<u16> = futures::future::join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers, [200; 10]);
        assert_eq!(alice.api(Method::GET, &path(&note), None).await.header("etag"), "\"11\"");
    }

    async fn a_note_of_somebody_else_is_not_found(app: TestApp) {
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        let note = create(&mut alice, "Private", "").await;
        let version = [("if-match", "\"1\"")];
        let input = Some(json!({ "title": "Mine", "body": "" }));
        assert_eq!(bob.api(Method::GET, &path(&note), None).await.status, 404);
        assert_eq!(bob.api_with(Method::PUT, &path(&note), &version, input).await.status, 404);
        assert_eq!(bob.api_with(Method::DELETE, &path(&note), &version, None).await.status, 404);
        assert_eq!(titles(&mut bob, "").await, Vec::<String>::new());
        assert_eq!(titles(&mut alice, "").await, ["Private"]);
    }

    async fn fields_that_nobody_asked_for_and_wrong_types_are_refused(app: TestApp) {
        let mut alice = app.with_token("alice").await;
        let wrong = [
            json!({ "title": "t", "body": "b", "user_id": "0" }),
            json!({ "title": "t", "body": "b", "version": 7 }),
            json!({ "title": 1, "body": "b" }),
            json!({ "title": "t" }),
            json!([]),
            json!(null),
            json!({ "title": "t", "body": "b", "pinned": "yes" }),
        ];
        for body in wrong {
            let answer = alice.api(Method::POST, "/api/v1/notes", Some(body.clone())).await;
            assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.status);
            assert_eq!(answer.code(), "bad_json", "{body}");
        }
        let nul = alice.api(Method::POST, "/api/v1/notes", Some(json!({ "title": "\u{0}", "body": "" }))).await;
        assert_eq!(nul.status, 400);
        let long = json!({ "title": "x".repeat(201), "body": "x".repeat(20_001) });
        let answer = alice.api(Method::POST, "/api/v1/notes", Some(long)).await;
        assert_eq!((answer.status, answer.code()), (422, "invalid".into()));
        let errors = json!([
            { "field": "title", "detail": "Shorten the title to 200 characters." },
            { "field": "body", "detail": "Shorten the note to 20,000 characters." },
        ]);
        assert_eq!(answer.json()["errors"], errors);
        assert_eq!(answer.json()["detail"], "Shorten the title to 200 characters. Shorten the note to 20,000 characters.");
        assert_eq!(app.count("select count(*) from notes").await, 0);
    }

    async fn a_person_has_so_many_notes_and_is_told_what_to_do(app: TestApp) {
        let app = with(&app, &["--notes-per-person", "3"]).await;
        let mut alice = app.with_token("alice").await;
        let saves = (0..10).map(|n| {
            let mut tab = alice.copy();
            tokio::spawn(async move { save(&mut tab, &n.to_string(), "").await })
        });
        let answers = futures::future::join_all(saves).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("no panic")).collect();
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3, "also at once");
        let refused = answers.iter().find(|answer| answer.status != 201).expect("a refusal");
        assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, "notes_full".into(), ""));
        assert!(refused.text().contains("You've reached the limit of 3 notes. Delete one, then save again."), "{}", refused.text());
        let note = answers.iter().find(|answer| answer.status == 201).expect("a note").json();
        let path = format!("/api/v1/notes/{}", note["id"].as_str().expect("an id"));
        let change = Some(json!({ "title": "longer", "body": "text" }));
        assert_eq!(alice.api_with(Method::PUT, &path, &[("if-match", "\"1\"")], change).await.status, 200);
        assert_eq!(alice.api_with(Method::DELETE, &path, &[("if-match", "\"2\"")], None).await.status, 204);
        assert_eq!(save(&mut alice, "again", "").await.status, 201);
        let mut bob = app.with_token("bob").await;
        assert_eq!(save(&mut bob, "mine", "").await.status, 201);
    }

    async fn the_notes_of_a_person_take_so_much_room_and_no_more(app: TestApp) {
        let app = with(&app, &["--notes-mib-per-person", "1"]).await;
        let mut alice = app.with_token("alice").await;
        // 2,000 different words count 256,000 bytes besides their letters.
        let words: Vec<String> = (0..2_500).map(|n| format!("w{n}")).collect();
        let body = words.join(" ");
        for n in 0..3 {
            assert_eq!(save(&mut alice, &n.to_string(), &body).await.status, 201);
        }
        let refused = save(&mut alice, "one more", &body).await;
        assert_eq!((refused.status, refused.code()), (429, "notes_full".into()));
        assert!(refused.text().contains("use all 1 MiB of your storage. Shorten or delete"), "{}", refused.text());
        assert_eq!(save(&mut alice, "small", "text").await.status, 201);
        let list = alice.api(Method::GET, "/api/v1/notes?q=small", None).await.json();
        let path = format!("/api/v1/notes/{}", list["notes"][0]["id"].as_str().expect("an id"));
        let change = |body: &str| Some(json!({ "title": "small", "body": body }));
        let grown = alice.api_with(Method::PUT, &path, &[("if-match", "\"1\"")], change(&body)).await;
        assert_eq!((grown.status, grown.code()), (429, "notes_full".into()), "growing is no way around it");
        let shrunk = alice.api_with(Method::PUT, &path, &[("if-match", "\"1\"")], change("")).await;
        assert_eq!(shrunk.status, 200);
    }

    async fn changes_to_notes_have_a_pace(app: TestApp) {
        let app = with(&app, &["--note-changes-per-minute", "3"]).await;
        let (mut alice, mut bob) = (app.with_token("alice").await, app.with_token("bob").await);
        for n in 0..3 {
            assert_eq!(save(&mut alice, &n.to_string(), "").await.status, 201);
        }
        let refused = save(&mut alice, "too fast", "").await;
        assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, "too_many_changes".into(), "1"));
        assert!(refused.text().contains("Save again in 1 second."), "{}", refused.text());
        assert_eq!(alice.api(Method::GET, "/api/v1/notes", None).await.status, 200, "reading is free");
        assert_eq!(save(&mut bob, "mine", "").await.status, 201);
        app.clock.advance_ms(1_000);
        assert_eq!(save(&mut alice, "in time", "").await.status, 201);
        assert_eq!(app.count("select count(*) from notes").await, 5, "what is refused is not there");
    }
}
