//! Parse the command line, dispatch. Server side.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    latchkey::cli::run().await
}
