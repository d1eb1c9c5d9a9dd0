//! Every test of the API, in one executable.

mod movies;
mod support;
