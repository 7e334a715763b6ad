//! The machine and the moment, for the record.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Name of the processor; missing where the system does not tell.
    pub cpu: Option<String>,
    /// Number of logical processors that the process may use.
    pub cores: usize,
    /// Operating system and processor architecture.
    pub os: String,
    /// Main memory in MiB; missing where the system does not tell.
    pub memory_mib: Option<u64>,
    /// NVIDIA graphics cards that the driver names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<String>,
}

impl Machine {
    /// The machine that the process runs on.
    pub fn detect() -> Self {
        let release = read("/etc/os-release").and_then(|text| value_of(&text, "PRETTY_NAME", '='));
        let system = release.unwrap_or_else(|| std::env::consts::OS.to_owned());
        Self {
            cpu: read("/proc/cpuinfo").and_then(|text| value_of(&text, "model name", ':')),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            os: format!("{system} ({})", std::env::consts::ARCH),
            memory_mib: read("/proc/meminfo").and_then(|text| memory_mib(&text)),
            gpus: nvidia_cards(),
        }
    }
}

/// The present time as `YYYY-MM-DDThh:mm:ssZ`.
pub fn utc_now() -> String {
    rfc3339(seconds_now())
}

/// The present time, or the first second after it that is not taken: a clock that was turned back tells a time again.
pub fn utc_apart(is_taken: impl Fn(&str) -> bool) -> String {
    let now = seconds_now();
    (now..).map(rfc3339).find(|time| !is_taken(time)).unwrap_or_default()
}

/// Seconds since 1970.
fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn value_of(text: &str, key: &str, separator: char) -> Option<String> {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

fn memory_mib(meminfo: &str) -> Option<u64> {
    let kib: u64 = value_of(meminfo, "MemTotal", ':')?.trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024)
}

fn nvidia_cards() -> Vec<String> {
    let Ok(cards) = fs::read_dir("/proc/driver/nvidia/gpus") else { return Vec::new() };
    let mut names: Vec<String> = cards
        .filter_map(|card| fs::read_to_string(card.ok()?.path().join("information")).ok())
        .filter_map(|text| value_of(&text, "Model", ':'))
        .collect();
    names.sort();
    names
}

/// Seconds since 1970 as RFC 3339 in UTC (proleptic Gregorian calendar; years start in March, so that the leap day is a
/// year's last).
fn rfc3339(seconds: u64) -> String {
    const DAYS_IN_400_YEARS: u64 = 146_097;
    const DAYS_FROM_MARCH_0000_TO_1970: u64 = 719_468;
    let (days, second) = (seconds / 86_400 + DAYS_FROM_MARCH_0000_TO_1970, seconds % 86_400);
    let (era, day_of_era) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_told_before_is_not_told_again() {
        let now = seconds_now();
        let taken: Vec<String> = (now..now + 20).map(rfc3339).collect();
        let told = utc_apart(|time| taken.iter().any(|other| other == time));
        assert_eq!(told, rfc3339(now + 20));
        assert!(utc_apart(|_| false) < told);
    }

    #[test]
    fn dates_are_right_at_the_edges() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_704_067_199, "2023-12-31T23:59:59Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn values_are_read_from_the_systems_texts() {
        assert_eq!(value_of("a: 1\nmodel name\t: X Y\n", "model name", ':').as_deref(), Some("X Y"));
        assert_eq!(value_of("PRETTY_NAME=\"D 12\"\n", "PRETTY_NAME", '=').as_deref(), Some("D 12"));
        assert_eq!(memory_mib("MemTotal:       2097152 kB\n"), Some(2048));
        assert_eq!(memory_mib("nothing"), None);
    }
}
