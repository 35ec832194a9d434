//! Rule 2: the specification's table of units, every row of it.

use vmotel_model::Naming;

#[test]
fn the_table() {
    let table = "d=days h=hours min=minutes s=seconds ms=milliseconds us=microseconds ns=nanoseconds By=bytes KiBy=kibibytes \
                 MiBy=mebibytes GiBy=gibibytes TiBy=tebibytes kBy=kilobytes MBy=megabytes GBy=gigabytes TBy=terabytes \
                 m=meters V=volts A=amperes J=joules W=watts g=grams Cel=celsius Hz=hertz %=percent";
    for row in table.split_whitespace() {
        let (unit, word) = row.split_once('=').unwrap();
        assert_eq!(Naming::unit_word(unit), word);
    }
}

#[test]
fn beyond_the_table() {
    #[track_caller]
    fn check(unit: &str, word: &str) {
        assert_eq!(Naming::unit_word(unit), word, "{unit}");
    }
    check("", "");
    check("1", "");
    check("{request}", "");
    check("{a{b}c}", "");
    check("By{payload}", "bytes");
    check("{unclosed", "");
    check("m/s", "meters_per_second");
    check("By/min", "bytes_per_minute");
    check("{request}/s", "per_second");
    check("1/s", "per_second");
    check("s/{operation}", "seconds");
    check("{a}/{b}", "");
    check("KBy", "KBy");
    check("seconds", "seconds");
    check("USD", "USD");
    check("m/s2", "meters_per_s2");
    check(" s ", "seconds");
    check("€", "");
    check("mm[Hg]", "mm_Hg");
}
