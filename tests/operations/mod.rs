//! What holds for the API as a whole.

mod conformance;
mod database_gate;
mod delete_account;
mod deployment;
mod description;
mod drills;
mod edge;
mod emulator;
mod examples;
mod grant;
mod import;
mod life;
mod logs;
mod manage;
mod migrations;
mod monitoring;
mod not_found;
mod observed;
mod permissions;
mod roles;
mod routes;
mod settings;
mod watch_router;
