//! Texts that must come back as they were typed: one for each script, direction and trap. Never holds what the server
//! refuses: control characters other than tab, line feed and return.

/// Name and text.
pub const TEXTS: [(&str, &str); 31] = [
    ("latin", "Zażółć gęślą jaźń, œuvre, ß, İstanbul, naïve"),
    ("greek and cyrillic", "Ξεσκεπάζω τὴν ψυχοφθόρα — Съешь ещё этих мягких булок"),
    ("arabic", "السلام عليكم، أين طردي؟ ١٢٣"),
    ("arabic with marks", "بِسْمِ ٱللَّٰهِ"),
    ("persian with a non-joiner", "می\u{200c}خواهم"),
    ("hebrew", "שָׁלוֹם, איפה החבילה שלי?"),
    ("both directions", "Order №123 של אבא: السعر 45 EUR."),
    (
        "bidi controls",
        "\u{202e}evil\u{202c} \u{2066}a\u{2069} \u{2067}b\u{2069} \u{2068}c\u{2069} \u{200e}d\u{200f} \u{061c}",
    ),
    ("devanagari", "क्षत्रिय हिन्दी में नमस्ते ₹५००"),
    ("tamil and bengali", "தமிழ் வணக்கம் — বাংলা নমস্কার"),
    ("thai", "สวัสดีครับ พัสดุของผมอยู่ที่ไหน"),
    ("khmer and burmese", "សួស្តី — မင်္ဂလာပါ"),
    ("chinese", "您好，我的包裹在哪裡？𠀀𪚥"),
    ("japanese", "こんにちは、荷物はどこですか？ ﾊﾝｶｸ"),
    ("korean, composed and not", "안녕 \u{110b}\u{1161}\u{11ab}"),
    ("georgian, armenian, ethiopic", "გამარჯობა ᲒᲐᲛᲐᲠᲯᲝᲑᲐ — Բարեւ — ሰላም"),
    ("cherokee and tibetan", "ᎣᏏᏲ — བཀྲ་ཤིས"),
    ("emoji with joiners", "👩‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🏴‍☠️ ❤️‍🔥"),
    ("skin tones and variation", "👍🏻👍🏼👍🏽👍🏾👍🏿 ☺\u{fe0e} ☺\u{fe0f} 1️⃣"),
    ("flags", "🇩🇪🇯🇵🇺🇳 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"),
    ("combining marks", "e\u{301} \u{e9} a\u{308}\u{323} \u{301}alone Z\u{351}\u{36b}\u{343}\u{36a}\u{302}"),
    ("line ends", "unix\nwindows\r\nmac\rend\n"),
    ("tabs and spaces", "  two\tbefore \u{a0}\u{2003}\u{3000} and after  "),
    ("separators", "a\u{2028}b\u{2029}c\u{feff}d\u{200b}e\u{ad}f\u{180e}"),
    ("json", r#""quoted" \ \n \u0041 / {"a":[null]} '"#),
    ("xml", "<b attr='x'>&amp; &#13; ]]> <![CDATA[x]]> <!-- c --> <?pi?> &lt;</b>"),
    ("html and formulas", "=1+1 <script>alert(1)</script> \"; DROP TABLE x; -- ${x} {{x}} %s %00"),
    ("sse", "data: x\n\nevent: ended\nid: 9\n: comment"),
    ("private use and the last plane", "\u{e000}\u{f8ff} \u{f0000}\u{10fffd} \u{10ffff}"),
    ("csv", "a,b;\"c\"\r\nd"),
    ("one character", "\u{1f600}"),
];

/// The largest texts: bytes of one, two, three and four each, and of what grows most when it is escaped.
pub fn large() -> Vec<(&'static str, String)> {
    let of = |piece: &str| piece.repeat(32 * 1024 / piece.len());
    let mut mixed = of("ab ÿ€𐍈\r\n\"<&\t");
    while mixed.len() < 32 * 1024 {
        mixed.push('.');
    }
    vec![
        ("32 KiB of latin", of("x")),
        ("32 KiB of hebrew", of("ש")),
        ("32 KiB of thai", of("ก")),
        ("32 KiB of emoji", of("🙂")),
        ("32 KiB of quotes", of("\"")),
        ("32 KiB mixed", mixed),
    ]
}
