//! Parse the command line, dispatch. Server side.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::use_small_pages();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    latchkey::outlive_full_files();
    latchkey::cli::run().await
}
