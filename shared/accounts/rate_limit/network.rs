//! The networks of a client, and how much each of them may try.

use std::net::IpAddr;

/// The networks of a client, the narrowest first.
///
/// An IPv4 address is its own network, also as an IPv4-mapped IPv6 address. IPv6 providers assign a customer
/// a /64, a /56 or a /48 ([RFC 6177](https://www.rfc-editor.org/rfc/rfc6177)). The address does not show
/// which, so all three count. A wider network has a small multiple of the limit: a customer with a whole /48
/// counts as four clients at most, not as 65,536, and a customer who shares it cannot use it up alone.
#[derive(Debug, PartialEq)]
pub struct Networks(Vec<Network>);

/// One network of a client.
#[derive(Debug, PartialEq)]
pub struct Network {
    /// The network in text form, such as `192.0.2.1` or `2001:db8:0:1::/64`.
    pub name: String,
    /// By how much the limit of one client is multiplied.
    pub clients: i32,
}

impl Networks {
    /// Returns the networks of an address. All clients without a known address share one network.
    pub fn of(client: Option<IpAddr>) -> Self {
        let single = |name: String| Self(vec![Network { name, clients: 1 }]);
        match client.map(|address| address.to_canonical()) {
            None => single("unknown".into()),
            Some(IpAddr::V4(address)) => single(address.to_string()),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                let wider = d & 0xff00;
                let network = |name, clients| Network { name, clients };
                Self(vec![
                    network(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"), 1),
                    network(format!("{a:x}:{b:x}:{c:x}:{wider:x}::/56"), 2),
                    network(format!("{a:x}:{b:x}:{c:x}::/48"), 4),
                ])
            }
        }
    }

    /// Returns an iterator over the networks, the widest first.
    pub fn widest_first(&self) -> impl Iterator<Item = &Network> {
        self.0.iter().rev()
    }

    /// Returns the name of the narrowest network.
    pub fn narrowest(&self) -> &str {
        &self.0[0].name
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn names(address: &str) -> Vec<String> {
        let networks = Networks::of(Some(address.parse().unwrap()));
        networks.0.iter().map(|network| network.name.clone()).collect()
    }

    #[test]
    fn ipv6_client_belongs_to_three_networks() {
        assert_eq!(
            names("2001:db8:0:12ab:ffff::2"),
            ["2001:db8:0:12ab::/64", "2001:db8:0:1200::/56", "2001:db8:0::/48"]
        );
    }

    #[test]
    fn ipv4_mapped_address_equals_ipv4_client() {
        assert_eq!(names("203.0.113.5"), ["203.0.113.5"]);
        assert_eq!(names("::ffff:203.0.113.5"), ["203.0.113.5"]);
    }

    #[test]
    fn unknown_clients_share_one_network() {
        assert_eq!(Networks::of(None).narrowest(), "unknown");
    }

    proptest! {
        #[test]
        fn ipv6_networks_match_by_prefix_bits(one: u128, flipped in 0_u32..128) {
            let names = |bits| {
                let networks = Networks::of(Some(IpAddr::V6(Ipv6Addr::from_bits(bits))));
                networks.0.iter().map(|network| network.name.clone()).collect::<Vec<_>>()
            };
            // Addresses that do not map IPv4.
            let one = one | 1 << 127;
            let (ours, theirs) = (names(one), names(one ^ (1 << (127 - flipped)) | 1 << 127));
            let is_shared = |length| flipped == 0 || flipped >= length;
            for (at, length) in [64, 56, 48].into_iter().enumerate() {
                prop_assert_eq!(ours[at] == theirs[at], is_shared(length), "/{}", length);
            }
        }

        #[test]
        fn different_ipv4_addresses_are_different_clients(one: u32, other: u32) {
            let name = |bits| Networks::of(Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))).narrowest().to_owned();
            prop_assert_eq!(name(one) == name(other), one == other);
        }
    }
}
