//! Every test of the API, in one executable.
