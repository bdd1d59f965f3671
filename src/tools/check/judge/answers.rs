//! What the senders were told: settles for each message whether it was acknowledged, refused, or is unknown.

use crate::tools::check::findings::{Findings, Kind};
use crate::tools::check::model::{Reply, Run};

/// Settles every message; two acknowledgements must name the same seq.
pub(super) fn settle(run: &mut Run, findings: &mut Findings) {
    let mut twice = Vec::new();
    for attempt in &run.attempts {
        let message = &mut run.messages[attempt.message as usize];
        match (attempt.reply, message.acked) {
            (Reply::Ack(seq), None) => message.acked = Some((seq, attempt.replied_at)),
            (Reply::Ack(seq), Some((first, at))) => {
                message.acked = Some((first, at.min(attempt.replied_at)));
                if seq != first {
                    twice.push((attempt.message, first, seq));
                }
            }
            (Reply::Refused, _) => message.refused = true,
            (Reply::None | Reply::Again, _) => {}
        }
    }
    for (message, first, second) in twice {
        let message = &run.messages[message as usize];
        findings.add(Kind::Duplicated, || {
            format!("{}: acknowledged at seq {first} and at seq {second}", run.place(message))
        });
    }
    for message in run.messages.iter().filter(|m| m.acked.is_none() && !m.refused) {
        findings.add(Kind::Unknown, || format!("{}: never answered", run.place(message)));
    }
}
