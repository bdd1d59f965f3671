//! The order of one sender: a send begun after another was acknowledged, or sent later on the same WebSocket, comes
//! later. Compares neighbours only through running maxima, so it is linear.

use std::collections::HashMap;

use super::transcripts::Stands;
use crate::tools::check::findings::{Findings, Kind};
use crate::tools::check::model::{Reply, Run, Step};

/// Looks at every sender in every session.
pub(super) fn judge(run: &Run, stands: &Stands, findings: &mut Findings) {
    for session in run.sessions.values() {
        for (_, presence) in &session.present {
            Sender { run, stands, acked: 0, sent: HashMap::new() }.walk(&presence.steps, findings);
        }
    }
}

struct Sender<'a> {
    run: &'a Run,
    stands: &'a Stands,
    /// Highest seq acknowledged so far.
    acked: u64,
    /// By WebSocket: highest seq of what was sent on it so far.
    sent: HashMap<u32, u64>,
}

impl Sender<'_> {
    fn walk(&mut self, steps: &[Step], findings: &mut Findings) {
        for step in steps {
            match *step {
                Step::Begun(attempt) => self.begun(attempt, findings),
                Step::Answered(attempt) => {
                    if let Reply::Ack(seq) = self.run.attempts[attempt as usize].reply {
                        self.acked = self.acked.max(seq);
                    }
                }
            }
        }
    }

    fn begun(&mut self, attempt: u32, findings: &mut Findings) {
        let attempt = &self.run.attempts[attempt as usize];
        let Some(&seq) = self.stands.get(&attempt.message) else { return };
        // A repeat may have been stored by the first attempt, so only the first is bound to what came before it.
        let on_socket = self.sent.get(&attempt.connection).copied().unwrap_or(0);
        if attempt.number == 1 && seq < self.acked.max(on_socket) {
            let (message, floor) = (&self.run.messages[attempt.message as usize], self.acked.max(on_socket));
            findings.add(Kind::Reordered, || {
                format!("{}: stands at seq {seq}, before an earlier one at {floor}", self.run.place(message))
            });
        }
        // What was turned away on this socket was not stored by it, and may come later by a repeat.
        let carried = !matches!(attempt.reply, Reply::Refused | Reply::Again);
        if attempt.connection != 0 && carried {
            let highest = self.sent.entry(attempt.connection).or_default();
            *highest = seq.max(*highest);
        }
    }
}
