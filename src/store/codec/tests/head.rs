//! Record heads as the first release wrote them: every later release reads them, for ever.

use std::collections::BTreeMap;

use super::golden;
use crate::session::{Head, RecordState};
use crate::store::codec::head::{decode_head, encode_head};
use crate::words::{AgentId, Seq, SessionId, Time};

fn full() -> Head {
    Head {
        id: SessionId([7; 16]),
        seq: Seq(9),
        state: RecordState::Closed,
        service: "chat".into(),
        unit: "main".into(),
        config: 7,
        contact: BTreeMap::from([("email".into(), "ann@example.org".into())]),
        identity: Some("sub-1".into()),
        agents: vec![AgentId("eve".into()), AgentId("sam".into())],
        started: Time(1_000),
        ended: Some(Time(2_000)),
        last_at: Time(2_500),
        disposition: Some("solved".into()),
        messages: 6,
    }
}

fn small() -> Head {
    Head {
        seq: Seq(1),
        state: RecordState::New,
        contact: BTreeMap::new(),
        identity: None,
        agents: Vec::new(),
        ended: None,
        last_at: Time(1_000),
        disposition: None,
        messages: 0,
        ..full()
    }
}

#[test]
fn golden_heads_are_read_for_ever() {
    let rows = golden("record_head_v1.hex");
    let heads = [("full", full()), ("small", small())];
    assert_eq!(rows.len(), heads.len());
    for ((known, row), (name, head)) in rows.into_iter().zip(heads) {
        assert_eq!(known, name);
        assert_eq!(decode_head(head.id, &row).as_ref(), Ok(&head), "{name}");
        assert_eq!(decode_head(head.id, &encode_head(&head)), Ok(head), "{name}");
    }
}
