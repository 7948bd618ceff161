//! What a live form hears of its action: where to go, or words for people. (Programs hear the name of the error.)

use serde_json::json;

use super::{
    app::{PASSWORD, TestApp},
    on_both_databases,
};

on_both_databases! {
    async fn a_form_is_told_in_words_what_is_wrong_and_at_which_field(app: TestApp) {
        let fields = [("name", ""), ("email", "nope"), ("password", PASSWORD)];
        let answer = app.anonymous().send_form("sign_up", &fields).await;
        assert_eq!((answer.status, &*answer.code()), (422, "invalid"));
        assert_eq!(answer.json()["detail"], "There are 2 problems");
        let email = "Enter an email address in the right format, like name@example.com.";
        let errors = json!([
            { "field": "email", "detail": email },
            { "field": "name", "detail": "Enter your name." },
        ]);
        assert_eq!(answer.json()["errors"], errors);
        assert!(answer.set_cookie("__Host-flash").is_empty(), "what was typed is still there");
    }

    async fn what_stands_at_the_one_field_that_is_wrong_is_not_said_twice(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        app.clock.advance_ms(10 * 60_000);
        let answer = alice.send_form("end_other_sessions", &[("password", "wrong")]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["detail"], "There is a problem");
        let words = "Wrong password. Try again.";
        assert_eq!(answer.json()["errors"], json!([{ "field": "current_password", "detail": words }]));
        let asked = alice.send_form("end_other_sessions", &[]).await;
        assert_eq!((asked.status, &*asked.code()), (401, "insufficient_user_authentication"));
        assert_eq!(asked.json()["errors"], json!([]));
    }

    async fn a_form_that_is_taken_is_told_where_to_go(app: TestApp) {
        let mut alice = app.anonymous();
        let fields = [("name", "Alice"), ("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.send_form("sign_up", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (200, "/dashboard"));
        assert!(answer.headers.contains_key("serverfnredirect"));
        assert_eq!(alice.open("/dashboard").await.status, 200, "the cookie came along");
    }

    async fn a_form_that_is_sent_too_often_is_told_when_to_try_again(app: TestApp) {
        app.logged_in("alice").await;
        let fields = [("email", "alice@example.com"), ("password", "not the right password")];
        let mut stranger = app.anonymous();
        for _ in 0..5 {
            assert_eq!(stranger.send_form("log_in", &fields).await.code(), "wrong_credentials");
        }
        let answer = stranger.send_form("log_in", &fields).await;
        assert_eq!((answer.status, &*answer.code()), (429, "too_many_tries"));
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
        assert!(answer.json()["detail"].as_str().is_some_and(|words| words.starts_with("Too many attempts. Try again in ")));
    }
}
