//! Lists of records as CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it, because the
//! words in it may be a customer's.

use std::borrow::Cow;

use crate::edge::wire::time::Moment;
use crate::edge::wire::words::record_state;
use crate::session::Head;
use crate::words::SessionId;

const COLUMNS: [&str; 12] = [
    "session",
    "state",
    "service",
    "unit",
    "started",
    "ended",
    "last_activity",
    "agents",
    "disposition",
    "messages",
    "identity",
    "contact",
];

/// The list as CSV, with a header line.
#[must_use]
pub fn write(heads: &[(SessionId, Head)]) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(COLUMNS);
    for (session, head) in heads {
        let cells = cells(*session, head);
        let _ = out.write_record(cells.iter().map(|cell| guard(cell).into_owned()));
    }
    out.into_inner().unwrap_or_default()
}

fn cells(session: SessionId, head: &Head) -> [String; 12] {
    let agents: Vec<_> = head.agents.iter().map(|agent| agent.0.as_str()).collect();
    [
        session.to_string(),
        record_state(head.state).to_owned(),
        head.service.clone(),
        head.unit.clone(),
        Moment(head.started).to_string(),
        head.ended.map(|time| Moment(time).to_string()).unwrap_or_default(),
        Moment(head.last_at).to_string(),
        agents.join(" "),
        head.disposition.clone().unwrap_or_default(),
        head.messages.to_string(),
        head.identity.clone().unwrap_or_default(),
        serde_json::to_string(&head.contact).unwrap_or_default(),
    ]
}

/// The cell as a spreadsheet shows it and never runs it.
fn guard(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}
