//! Where the server's outgoing requests come from.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;

/// Ranges at most.
const MAX_RANGES: usize = 100;

/// Characters of a purpose at most.
const MAX_PURPOSE: usize = 200;

/// Addresses for the firewalls of others. The server cannot find them out: a gateway may stand in between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressConfig {
    /// In the order in which tools show them.
    pub ips: Vec<EgressRange>,
}

/// A range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressRange {
    /// `ADDRESS/PREFIX`, IPv4 or IPv6, with no bit set behind the prefix.
    pub cidr: String,
    /// What goes out from there, in a few words.
    pub purpose: Option<String>,
}

impl EgressConfig {
    /// Ranges that are kept for documentation (RFC 5737, RFC 3849): what the demo shows.
    pub fn example() -> Self {
        let range =
            |cidr: &str, purpose: &str| EgressRange { cidr: cidr.to_owned(), purpose: Some(purpose.to_owned()) };
        Self {
            ips: vec![
                range("192.0.2.0/28", "Requests to GitHub"),
                range("198.51.100.64/32", "Requests to GitHub from the standby site"),
                range("2001:db8:50::/48", "Requests to GitHub over IPv6"),
            ],
        }
    }

    /// Checks every range. The error says which entry is wrong.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.ips.len() > MAX_RANGES {
            return Err(format!("has {} entries; {MAX_RANGES} are allowed", self.ips.len()));
        }
        let mut seen = BTreeSet::new();
        for (index, range) in self.ips.iter().enumerate() {
            let wrong = |problem: String| format!("entry {}, `{}`, {problem}", index + 1, range.cidr);
            check_cidr(&range.cidr).map_err(wrong)?;
            check_purpose(range.purpose.as_deref()).map_err(wrong)?;
            if !seen.insert(&range.cidr) {
                return Err(wrong("is there twice".to_owned()));
            }
        }
        Ok(())
    }
}

fn check_cidr(text: &str) -> Result<(), String> {
    let (address, prefix) = text.split_once('/').ok_or("must be ADDRESS/PREFIX, for example 192.0.2.10/32")?;
    let address: IpAddr = address.parse().map_err(|_| "has no IPv4 or IPv6 address before its slash")?;
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let number: Option<u32> = prefix.parse().ok();
    let number = number.filter(|number| (1..=width).contains(number) && number.to_string() == prefix);
    let number = number.ok_or_else(|| format!("must have a prefix from 1 to {width}"))?;
    let behind = 1_u128.checked_shl(width - number).map_or(u128::MAX, |bit| bit - 1);
    if bits & behind == 0 {
        Ok(())
    } else {
        Err("has bits set behind its prefix: write the first address of the range".to_owned())
    }
}

fn check_purpose(purpose: Option<&str>) -> Result<(), String> {
    let is_good = |text: &str| text.chars().count() <= MAX_PURPOSE && !text.chars().any(char::is_control);
    if purpose.is_none_or(is_good) {
        Ok(())
    } else {
        Err(format!("must have a purpose of one line, at most {MAX_PURPOSE} characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(cidrs: &[&str]) -> EgressConfig {
        let range = |cidr: &&str| EgressRange { cidr: (*cidr).to_owned(), purpose: None };
        EgressConfig { ips: cidrs.iter().map(range).collect() }
    }

    #[test]
    fn ranges_of_both_families_are_accepted() {
        assert_eq!(EgressConfig::example().check(), Ok(()));
        assert_eq!(config(&[]).check(), Ok(()));
        assert_eq!(config(&["203.0.113.7/32", "128.0.0.0/1", "2001:db8::1/128", "2001:db8::/32"]).check(), Ok(()));
    }

    #[test]
    fn what_is_no_range_is_refused_with_its_place() {
        for (cidr, problem) in [
            ("192.0.2.1", "must be ADDRESS/PREFIX"),
            ("host.example/32", "no IPv4 or IPv6 address"),
            ("192.0.2/24", "no IPv4 or IPv6 address"),
            ("192.0.2.0/33", "a prefix from 1 to 32"),
            ("0.0.0.0/0", "a prefix from 1 to 32"),
            ("192.0.2.0/+24", "a prefix from 1 to 32"),
            ("192.0.2.0/024", "a prefix from 1 to 32"),
            ("2001:db8::/129", "a prefix from 1 to 128"),
            ("192.0.2.1/24", "bits set behind its prefix"),
            ("2001:db8::1/64", "bits set behind its prefix"),
        ] {
            let error = config(&["192.0.2.0/24", cidr]).check().unwrap_err();
            assert!(error.starts_with(&format!("entry 2, `{cidr}`, ")) && error.contains(problem), "{error}");
        }
        assert!(config(&["192.0.2.0/24", "192.0.2.0/24"]).check().unwrap_err().ends_with("is there twice"));
        let mut long = EgressConfig::example();
        for range in &mut long.ips {
            range.purpose = Some("x".repeat(201));
        }
        assert!(long.check().unwrap_err().contains("a purpose of one line"));
    }
}
