//! Room on disk, and how long samples are kept.

use crate::doctor::Finding;
use crate::doctor::metrics::Metrics;
use crate::doctor::reading::{Readings, Verdict};

const DAY: f64 = 86_400.0;
/// Days until the disk is full: a warning, a critical finding.
const DAYS: [f64; 2] = [14.0, 2.0];
/// Of the disk, below which merges may not find room.
const LOW: f64 = 0.1;
/// Below this many rows a rate says nothing about days to come.
const ENOUGH_ROWS: f64 = 1_000_000.0;
/// What a row takes on disk where the data is too young to tell, in bytes.
const ROW_BYTES: f64 = 1.5;

pub(super) fn room(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let free = metrics
        .sum("vm_free_disk_space_bytes")
        .ok_or("the server has no storage of its own")?;
    let least = metrics.sum("vm_free_disk_space_limit_bytes").unwrap_or(0.0);
    let path = metrics
        .after
        .named("vm_free_disk_space_bytes")
        .next()
        .map_or("", |sample| sample.label("path"));
    let state = format!(
        "{} free at {path}; -storage.minFreeDiskSpaceBytes is {}",
        bytes(free),
        bytes(least)
    );
    if metrics.sum("vm_storage_is_read_only").unwrap_or(0.0) > 0.0 {
        return Ok(vec![
            Finding::critical("the disk is full: the server is read-only and refuses every write")
                .evidence(state)
                .fix("free space or enlarge the volume; writing goes on by itself once there is more than -storage.minFreeDiskSpaceBytes")
                .fix("shorten -retentionPeriod, or delete what nobody needs: snapshots first (/snapshot/list)"),
        ]);
    }
    let days = days_left(metrics, free - least);
    let total = metrics.sum("vm_total_disk_space_bytes");
    let low = total.is_some_and(|total| free < LOW * total);
    if !low && days.is_none_or(|days| days > DAYS[0]) {
        return Ok(Vec::new());
    }
    let text = match days {
        Some(days) if days <= DAYS[0] => format!("the disk is full in about {days:.1} days"),
        _ => "little room is left on the disk".to_owned(),
    };
    let critical = days.is_some_and(|days| days < DAYS[1]);
    let finding = if critical {
        Finding::critical(text)
    } else {
        Finding::warning(text)
    };
    let rate = metrics.rate("vm_rows_added_to_storage_total").unwrap_or(0.0);
    Ok(vec![
        finding
            .evidence(state)
            .evidence(format!("{rate:.0} rows a second, {:.2} bytes each", row_bytes(metrics)))
            .fix("enlarge the volume, or shorten -retentionPeriod")
            .fix("store less: longer scrape_interval, fewer series (`cardinality`), -dedup.minScrapeInterval where scrapers are doubled"),
    ])
}

/// Days until the free space is taken at the present rate; none if the retention frees as much.
fn days_left(metrics: &Metrics, free: f64) -> Option<f64> {
    let uptime = metrics.sum("vm_app_uptime_seconds").unwrap_or(0.0);
    let rows = metrics.sum("vm_rows_added_to_storage_total")?;
    if rows < ENOUGH_ROWS || uptime <= 0.0 {
        return None;
    }
    let lately = metrics.rate("vm_rows_added_to_storage_total").unwrap_or(0.0);
    let day = lately.min(rows / uptime) * row_bytes(metrics) * DAY;
    let days = free.max(0.0) / day;
    // At the end of the retention as much goes as comes.
    let used: f64 = metrics.sum("vm_data_size_bytes").unwrap_or(0.0);
    let retention = retention_days(metrics);
    let levels_off = retention.is_some_and(|retention| day * retention < used + free);
    (day > 0.0 && !levels_off).then_some(days)
}

fn row_bytes(metrics: &Metrics) -> f64 {
    let storage = |name: &str| -> f64 {
        metrics
            .after
            .named(name)
            .filter(|sample| matches!(sample.label("type"), "storage/small" | "storage/big"))
            .map(|sample| sample.value)
            .sum()
    };
    let (size, rows) = (storage("vm_data_size_bytes"), storage("vm_rows"));
    if rows >= ENOUGH_ROWS {
        size / rows
    } else {
        ROW_BYTES
    }
}

pub(super) fn retention(readings: &Readings) -> Verdict {
    let metrics = &readings.storage()?.metrics;
    let (value, set) = metrics
        .flag("retentionPeriod")
        .ok_or("the server has no storage of its own")?;
    if set {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::warning(format!("samples are deleted after {} because nobody said otherwise", months(value)))
            .evidence(format!("-retentionPeriod is not set; its default is {value}"))
            .fix("set it to what you need, as in -retentionPeriod=12 (months), 90d or 2y; it can be raised later, but what was deleted is gone"),
    ])
}

fn months(value: &str) -> String {
    // Without a unit, or with M, as the server writes it itself.
    let number = value.strip_suffix('M').unwrap_or(value);
    if number.bytes().all(|b| b.is_ascii_digit()) {
        let plural = if number == "1" { "" } else { "s" };
        return format!("{number} month{plural}");
    }
    value.to_owned()
}

fn retention_days(metrics: &Metrics) -> Option<f64> {
    let (value, _) = metrics.flag("retentionPeriod")?;
    let end = value
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(value.len());
    let number: f64 = value[..end].parse().ok()?;
    let days = match &value[end..] {
        "" | "M" => 31.0,
        "h" => 1.0 / 24.0,
        "d" => 1.0,
        "w" => 7.0,
        "y" => 365.0,
        _ => return None,
    };
    Some(number * days)
}

/// Writes a number of bytes for people.
pub(super) fn bytes(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = value;
    let mut unit = 0;
    while value >= 1024.0 && unit < units.len() - 1 {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{value} B")
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Severity;
    use crate::doctor::exposition::Exposition;
    use crate::doctor::reading::Storage;

    fn storage(free: f64, retention: &str) -> Readings {
        let text = |rows: f64| {
            format!(
                "vm_free_disk_space_bytes{{path=\"/d\"}} {free}\nvm_app_uptime_seconds 1000\nvm_rows_added_to_storage_total {rows}\n\
                 vm_rows{{type=\"storage/big\"}} 1e8\nvm_data_size_bytes{{type=\"storage/big\"}} 1e8\n\
                 flag{{name=\"retentionPeriod\",value=\"{retention}\",is_set=\"true\"}} 1\n"
            )
        };
        // 100,000 rows a second of one byte: 8.64 GB a day.
        let metrics = Metrics {
            before: Exposition::parse(&text(1e8)),
            after: Exposition::parse(&text(1e8 + 2e5)),
            between: Duration::from_secs(2),
        };
        Readings {
            storage: Some(Ok(Storage {
                metrics,
                ..Storage::default()
            })),
            ..Readings::default()
        }
    }

    #[test]
    fn tells_when_the_disk_is_full() {
        let of = |free, retention| room(&storage(free, retention)).unwrap();
        assert!(of(8.64e9 * 20.0, "100y").is_empty());
        let soon = of(8.64e9 * 10.0, "100y");
        assert_eq!(soon[0].finding, "the disk is full in about 10.0 days");
        assert_eq!(soon[0].severity, Severity::Warning);
        assert_eq!(of(8.64e9, "100y")[0].severity, Severity::Critical);
        // What comes after five days pushes out as much.
        assert!(of(8.64e9 * 10.0, "5d").is_empty());
    }

    #[test]
    fn writes_bytes() {
        assert_eq!(
            (months("1M"), months("12")),
            ("1 month".to_owned(), "12 months".to_owned())
        );
        assert_eq!(months("90d"), "90d");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(bytes(1536.0), "1.5 KiB");
        assert_eq!(bytes(3.0 * 1024.0_f64.powi(3)), "3.0 GiB");
    }
}
