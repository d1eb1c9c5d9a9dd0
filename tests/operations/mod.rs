//! What holds for the API as a whole.

mod grant;
mod import;
mod manage;
mod not_found;
mod routes;
mod watch_router;
