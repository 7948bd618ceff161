//! The list of first steps on the overview of administration: what each says, and how the list goes.

use super::{
    app::TestApp,
    caller::{Caller, main_of},
    on_both_databases,
};

pub async fn overview(admin: &mut Caller) -> String {
    let answer = admin.open("/admin").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    main_of(&answer.text()).to_owned()
}

/// How many steps are done, and how many are not.
pub fn states(page: &str) -> (usize, usize) {
    (page.matches(">Done</span>").count(), page.matches(">To do</span>").count())
}

on_both_databases! {
    async fn where_there_is_no_lab_and_no_mail_the_list_says_so(app: TestApp) {
        let key = ["--secret-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];
        let app = TestApp::with(app.kind(), &[["--base-url", "https://localhost:3000"], key].concat()).await;
        let page = overview(&mut app.admin().await).await;
        assert_eq!(states(&page), (0, 3), "{page}");
        assert!(page.contains("This server doesn't send email.") && !page.contains("Open the Lab"), "{page}");
    }

    async fn the_list_is_put_away_for_good_by_a_click_and_for_oneself_alone(app: TestApp) {
        let mut ada = app.admin().await;
        let mut bob = app.another_admin("bob").await;
        let answer = ada.submit("put_away_first_steps", &[("name", "all")], "/admin").await;
        assert_eq!((answer.status, answer.header("location")), (303, "/admin"));
        assert!(!overview(&mut ada).await.contains("First steps"));
        let mut again = app.logged_in_again("ada").await;
        assert!(!overview(&mut again).await.contains("First steps"), "in another browser neither");
        assert_eq!(again.act("put_away_first_steps", &[("name", "lab")]).await.status, 200);
        assert!(!overview(&mut again).await.contains("First steps"), "nothing brings it back");
        assert!(overview(&mut bob).await.contains("First steps"), "each has their own");
        assert_eq!(bob.act("put_away_first_steps", &[("name", "some")]).await.text(), "\"BadRequest\"");
    }

    async fn an_auditor_is_shown_no_first_steps_and_puts_none_away(app: TestApp) {
        app.admin().await;
        let mut otto = app.auditor("otto").await;
        let page = overview(&mut otto).await;
        assert!(!page.contains("First steps") && !page.contains("<form"), "{page}");
        assert_eq!(otto.act("put_away_first_steps", &[("name", "all")]).await.text(), "\"NotAllowed\"");
    }
}
