//! How likely a text is a name that somebody chose, by pairs of letters.
//!
//! A table of 729 bytes. It was made of the pairs in 74,160 English words and in the pieces of 49,098 camel-case identifiers of public
//! Rust crates; nothing in it is a word. An entry is log2(26 p), rounded and cut to -8 to 8, where p is the probability of
//! the second letter after the first one: 0 for a letter among 26 even ones, written as `i`; each step up or down is a letter.

/// Rows: the first letter of the pair, the start of a piece first. Columns: the second letter, the end of a piece last.
const ODDS: [&[u8; 27]; 27] = [
    b"jijjiihhjfgiiihjfijjihieefa",
    b"dijjegieicgkijcickjkhggfhei",
    b"kghekeeckhdkfejebiigkdcciaj",
    b"kdhfkecjiajigekhejhjiecbgaj",
    b"jefikegfjdghfgigbiifhfffgal",
    b"ifijhggefdeihjfggkkjehfigck",
    b"jcfgjjeckabjgfkebjihibfdhaj",
    b"iefelehijaehgiifbjigiedafcl",
    b"keggkdddjbcghfjeaigiiffahdl",
    b"ihjiihibebeiiljhdhjkehcgahi",
    b"jccclccdicfccclgcdidjccccci",
    b"ifgglegfjcehihgfbfjggfedgdl",
    b"jgeikffdkgejfdjgadhiifdciak",
    b"kigfkedcjacgifjjceihicdceak",
    b"ifjjjikeidggehigdejkhhebfck",
    b"ghiifhhdhdgijkhibkiijhifgdj",
    b"kdgfkeehiafjfejiakhjifddgak",
    b"edhefdfceccgeehfcgfemddccck",
    b"jfhhkggdjcgghgjfbijihgeciak",
    b"hfiekefijcgggfhieeikhefbhal",
    b"jehgkgcikacgeeigajihhdfeidl",
    b"hiihjhhbibdjjkfiakkkbdbfcdi",
    b"keffleedkadehfifcdgfedcfdaj",
    b"jgfgjfcjlcfhgjjgdjifdcdadbk",
    b"heifjfhfiacfhdgkdeflfhfehbl",
    b"hhgfheedhbdhhjgjagjiedfcacm",
    b"jdegmddejcdhefjdcdjdfdedgii",
];

/// What each further piece and each run of digits costs: names have few of them.
const PIECE: i32 = 2;
const DIGITS: i32 = 3;

/// Below this, a text is no name. Of names that programmers chose, about one in 700 is below, of random texts of eleven letters
/// and digits, nineteen in twenty.
const LEAST: i32 = -10;

/// Tells whether the letters of a text of eight or more bytes follow each other as they do in no name.
pub(crate) fn is_improbable(text: &[u8]) -> bool {
    if text.len() < 8 {
        return false;
    }
    let mut score = 0;
    for run in text.chunk_by(|a, b| a.is_ascii_alphabetic() == b.is_ascii_alphabetic()) {
        if run[0].is_ascii_alphabetic() {
            score += super::random::pieces(run)
                .map(|piece| odds(piece) - PIECE)
                .sum::<i32>();
        } else if run.iter().any(u8::is_ascii_digit) {
            score -= DIGITS;
        }
    }
    score < LEAST
}

/// Returns the sum over the pairs of a piece of ASCII letters, its start and its end included.
fn odds(piece: &[u8]) -> i32 {
    let (mut row, mut sum) = (ODDS[0], 0);
    for byte in piece {
        let letter = usize::from((byte | 0x20) - b'a');
        sum += i32::from(row[letter]);
        row = ODDS[letter + 1];
    }
    sum += i32::from(row[26]);
    #[expect(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "a segment is short"
    )]
    let zero = (piece.len() as i32 + 1) * i32::from(b'i');
    sum - zero
}

#[cfg(test)]
mod tests {
    use super::is_improbable;

    #[test]
    fn names_are_probable_and_random_texts_are_not() {
        for name in [
            "getUserById",
            "XMLHttpRequest",
            "kubernetes",
            "oauth2Callback",
            "listNetworkPolicies",
            "md5ToHex",
            "prometheus",
            "GraphQLSchema",
            "rateLimit10",
            "sitemaps",
            "webhooks",
            "strengths",
            "ReplicaSets",
        ] {
            assert!(!is_improbable(name.as_bytes()), "{name}");
        }
        for random in [
            "dQw4w9WgXcQ",
            "kZq3Xv9LbTf",
            "x7Kp-qR2mWz",
            "qxzjvkwpgh",
            "3f9kz8q1xw7b",
        ] {
            assert!(is_improbable(random.as_bytes()), "{random}");
        }
    }
}
