//! The corpus's own tests: the data set's shape is read as its authors meant it, and files come back the same.

use super::*;

const DATASET: &str = r#"{
  "b": {"start":"x","prompt":"p","messages":[
    [{"text":"Hello","timestamp":"2018-05-02T19:38:15Z","sender":"s1"},
     {"text":" ","timestamp":"2018-05-02T19:38:16Z","sender":"s1"}],
    [{"text":"whats up","timestamp":"2018-05-02T19:38:29Z","sender":"s2"}]]},
  "a": {"messages":[[{"text":"anyone?","timestamp":"2018-05-02T19:38:15Z","sender":"s9"}]]},
  "c": {"messages":[]}
}"#;

#[test]
fn the_data_set_becomes_turns_with_sides_and_times() {
    let conversations = convert(DATASET.as_bytes()).unwrap();
    let turn = |side, at_ms, text: &str| Turn { side, at_ms, text: text.into() };
    assert_eq!(
        conversations,
        [
            Conversation {
                id: "b".into(),
                turns: vec![turn(Side::Customer, 0, "Hello"), turn(Side::Agent, 14_000, "whats up")],
            },
            Conversation { id: "a".into(), turns: vec![turn(Side::Customer, 0, "anyone?")] },
        ]
    );
}

#[test]
fn a_corpus_comes_back_the_same_and_can_be_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.jsonl");
    let conversations = convert(DATASET.as_bytes()).unwrap();
    write(&path, &conversations).unwrap();
    assert_eq!(read(&path, 10).unwrap(), conversations);
    assert_eq!(read(&path, 1).unwrap(), conversations[..1]);
}

#[test]
fn what_is_no_corpus_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.jsonl");
    std::fs::write(&path, "{\"id\":\"x\",\"turns\":[]}\n{\"id\":7}\n").unwrap();
    assert!(read(&path, 10).unwrap_err().to_string().contains("line 2"));
    assert!(read(&folder.path().join("none"), 1).unwrap_err().to_string().contains("cargo xtask corpus"));
    assert!(convert(&b"[]"[..]).is_err());
}
