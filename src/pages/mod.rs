//! The site. One folder for each part of it: what its pages show, their forms, their addresses, their views, and the
//! stories that only they tell.

pub mod account;
pub mod activity;
pub mod admin;
pub mod appearance;
pub mod dashboard;
pub mod home;
pub mod login;
pub mod notes;
#[cfg(feature = "ssr")]
pub mod part;
#[cfg(feature = "ssr")]
pub mod request;
pub mod reset;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod signup;
pub mod verification;
