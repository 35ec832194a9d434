//! Names, units and kinds. What must be stored is written out: by the specification, and by the rules that narrow it.

use vmotel_model::Kind::{self, Counter, Gauge, UpDownCounter};

use crate::parity::case::{Case, ONE};

/// Kind, name, unit, stored name.
const NAMES: &[(Kind, &str, &str, &str)] = &[
    (Counter, "n01.without", "", "n01_without_total"),
    (Counter, "n02_total", "", "n02_total"),
    (Counter, "n03_total_b_total", "", "n03_b_total"),
    (Counter, "n04.total_allocated", "By", "n04_allocated_bytes_total"),
    (Counter, "n05.total.total", "", "n05_total"),
    (Counter, "n06.totals", "", "n06_totals_total"),
    (Counter, "n07_totaltotal", "", "n07_totaltotal_total"),
    (Counter, "n08.Total", "", "n08_Total_total"),
    (Gauge, "n09_total", "", "n09_total"),
    (UpDownCounter, "n10_total", "", "n10_total"),
    (UpDownCounter, "n11.total.in.it", "", "n11_total_in_it"),
    (Gauge, "n12_ratio", "", "n12_ratio"),
    (Gauge, "n13_ratio", "1", "n13_ratio"),
    (Gauge, "n14_bucket", "", "n14_bucket"),
    (Gauge, "n15_count", "", "n15_count"),
    (Gauge, "n16_sum", "", "n16_sum"),
    (Gauge, "n17_info", "", "n17_info"),
    (Gauge, "n18_created", "", "n18_created"),
    (Gauge, "n19:colon:s", "", "n19_colon_s"),
    (Counter, ":n20:", "", "n20_total"),
    (Gauge, "_n21", "", "n21"),
    (Gauge, "__n22", "", "n22"),
    (Gauge, "n23__double", "", "n23_double"),
    (Gauge, "n24___triple____", "", "n24_triple"),
    (Gauge, "n25_trailing_", "", "n25_trailing"),
    (Gauge, "_9n26", "", "n9n26"),
    (Gauge, "9n27", "", "n9n27"),
    (Gauge, "9", "", "n9"),
    (
        Gauge,
        "n28.dots-dash/slash blank",
        "",
        "n28_dots_dash_slash_blank",
    ),
    (Gauge, "n29.größe.世界", "", "n29_gr_e"),
    (Gauge, "世n30", "", "n30"),
    (Gauge, "n31\u{1f600}x", "", "n31_x"),
    (Gauge, "n32\nline", "", "n32_line"),
    (Gauge, "n33{a=\"b\"} 1", "", "n33_a_b_1"),
    (Gauge, "n34#x", "", "n34_x"),
    (Gauge, "n35.UPPER.Case", "", "n35_UPPER_Case"),
    (Gauge, "n36.milliseconds", "s", "n36_milliseconds_seconds"),
    (Gauge, "n37.seconds", "s", "n37_seconds"),
    (Counter, "n38.seconds.total", "s", "n38_seconds_total"),
    (Counter, "n39.seconds", "s", "n39_seconds_total"),
    (Counter, "total", "", "total"),
    (Kind::Unknown, "n40.unknown", "s", "n40_unknown_seconds"),
    (Kind::Unknown, "n41_total", "", "n41_total"),
    (Gauge, "x", "", "x"),
    (Gauge, "uptime", "s", "uptime_seconds"),
    (Gauge, "up_", "s", "up_seconds"),
    (Gauge, "scrape_duration", "ms", "scrape_duration_milliseconds"),
    (Gauge, "inf", "", "inf"),
    (Gauge, "NaN", "", "NaN"),
    (Gauge, "target_info", "", "target_info"),
];

/// Unit, the word that is stored.
const UNITS: &[(&str, &str)] = &[
    ("s", "_seconds"),
    ("ms", "_milliseconds"),
    ("us", "_microseconds"),
    ("ns", "_nanoseconds"),
    ("min", "_minutes"),
    ("h", "_hours"),
    ("d", "_days"),
    ("By", "_bytes"),
    ("kBy", "_kilobytes"),
    ("KiBy", "_kibibytes"),
    ("MiBy", "_mebibytes"),
    ("%", "_percent"),
    ("{request}", ""),
    ("{request}/s", "_per_second"),
    ("By/s", "_bytes_per_second"),
    ("m/s", "_meters_per_second"),
    ("Cel", "_celsius"),
    ("Hz", "_hertz"),
    ("V", "_volts"),
    ("1", ""),
    ("USD", "_USD"),
];

pub(super) fn add(all: &mut Vec<Case>) {
    for &(kind, name, unit, stored) in NAMES {
        all.push(Case::new("names", kind, name, ONE).unit(unit).stored_as(stored));
    }
    for (at, &(unit, word)) in UNITS.iter().enumerate() {
        for (kind, prefix, end) in [(Gauge, "gauge", ""), (Counter, "counter", "_total")] {
            let stored: &'static str = format!("u{at:02}_{prefix}{word}{end}").leak();
            let name = format!("u{at:02}.{prefix}");
            all.push(Case::new("units", kind, name, ONE).unit(unit).stored_as(stored));
        }
    }
}
