//! What users let applications do: asked, shown, ended. Server side.

pub mod connected_page;
pub mod consent_page;
pub mod store;
