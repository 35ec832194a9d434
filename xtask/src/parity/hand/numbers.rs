//! Numbers of all three types, and the ends of their ranges.

use vmotel_model::{
    Kind,
    Number::{self, F64, I64, U64},
};

use crate::parity::case::{Case, Value};

const NUMBERS: &[Number] = &[
    U64(0),
    U64(1),
    U64(9_007_199_254_740_991),
    U64(9_007_199_254_740_992),
    U64(9_007_199_254_740_993),
    U64(18_014_398_509_481_985),
    U64(i64::MAX as u64),
    U64(i64::MAX as u64 + 1),
    U64(u64::MAX),
    U64(u64::MAX - 1),
    I64(-1),
    I64(i64::MIN),
    I64(i64::MIN + 1),
    I64(i64::MAX),
    I64(-9_007_199_254_740_993),
    F64(0.0),
    F64(-0.0),
    F64(5e-324),
    F64(f64::MIN_POSITIVE),
    F64(1e308),
    F64(f64::MAX),
    F64(f64::MIN),
    F64(-1e-300),
    F64(0.1 + 0.2),
    F64(std::f64::consts::PI),
    F64(1e21),
    F64(1e-7),
    F64(123_456_789_012_345_680.0),
    F64(f64::INFINITY),
    F64(f64::NEG_INFINITY),
    F64(f64::NAN),
    F64(-123_456.789),
];

pub(super) fn add(all: &mut Vec<Case>) {
    for (at, &number) in NUMBERS.iter().enumerate() {
        let kind = [Kind::Gauge, Kind::UpDownCounter, Kind::Unknown][at % 3];
        let nan = matches!(number, F64(value) if value.is_nan());
        let mut case = Case::new("numbers", kind, format!("v{at:02}"), Value::Number(number));
        case.lost = nan;
        all.push(case);
    }
    for (at, number) in [U64(0), U64(u64::MAX), F64(0.5), F64(f64::INFINITY)]
        .into_iter()
        .enumerate()
    {
        all.push(Case::new(
            "numbers",
            Kind::Counter,
            format!("v5{at}"),
            Value::Number(number),
        ));
    }
}
