//! How a person wants the pages to look is known before the first byte.

use super::{app::TestApp, caller::Caller, on_both_databases};

/// The beginning of the start page.
async fn head(caller: &mut Caller) -> String {
    let page = caller.open("/").await.text();
    page.split_once("<head>").expect("a head").0.to_owned()
}

on_both_databases! {
    async fn the_first_byte_knows_the_chosen_colours(app: TestApp) {
        let mut visitor = app.anonymous();
        assert!(head(&mut visitor).await.contains("data-theme=\"system\""));
        let answer = visitor.act("set_appearance", &[("theme", "dark"), ("contrast", "more")]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.set_cookie("__Host-appearance").contains("HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age="));
        let begin = head(&mut visitor).await;
        assert!(begin.contains("data-theme=\"dark\"") && begin.contains("data-contrast=\"more\""), "{begin}");
        assert!(visitor.open("/").await.text().contains("<meta name=\"color-scheme\" content=\"dark\">"));
        visitor.act("set_appearance", &[("theme", "system")]).await;
        assert!(!visitor.cookies.contains_key("__Host-appearance"), "what everybody has needs no cookie");
        assert!(!head(&mut visitor).await.contains("data-contrast"));
    }

    async fn what_nobody_can_choose_is_as_nothing_said(app: TestApp) {
        let mut visitor = app.anonymous();
        for value in ["dark\"><script>", "..", "light.more.more", ""] {
            visitor.act("set_appearance", &[("theme", value), ("contrast", value)]).await;
            visitor.cookies.insert("__Host-appearance".into(), "\"><script>.more\"".into());
            let begin = head(&mut visitor).await;
            assert!(begin.contains("<html lang=\"en\" data-theme=\"system\">"), "{value}: {begin}");
        }
    }

    async fn times_are_said_as_people_say_them_and_exactly_one_hover_away(app: TestApp) {
        let mut alice = app.logged_in("alice").await;
        assert!(alice.open("/account/devices").await.text().contains("just now"));
        app.clock.advance_ms(5 * 60_000);
        let page = alice.open("/account/devices").await.text();
        assert!(page.contains(">5 minutes ago</time>") && page.contains("title=\"1 January 2026 at 12:00 UTC\""), "{page}");
        app.clock.advance_ms(10 * 60_000);
        assert!(alice.open("/account/devices").await.text().contains(">15 minutes ago</time>"));
    }
}
