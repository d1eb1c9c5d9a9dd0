//! Every test of the API, in one executable.

mod contract;
mod harness;
mod movies;
mod operations;
mod serving;
mod support;
