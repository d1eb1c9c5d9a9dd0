//! The certificate authorities that are trusted to sign the database's certificate, besides the public ones.

use crate::config::{self, ConfigError};

/// Amazon's certificate authorities for RDS. They differ by region; the file says which belong to which.
const RDS: &str = include_str!("authorities.pem");

/// The host name suffixes of RDS
/// ([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)). The label before
/// the suffix is the region.
const DOMAINS: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];

/// Returns the certificates (PEM) to trust for `host` besides the public authorities: for an RDS instance
/// those of the region in its name, and those in `DATABASE_CA`.
///
/// Fails if `DATABASE_CA` contains no certificate. Also fails for an RDS instance in a region whose
/// authorities are not built in while `DATABASE_CA` is empty, because its certificate could never be
/// verified.
pub fn trusted(host: &str) -> Result<String, ConfigError> {
    select(host, config::optional("DATABASE_CA"))
}

fn select(host: &str, own: Option<String>) -> Result<String, ConfigError> {
    let own = own.unwrap_or_default();
    if !own.is_empty() && !own.contains("-----BEGIN CERTIFICATE-----") {
        return Err(ConfigError::new("DATABASE_CA", "holds no certificate in PEM"));
    }
    let Some(region) = region(host) else { return Ok(own) };
    match of_rds(region) {
        Some(authorities) => Ok(format!("{authorities}\n{own}")),
        None if own.is_empty() => Err(ConfigError::new(
            "DATABASE_CA",
            format_args!(
                "must hold the certificate authorities of RDS in {region}, which are not built in: the bundle \
                 is at https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
            ),
        )),
        None => Ok(own),
    }
}

/// Returns the region of an RDS instance. Returns `None` for other servers and for RDS Proxy, whose
/// certificates come from a public authority
/// ([AWS](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html)).
fn region(host: &str) -> Option<&str> {
    let name = DOMAINS.iter().find_map(|domain| host.strip_suffix(domain))?;
    let mut labels = name.rsplit('.');
    let region = labels.next()?;
    let is_proxy = labels.next().is_some_and(|label| label.starts_with("proxy-"));
    (!is_proxy).then_some(region)
}

fn of_rds(region: &str) -> Option<&'static str> {
    let mut sections = RDS.split("\nRegion ").skip(1);
    sections.find_map(|section| section.strip_prefix(region)?.strip_prefix('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";

    fn choose(host: &str, own: &str) -> Result<String, String> {
        select(host, Some(own.to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn rds_host_trusts_authorities_of_its_region() {
        let trusted = choose("movies.abc.eu-central-1.rds.amazonaws.com", "").unwrap();
        assert_eq!(trusted.matches("-----BEGIN CERTIFICATE-----").count(), 3);
        assert_eq!(trusted.trim_end(), of_rds("eu-central-1").unwrap().trim_end());
        assert_ne!(of_rds("eu-central-1"), of_rds("eu-central-2"));
    }

    #[test]
    fn custom_authority_is_added_to_rds_authorities() {
        let trusted = choose("movies.abc.eu-central-1.rds.amazonaws.com", OWN).unwrap();
        assert!(trusted.starts_with(of_rds("eu-central-1").unwrap()) && trusted.ends_with(OWN));
    }

    #[test]
    fn non_rds_hosts_trust_no_rds_authorities() {
        for host in ["localhost", "db.example.com", "x.proxy-abc.eu-central-1.rds.amazonaws.com"] {
            assert_eq!(choose(host, "").as_deref(), Ok(""), "{host}");
            assert_eq!(choose(host, OWN).as_deref(), Ok(OWN), "{host}");
        }
    }

    #[test]
    fn unknown_region_requires_custom_authority() {
        for (host, region) in [
            ("movies.abc.il-central-1.rds.amazonaws.com", "il-central-1"),
            ("movies.abc.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1"),
            ("movies.abc.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"),
        ] {
            let error = choose(host, "").unwrap_err();
            assert!(error.starts_with(&format!(
                "DATABASE_CA must hold the certificate authorities of RDS in {region},"
            )));
            assert_eq!(choose(host, OWN).as_deref(), Ok(OWN), "{host}");
        }
    }

    #[test]
    fn custom_authority_without_certificate_is_rejected() {
        assert_eq!(choose("localhost", "none").unwrap_err(), "DATABASE_CA holds no certificate in PEM");
    }
}
