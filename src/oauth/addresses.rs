//! Where the authorization server's pages and endpoints are. Server side.

pub const AUTHORIZE: &str = "/oauth/authorize";
pub const TOKEN: &str = "/oauth/token";
pub const DEVICE: &str = "/oauth/device_authorization";
pub const REVOKE: &str = "/oauth/revoke";
pub const INTROSPECT: &str = "/oauth/introspect";
pub const USER_INFO: &str = "/oauth/userinfo";
pub const LOG_OUT: &str = "/oauth/logout";
pub const SERVER: &str = "/.well-known/oauth-authorization-server";
pub const OPENID: &str = "/.well-known/openid-configuration";
pub const ANSWER: &str = "/oauth/answer";
/// What users let applications do.
pub const CONNECTED: &str = "/account/connected";
/// Where the user types the code of a device.
pub const DEVICE_PAGE: &str = "/device";
pub const APPS: &str = "/account/apps";
pub const NEW_APP: &str = "/account/apps/new";
pub const APP: &str = "/account/apps/{id}";
pub const ALL_APPS: &str = "/admin/apps";
