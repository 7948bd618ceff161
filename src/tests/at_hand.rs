//! The connection of a read is the next one's, unless something went wrong on it.

use std::{future::pending, time::Duration};

use sqlx::{AnyConnection, Executor};

use super::{app::TestApp, on_both_databases};

/// Only the connection that made it sees it.
async fn mark(connection: &mut AnyConnection) -> sqlx::Result<()> {
    connection.execute("create temporary table mark (id integer)").await.map(drop)
}

async fn is_marked(connection: &mut AnyConnection) -> sqlx::Result<bool> {
    Ok(connection.execute("select id from mark").await.is_ok())
}

on_both_databases! {
    async fn the_next_read_has_the_same_connection(app: TestApp) {
        let db = &app.services.state.db;
        db.at_hand.read(mark).await.expect("a mark");
        for _ in 0..20 {
            assert!(db.at_hand.read(is_marked).await.expect("a read"));
            assert_eq!(db.at_hand.count(), 1);
        }
    }

    async fn a_connection_on_which_something_went_wrong_goes_back_to_the_pool(app: TestApp) {
        let db = &app.services.state.db;
        db.at_hand.read(mark).await.expect("a mark");
        let failed = db.at_hand.read(async |connection| connection.execute("select nothing from nowhere").await.map(drop)).await;
        assert!(failed.is_err());
        assert_eq!(db.at_hand.count(), 0, "after an error");
        db.at_hand.read(is_marked).await.expect("a read");
        let left = tokio::time::timeout(Duration::from_millis(50), db.at_hand.read(async |_| pending::<sqlx::Result<()>>().await)).await;
        assert!(left.is_err() && db.at_hand.count() == 0, "left in the middle");
    }

    async fn whoever_waits_for_the_last_connection_gets_it(app: TestApp) {
        let db = &app.services.state.db;
        db.at_hand.read(mark).await.expect("a mark");
        let mut held = Vec::new();
        for _ in 0..db.connections() {
            held.push(db.pool.acquire().await.expect("a connection"));
        }
        assert_eq!(db.at_hand.count(), 0);
    }

    async fn most_connections_stay_in_the_pool(app: TestApp) {
        let db = &app.services.state.db;
        let reads = (0..db.connections()).map(|_| db.at_hand.read(async |connection| connection.execute("select 1").await.map(drop)));
        for read in futures::future::join_all(reads).await {
            read.expect("a read");
        }
        assert!((1..=db.connections() as usize / 4).contains(&db.at_hand.count()), "{} at hand", db.at_hand.count());
        app.services.close_databases().await;
        assert_eq!((db.at_hand.count(), db.pool.size()), (0, 0), "none outlives the pool");
    }
}
