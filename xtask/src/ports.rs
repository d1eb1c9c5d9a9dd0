//! Ports for the functions.

use std::net::TcpListener;

use crate::{
    problem::{Problem, Result},
    variable::variable,
};

/// Returns PORT, or the default. Fails if the port is not free.
pub fn of_environment(default: u16) -> Result<u16> {
    let port = variable("PORT").map_or(Ok(default), |text| parse(&text))?;
    probe(port, "; stop what uses it, or set PORT to another.")
}

fn parse(text: &str) -> Result<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| is_number && *port > 0);
    port.ok_or_else(|| Problem::new(format!("PORT is '{text}'; it must be a number from 1 to 65535.")))
}

/// Returns the port, or a free one for 0. Fails if another program uses it.
pub fn free(port: u16) -> Result<u16> {
    probe(port, "; stop what uses it.")
}

fn probe(port: u16, advice: &str) -> Result<u16> {
    let address = TcpListener::bind(("127.0.0.1", port)).and_then(|probe| probe.local_addr());
    address.map(|address| address.port()).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or_default();
        Problem::new(format!("port {port} cannot be used ({reason}){advice}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_a_number_from_1_to_65535() {
        assert_eq!([parse("1").unwrap(), parse("65535").unwrap()], [1, 65535]);
        for text in ["0", "65536", "+80", "80 ", "a"] {
            let problem = parse(text).unwrap_err().to_string();
            assert_eq!(problem, format!("PORT is '{text}'; it must be a number from 1 to 65535."));
        }
    }

    #[test]
    fn used_port_is_reported() {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        let problem = free(port).unwrap_err().to_string();
        let reason = format!("port {port} cannot be used (Address already in use); stop what uses it");
        assert!(problem.starts_with(&reason), "{problem}");
        drop(probe);
        assert_eq!(free(port).unwrap(), port);
    }
}
