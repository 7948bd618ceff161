//! docs/INTEGRATING.md: the example in Rust, which is what its block says, at tokens that are and tokens that are not for it.

use jsonwebtoken::jwk::JwkSet;

use super::{
    app::TestApp,
    integrating_example as example,
    oauth::{BACK, ISSUER, register, text},
    on_both_databases,
};
use crate::base::state::Clock;

const API: &str = "https://api.example.com";

#[test]
fn the_example_in_the_document_is_the_one_that_is_tested() {
    let document = include_str!("../../docs/INTEGRATING.md");
    let (_, block) = document.split_once("```rust\n// verify.rs\n").expect("the example");
    let (block, _) = block.split_once("```").expect("its end");
    let (_, tested) =
        include_str!("integrating_example.rs").split_once("\n\n").expect("the code below the first lines");
    assert_eq!(block, tested);
}

on_both_databases! {
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
