//! The whole product with two more routes, for `cargo xtask bench`: one handler as it is without authentication, and one
//! that reads nothing but the session. So a ratio shows what authentication costs, and the product has no route that is
//! there to be measured.

mod answer;

use std::{process::ExitCode, sync::Arc};

use axum::{Extension, Json, routing::get};
use clap::Parser;
use latchkey::{
    auth::sessions::guard::LoggedIn,
    base::logging,
    cli::{given, parts::ServerSettings},
    pages::part::{Part, Parts, Routes},
    serve,
};

use crate::answer::{Answer, answer, constant};

/// The product, to be measured.
#[derive(Parser)]
struct Layered {
    #[command(flatten)]
    settings: ServerSettings,
}

fn main() -> ExitCode {
    latchkey::use_small_pages();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    let Layered { settings: ServerSettings { config, parts } } = given::read();
    let _log = logging::start_in_background(&config);
    let mut parts = Parts::from(parts).to_vec();
    parts.push(Arc::new(Handlers));
    match serve::serve(config, Parts(parts.into())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("layered: {words}");
            ExitCode::FAILURE
        }
    }
}

struct Handlers;

impl Part for Handlers {
    /// Beside `GET /api/v1/me`, in the same layers; it takes no caller.
    fn api(&self) -> Routes {
        vec![("/api/v1/open", get(constant))]
    }

    /// Beside the pages, behind all that finds out who is logged in.
    fn routes(&self) -> Routes {
        vec![("/session/me", get(session))]
    }
}

/// 401 is what a missing extension would be; here it's a server error, and the bench refuses to count it.
async fn session(Extension(someone): Extension<LoggedIn>) -> Json<Answer> {
    answer(&someone.user.id, &someone.log_in.sid)
}
