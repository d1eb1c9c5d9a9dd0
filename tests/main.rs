//! The tests of the API, in one executable.

mod accounts;
mod contract;
mod cors;
mod database;
mod harness;
mod headers;
mod hostile;
mod json_input;
mod mail;
mod movies;
mod operations;
mod origin;
mod pages;
mod plans;
mod profiles;
mod round_trips;
mod serving;
mod support;
