//! Verifies a wrong password with Argon2id for every line of standard input, and prints the nanoseconds.
//!
//! The line is the stored hash, a PHC string.

use std::{io, time::Instant};

use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for line in io::stdin().lines() {
        let line = line?;
        let hash = PasswordHash::new(&line)?;
        let began = Instant::now();
        let outcome = Argon2::default().verify_password(b"WrongPassword123!", &hash);
        let took = began.elapsed();
        assert!(outcome.is_err(), "this is the right password");
        println!("{}", took.as_nanos());
    }
    Ok(())
}
