//! What holds for the API as a whole.

mod conformance;
mod deployment;
mod description;
mod examples;
mod grant;
mod import;
mod logs;
mod manage;
mod not_found;
mod permissions;
mod roles;
mod routes;
mod watch_router;
