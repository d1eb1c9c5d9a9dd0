//! What holds for the API as a whole.

mod not_found;
mod routes;
mod watch_router;
