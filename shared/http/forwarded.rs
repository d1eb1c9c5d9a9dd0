//! The client's address behind proxies, read from `X-Forwarded-For`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the address of the client if `hops` trusted proxies stand before the API.
///
/// `source` is the address of the connection. `headers` are the values of all `X-Forwarded-For` headers in
/// order; together they form one list. Each proxy appends the address that it saw, so positions count from
/// the right, and entries that a client forges stand further left and never count. Returns `source` if the
/// entry at the position is missing or not an address.
pub fn client<'a>(source: IpAddr, headers: impl Iterator<Item = &'a [u8]>, hops: usize) -> IpAddr {
    let source = source.to_canonical();
    let mut chain: Vec<Option<IpAddr>> = headers
        .flat_map(|header| header.split(|byte| *byte == b','))
        .map(|entry| str::from_utf8(entry).ok().and_then(address))
        .collect();
    // API Gateway appends the address of the connection, `cargo lambda watch` does not.
    if chain.last() != Some(&Some(source)) {
        chain.push(Some(source));
    }
    chain.into_iter().rev().nth(hops).flatten().unwrap_or(source)
}

/// Parses one entry: an address with or without a port, quoted or not. IPv6 with a port is in brackets, as in
/// [RFC 7239, section 6](https://www.rfc-editor.org/rfc/rfc7239#section-6). Returns an IPv4-mapped IPv6
/// address as IPv4.
pub fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let quoted = entry.strip_prefix('"').and_then(|entry| entry.strip_suffix('"'));
    let entry = quoted.unwrap_or(entry);
    let address = if let Some(entry) = entry.strip_prefix('[') {
        let (address, rest) = entry.split_once(']')?;
        if !rest.is_empty() && !rest.strip_prefix(':').is_some_and(is_port) {
            return None;
        }
        IpAddr::V6(address.parse::<Ipv6Addr>().ok()?)
    } else if let Ok(address) = entry.parse() {
        address
    } else {
        let (address, _) = entry.split_once(':').filter(|(_, port)| is_port(port))?;
        IpAddr::V4(address.parse::<Ipv4Addr>().ok()?)
    };
    Some(address.to_canonical())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));

    fn client_of(headers: &[&str], hops: usize) -> String {
        client(SOURCE, headers.iter().map(|header| header.as_bytes()), hops).to_string()
    }

    #[test]
    fn entry_with_port_quotes_or_brackets_parses() {
        for (entry, expected) in [
            ("203.0.113.5", "203.0.113.5"),
            (" 203.0.113.5:4711\t", "203.0.113.5"),
            ("\"203.0.113.5:4711\"", "203.0.113.5"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            ("[::ffff:203.0.113.5]:65535", "203.0.113.5"),
        ] {
            assert_eq!(
                address(entry).map(|address| address.to_string()).as_deref(),
                Some(expected),
                "{entry}"
            );
        }
    }

    #[test]
    fn entry_without_address_is_rejected() {
        for entry in [
            "",
            "unknown",
            "_hidden",
            "\"",
            "\"\"",
            "[",
            "[]",
            "]",
            "[2001:db8::1",
            "2001:db8::1]:443",
            "[203.0.113.5]:80",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "203.0.113.5:",
            "203.0.113.5:+80",
            "203.0.113.5:65536",
            "203.0.113.5:80:80",
            "203.0.113",
            "203.0.113.256",
            "203.0.113.05",
            "fe80::1%eth0",
            "example.com:80",
            "\"203.0.113.5",
        ] {
            assert_eq!(address(entry), None, "{entry}");
        }
    }

    #[test]
    fn zero_hops_returns_connection_address() {
        assert_eq!(client_of(&[], 0), "198.51.100.9");
        assert_eq!(client_of(&["203.0.113.5"], 0), "198.51.100.9");
        assert_eq!(client_of(&["203.0.113.5, 198.51.100.9"], 0), "198.51.100.9");
    }

    #[test]
    fn entries_with_ports_keep_their_position() {
        assert_eq!(client_of(&["6.6.6.1, 203.0.113.5:4711"], 1), "203.0.113.5");
        assert_eq!(client_of(&["6.6.6.1, 203.0.113.5:4711, 198.51.100.9"], 1), "203.0.113.5");
        assert_eq!(
            client_of(&["6.6.6.1, \"[2001:db8::1]:443\", 192.0.2.7:1, 198.51.100.9"], 2),
            "2001:db8::1"
        );
    }

    #[test]
    fn unreadable_entry_falls_back_to_connection_address() {
        for entry in ["unknown", "", "203.0.113.5:port", "\u{fffd}"] {
            assert_eq!(
                client_of(&[&format!("6.6.6.1, {entry}, 198.51.100.9")], 1),
                "198.51.100.9",
                "{entry}"
            );
        }
        let bytes: [&[u8]; 1] = [b"6.6.6.1, \xff\xfe, 198.51.100.9"];
        assert_eq!(client(SOURCE, bytes.into_iter(), 1), SOURCE);
    }

    #[test]
    fn several_headers_form_one_list() {
        assert_eq!(client_of(&["6.6.6.1", "203.0.113.5", "198.51.100.9"], 1), "203.0.113.5");
        assert_eq!(client_of(&["6.6.6.1", "203.0.113.5, 192.0.2.7"], 2), "203.0.113.5");
    }

    #[test]
    fn list_shorter_than_hops_falls_back_to_connection_address() {
        assert_eq!(client_of(&["203.0.113.5"], 2), "198.51.100.9");
        assert_eq!(client_of(&["203.0.113.5"], usize::MAX), "198.51.100.9");
    }

    /// Returns an entry as a proxy writes the address that it saw.
    fn written(address: IpAddr, port: Option<u16>, is_quoted: bool) -> String {
        let text = match (address, port) {
            (IpAddr::V6(address), Some(port)) => format!("[{address}]:{port}"),
            (address, Some(port)) => format!("{address}:{port}"),
            (address, None) => address.to_string(),
        };
        if is_quoted { format!("\"{text}\"") } else { text }
    }

    proptest! {
        #[test]
        fn forged_entries_never_change_client_address(
            forged in prop::collection::vec("[ -~]{0,40}", 0..4),
            client in any::<IpAddr>(),
            port in any::<Option<u16>>(),
            is_quoted: bool,
        ) {
            let written = written(client, port, is_quoted);
            let mut headers: Vec<&str> = forged.iter().map(String::as_str).collect();
            headers.push(&written);
            prop_assert_eq!(client_of(&headers, 1), client.to_canonical().to_string());
        }

        #[test]
        fn arbitrary_header_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), hops in 0_usize..5) {
            client(SOURCE, [bytes.as_slice()].into_iter(), hops);
        }

        #[test]
        fn arbitrary_entry_text_never_panics(text in "[\\[\\]\":.0-9a-f ]{0,45}") {
            address(&text);
        }
    }
}
