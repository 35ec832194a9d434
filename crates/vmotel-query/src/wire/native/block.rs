//! Blocks: a header, and a column each of times and values, as differences in variable-length integers, often compressed by zstd.

use zstd::bulk::Decompressor;

use super::super::block::STALE_NAN;

/// More the server does not put into a block.
const MAX_ROWS: usize = 16_384;
/// The longest integer.
const MAX_INTEGER_BYTES: usize = 10;

/// Integers that stand for what no integer can be.
const INFINITE: i64 = i64::MAX;
const MINUS_INFINITE: i64 = i64::MIN;
const STALE: i64 = i64::MAX - 1;

type Outcome<T> = Result<T, &'static str>;

#[derive(Default)]
pub(super) struct BlockReader {
    pub(super) times: Vec<i64>,
    pub(super) values: Vec<f64>,
    integers: Vec<i64>,
    unpacked: Vec<u8>,
    zstd: Option<Decompressor<'static>>,
}

impl std::fmt::Debug for BlockReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockReader")
            .field("rows", &self.times.len())
            .finish_non_exhaustive()
    }
}

impl BlockReader {
    /// Reads a block and keeps its samples within the range.
    pub(super) fn read(&mut self, block: &[u8], (from, to): (i64, i64)) -> Outcome<()> {
        self.times.clear();
        self.values.clear();
        let mut rest = block;
        let first_time = signed(&mut rest)?;
        let last_time = signed(&mut rest)?;
        let first_value = signed(&mut rest)?;
        let rows = unsigned(&mut rest)? as usize;
        let scale = i16::try_from(signed(&mut rest)?).map_err(|_| "expected a power of ten of 16 bits")?;
        if rows == 0 || rows > MAX_ROWS {
            return Err("expected 1 to 16384 rows");
        }
        let [time_kind, value_kind, _precision, tail @ ..] = rest else {
            return Err("expected kinds of columns");
        };
        rest = tail;
        let times = bytes(&mut rest)?;
        let values = bytes(&mut rest)?;
        if !rest.is_empty() {
            return Err("expected the end of the block");
        }
        let mut column = std::mem::take(&mut self.times);
        let read = self.column(times, *time_kind, first_time, rows, &mut column);
        self.times = column;
        read?;
        let mut integers = std::mem::take(&mut self.integers);
        let read = self.column(values, *value_kind, first_value, rows, &mut integers);
        self.integers = integers;
        read?;
        to_doubles(&self.integers, scale, &mut self.values);
        if first_time < from || last_time > to {
            self.cut(from, to);
        }
        Ok(())
    }

    fn cut(&mut self, from: i64, to: i64) {
        let inside = |time: &i64| (from..=to).contains(time);
        let mut kept = 0;
        for i in 0..self.times.len() {
            if inside(&self.times[i]) {
                self.times[kept] = self.times[i];
                self.values[kept] = self.values[i];
                kept += 1;
            }
        }
        self.times.truncate(kept);
        self.values.truncate(kept);
    }

    fn column(
        &mut self,
        packed: &[u8],
        kind: u8,
        first: i64,
        rows: usize,
        out: &mut Vec<i64>,
    ) -> Outcome<()> {
        out.clear();
        match kind {
            1 => differences_of_differences(self.unpack(packed)?, first, rows, out),
            2 => {
                let mut rest = packed;
                let step = signed(&mut rest)?;
                let mut value = first;
                for _ in 0..rows {
                    out.push(value);
                    value = value.wrapping_add(step);
                }
                if rest.is_empty() {
                    Ok(())
                } else {
                    Err("expected one difference")
                }
            }
            3 if packed.is_empty() => {
                out.resize(rows, first);
                Ok(())
            }
            4 => differences(self.unpack(packed)?, first, rows, out),
            5 => differences_of_differences(packed, first, rows, out),
            6 => differences(packed, first, rows, out),
            _ => Err("expected a known kind of column"),
        }
    }

    fn unpack(&mut self, packed: &[u8]) -> Outcome<&[u8]> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            None => {
                let made = Decompressor::new().map_err(|_| "no memory for zstd")?;
                self.zstd.insert(made)
            }
        };
        self.unpacked.clear();
        self.unpacked.reserve(MAX_ROWS * MAX_INTEGER_BYTES);
        // It does not grow: a column that is larger than any can be is an error.
        zstd.decompress_to_buffer(packed, &mut self.unpacked)
            .map_err(|_| "expected a column compressed by zstd")?;
        Ok(&self.unpacked)
    }
}

fn differences(mut packed: &[u8], first: i64, rows: usize, out: &mut Vec<i64>) -> Outcome<()> {
    let mut value = first;
    out.push(value);
    for _ in 1..rows {
        value = value.wrapping_add(signed(&mut packed)?);
        out.push(value);
    }
    if packed.is_empty() {
        Ok(())
    } else {
        Err("expected no more differences")
    }
}

fn differences_of_differences(mut packed: &[u8], first: i64, rows: usize, out: &mut Vec<i64>) -> Outcome<()> {
    if rows < 2 {
        return Err("expected at least two rows");
    }
    let mut value = first;
    let mut difference = 0_i64;
    out.push(value);
    for _ in 1..rows {
        difference = difference.wrapping_add(signed(&mut packed)?);
        value = value.wrapping_add(difference);
        out.push(value);
    }
    if packed.is_empty() {
        Ok(())
    } else {
        Err("expected no more differences")
    }
}

/// Reads an integer of seven bits a byte, the sign in the lowest bit.
#[inline(always)]
fn signed(bytes: &mut &[u8]) -> Outcome<i64> {
    let bits = unsigned(bytes)?;
    Ok((bits >> 1) as i64 ^ -((bits & 1) as i64))
}

#[inline(always)]
fn unsigned(bytes: &mut &[u8]) -> Outcome<u64> {
    match *bytes {
        [first @ 0..0x80, rest @ ..] => {
            *bytes = rest;
            Ok(u64::from(*first))
        }
        [first, second @ 0..0x80, rest @ ..] => {
            *bytes = rest;
            Ok(u64::from(first & 0x7f) | u64::from(*second) << 7)
        }
        _ => long(bytes),
    }
}

fn long(bytes: &mut &[u8]) -> Outcome<u64> {
    let mut bits = 0;
    for (i, byte) in bytes.iter().take(MAX_INTEGER_BYTES).enumerate() {
        bits |= u64::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            *bytes = &bytes[i + 1..];
            return Ok(bits);
        }
    }
    Err("expected a whole integer")
}

fn bytes<'a>(rest: &mut &'a [u8]) -> Outcome<&'a [u8]> {
    let length = usize::try_from(unsigned(rest)?).map_err(|_| "expected a shorter column")?;
    let (column, behind) = rest.split_at_checked(length).ok_or("expected a whole column")?;
    *rest = behind;
    Ok(column)
}

/// Turns integers into doubles exactly as the server does.
fn to_doubles(integers: &[i64], scale: i16, out: &mut Vec<f64>) {
    let power = power_of_ten(i32::from(scale).abs());
    match scale {
        0 => out.extend(integers.iter().map(|integer| *integer as f64)),
        1.. => out.extend(integers.iter().map(|integer| *integer as f64 * power)),
        _ => out.extend(integers.iter().map(|integer| *integer as f64 / power)),
    }
    let special = |integer: &i64| *integer >= STALE || *integer == MINUS_INFINITE;
    if integers.iter().any(special) {
        for (value, integer) in out.iter_mut().zip(integers) {
            match *integer {
                INFINITE => *value = f64::INFINITY,
                MINUS_INFINITE => *value = f64::NEG_INFINITY,
                STALE => *value = STALE_NAN,
                _ => {}
            }
        }
    } else if integers.iter().all(|integer| *integer == 0) {
        // Zero times infinity would be no number.
        out.fill(0.0);
    }
}

/// Returns the nearest double; beyond the range infinity, as Go's `math.Pow10`.
fn power_of_ten(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}
