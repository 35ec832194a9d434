use vmotel_registry::Labels;

#[derive(Clone, Copy, Labels)]
enum WithFields {
    Plain,
    Number(u32),
}

#[derive(Clone, Copy, Labels)]
#[label(rename_all = "Snake")]
enum UnknownCase {
    Plain,
}

#[derive(Clone, Copy, Labels)]
enum Twice {
    Ok,
    #[label(rename = "ok")]
    Fine,
}

#[derive(Labels)]
struct Unbounded<'a> {
    path: &'a str,
}

#[derive(Labels)]
struct WrongName {
    #[label(rename = "http.method")]
    method: bool,
}

#[derive(Labels)]
struct UnknownKey {
    #[label(limit = 5)]
    method: bool,
}

#[derive(Labels)]
struct NoPlaces {
    #[label(max = 0)]
    tenant: u8,
}

#[derive(Labels)]
struct NoNames(bool);

#[derive(Labels)]
struct Generic<T> {
    method: T,
}

fn main() {}
