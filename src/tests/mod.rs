//! Tests through the front door: requests against the whole router, on SQLite and on PostgreSQL.

mod accounts;
mod acts;
mod activity;
mod addresses;
mod algorithms;
mod app;
mod appearance;
mod at_hand;
mod audit_log;
mod cached_sessions;
mod caller;
mod command_line;
mod cookies;
mod cross_site;
mod crowds;
mod database;
mod devices;
mod documents;
mod emails;
mod enumeration;
mod everyone;
mod files;
mod first_steps;
mod forms;
mod instances;
#[cfg(feature = "oauth")]
mod integrating;
#[cfg(feature = "oauth")]
mod integrating_example;
#[cfg(feature = "oauth")]
mod integrating_login;
mod jobs;
mod jwt_attacks;
mod keys;
#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "lab")]
mod lab_measures;
#[cfg(feature = "lab")]
mod lab_attacks;
#[cfg(feature = "lab")]
mod lab_lanes;
mod layout;
mod limits;
mod mails;
mod links;
mod logs;
mod metrics;
mod not_me;
mod notes;
mod overview;
mod postgres;
mod own_data;
#[cfg(feature = "oauth")]
mod oauth;
#[cfg(feature = "oauth")]
mod oauth_apps;
#[cfg(feature = "oauth")]
mod oauth_assertions;
#[cfg(feature = "oauth")]
mod oauth_device;
#[cfg(feature = "oauth")]
mod oauth_documents;
#[cfg(feature = "oauth")]
mod oauth_id_tokens;
#[cfg(feature = "oauth")]
mod oauth_tokens;
#[cfg(feature = "oauth")]
mod oauth_backchannel;
mod passwords;
mod plain_forms;
mod people;
mod profile;
mod proof;
mod redirects;
mod reset;
mod retention;
mod refusals;
mod resurrection;
mod revocation;
mod room;
mod routes;
mod second_factor;
mod serving;
mod settings;
mod smtp;
mod starting;
mod streams;
mod sessions;
mod texts;
mod throttle;
mod times;
mod user_agents;
mod verification;
mod verified_tokens;
mod well_known;
mod whole_log_ins;
mod words;

/// Makes of `async fn story(app: TestApp)` two tests of that name: one on each database.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $story:block)+) => {
        mod stories {
            use super::*;
            $(pub async fn $name($app: TestApp) $story)+
        }
        mod on_sqlite {
            use crate::{base::db::Kind, tests::app::TestApp};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::stories::$name(TestApp::on(Kind::Sqlite).await).await; })+
        }
        mod on_postgres {
            use crate::{base::db::Kind, tests::app::TestApp};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::stories::$name(TestApp::on(Kind::Postgres).await).await; })+
        }
    };
}
use on_both_databases;
