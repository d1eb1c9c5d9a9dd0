//! Tests of the API as a whole: deployment, monitoring, operator commands, and the OpenAPI description.

mod conformance;
mod curate;
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
mod index_search;
mod life;
mod logs;
mod manage;
mod migrations;
mod monitoring;
mod name_migration;
mod not_found;
mod observed;
mod permissions;
mod roles;
mod routes;
mod settings;
mod watch_router;
