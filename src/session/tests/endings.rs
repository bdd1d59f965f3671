//! One test for each row of `docs/endings.md`, named after it.

use super::check;

const SERVED: &str = "
    0:00 customer creates hi
    0:01 eve reserved
    0:02 eve accepts
    0:02 journals answer
";
#[test]
fn draft() {
    let all = std::fs::read_to_string("/tmp/draft_endings.txt").unwrap();
    for case in all.split("---\n") {
        let (name, script) = case.split_once('\n').unwrap();
        let mut play = super::Play::new();
        play.script(SERVED).script(script);
        println!("== {name}\n{}{}", play.transcript(), play.said);
    }
    check("", "");
}
