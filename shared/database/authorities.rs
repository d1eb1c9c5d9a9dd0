//! Who may vouch for a database beside the authorities that browsers trust.

use crate::config::{self, ConfigError};

/// Amazon's own authorities sign for RDS, others in every region; the file says which are whose.
const RDS: &str = include_str!("authorities.pem");

/// The certificates (PEM) to trust: those of RDS in the region `AWS_REGION`, and what `DATABASE_CA` holds.
/// Empty where there are none, as for a region that is younger than this list. Fails when `DATABASE_CA` holds
/// none.
pub fn trusted() -> Result<String, ConfigError> {
    let mut trusted =
        config::optional("AWS_REGION").and_then(|region| of_rds(&region)).unwrap_or_default().to_owned();
    if let Some(own) = config::optional("DATABASE_CA") {
        if !own.contains("-----BEGIN CERTIFICATE-----") {
            return Err(ConfigError::new("DATABASE_CA", "is no certificate in PEM"));
        }
        trusted.push_str(&own);
    }
    Ok(trusted)
}

fn of_rds(region: &str) -> Option<&'static str> {
    let mut sections = RDS.split("\nRegion ").skip(1);
    sections.find_map(|section| section.strip_prefix(region)?.strip_prefix('\n'))
}
