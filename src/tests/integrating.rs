//! docs/INTEGRATING.md: the examples in Rust, which are what their blocks say, at answers and tokens that are and that are not
//! for them.

use std::io;

use jsonwebtoken::jwk::JwkSet;
use oauth2::{HttpRequest, HttpResponse};

use super::{
    app::TestApp,
    integrating_example as example, integrating_login as login,
    oauth::{BACK, ISSUER, agree, post, register, text},
    on_both_databases,
};
use crate::base::state::Clock;

const API: &str = "https://api.example.com";

#[test]
fn the_examples_in_the_document_are_those_that_are_tested() {
    let document = include_str!("../../docs/INTEGRATING.md");
    for (name, tested) in
        [("verify.rs", include_str!("integrating_example.rs")), ("login.rs", include_str!("integrating_login.rs"))]
    {
        let (_, block) = document.split_once(&format!("```rust\n// {name}\n")).expect("the example");
        let (block, _) = block.split_once("```").expect("its end");
        let (_, tested) = tested.split_once("\n\n").expect("the code below the first lines");
        assert_eq!(block, tested);
    }
}

on_both_databases! {
    async fn a_program_in_rust_logs_a_user_in_and_takes_no_answer_of_another_login(app: TestApp) {
        app.clock.advance_ms(Clock::default().now_ms() - app.clock.now_ms());
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let keys: JwkSet = serde_json::from_value(app.anonymous().open("/.well-known/jwks.json").await.json()).expect("keys");
        let web = register(&app, &mut ada, "web", BACK, "openid").await;
        let latchkey = login::latchkey(ISSUER, &web.id, web.secret.as_deref().expect("a secret"), BACK).expect("addresses");
        let http = async |request: HttpRequest| {
            let basic = request.headers()["authorization"].to_str().map_err(io::Error::other)?;
            let body = String::from_utf8(request.body().clone()).map_err(io::Error::other)?;
            let answer = post(&app.anonymous(), request.uri().path(), &body, &[("authorization", basic)]).await;
            let response = axum::http::Response::builder().status(answer.status).header("content-type", "application/json");
            response.body(answer.text().into_bytes()).map_err(io::Error::other) as Result<HttpResponse, _>
        };
        let ((address, first), (_, second)) = (login::begin(&latchkey), login::begin(&latchkey));
        let page = bob.open(&address[url::Position::BeforePath..]).await.text();
        let came = agree(&mut bob, &page, "allow").await;
        let came = ["code", "state", "iss"].map(|name| came.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value));
        assert!(login::finish(&latchkey, second, came, (ISSUER, &keys), &http).await.is_err(), "it is for another login");
        let user = login::finish(&latchkey, first, came, (ISSUER, &keys), &http).await.expect("a user");
        assert_eq!(user.sub, app.user("bob").await.id);
    }

    async fn an_api_elsewhere_takes_access_tokens_for_itself_and_nothing_else(app: TestApp) {
        // The library looks at the clock of the machine.
        app.clock.advance_ms(Clock::default().now_ms() - app.clock.now_ms());
        let (mut ada, mut bob) = (app.admin().await, app.logged_in("bob").await);
        let keys: JwkSet = serde_json::from_value(app.anonymous().open("/.well-known/jwks.json").await.json()).expect("keys");
        let verify = |token: &str| example::verify(token, &keys, ISSUER, API);
        let ledger = register(&app, &mut ada, "web", BACK, "openid invoices:read").await;
        let code = ledger.code(&mut bob, &[("scope", "openid invoices:read"), ("resource", API)]).await;
        let tokens = ledger.redeem(&code).await.json();
        let claims = verify(text(&tokens, "access_token")).expect("a token").expect("for this API");
        assert_eq!((claims.client_id, claims.scope), (ledger.id.clone(), "openid invoices:read".to_owned()));
        assert_eq!(claims.sub, app.user("bob").await.id);

        assert!(verify(text(&tokens, "id_token")).expect("a token").is_none(), "an ID token opens nothing");
        let elsewhere = ledger.tokens(&mut bob, "openid invoices:read").await;
        assert!(verify(text(&elsewhere, "access_token")).is_err(), "it is for another API");
        assert!(verify("no.token.atall").is_err());
    }
}
