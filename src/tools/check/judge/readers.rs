//! What readers were shown live: on each connection rising seqs without a gap, each event the one that the transcript
//! has. Also marks which messages the other side was shown.

use std::collections::HashMap;

use crate::tools::check::findings::{Findings, Kind};
use crate::tools::check::model::{Named, Presence, Run, Seen, Session, View};
use crate::tools::history::Side;

/// Looks at every reader of every session.
pub(super) fn judge(run: &Run, findings: &mut Findings) {
    for session in run.sessions.values() {
        for (actor, presence) in &session.present {
            let (view, gaps) = view(run, session, *actor);
            let reader = Reader { session, name: run.name(*actor), view, gaps };
            reader.walk(presence, findings);
        }
    }
}

/// The view to compare with, and whether it has just what the reader may see: the reader's own, else that of somebody of
/// the same side. A customer sees no more than staff, so an agent's view can still tell what a customer must not be shown.
fn view<'a>(run: &Run, session: &'a Session, actor: u32) -> (Option<&'a View>, bool) {
    let whole = || session.present.iter().filter(|(_, presence)| presence.view.whole.is_some());
    let own = whole().find(|(other, _)| *other == actor);
    let same = own.or_else(|| whole().find(|(other, _)| run.side(*other) == run.side(actor)));
    let wider = if run.side(actor) == Some(Side::Customer) { whole().next() } else { None };
    (same.or(wider).map(|(_, presence)| &presence.view), same.is_some())
}

struct Reader<'a> {
    session: &'a Session,
    name: &'a str,
    view: Option<&'a View>,
    /// Whether what the view has and the reader was not shown is a gap.
    gaps: bool,
}

/// How far a connection has come.
struct Progress {
    /// Last seq shown, or asked to begin after.
    seq: u64,
    /// Place in the view of the next event that must be shown, once known.
    next: Option<u32>,
}

impl Reader<'_> {
    fn walk(&self, presence: &Presence, findings: &mut Findings) {
        let mut connections: HashMap<u32, Progress> = HashMap::new();
        for &(connection, from) in &presence.listens {
            connections.insert(connection, Progress { seq: from, next: self.after(from) });
        }
        for seen in &presence.live {
            let progress = connections.entry(seen.connection).or_insert(Progress { seq: 0, next: None });
            self.step(seen, progress, findings);
        }
    }

    /// Place of what follows `from`; unknown at 0, since a late joiner's first event is for the server to say.
    fn after(&self, from: u64) -> Option<u32> {
        self.view.and_then(|view| view.places.get(&from)).map(|place| place + 1)
    }

    fn step(&self, seen: &Seen, progress: &mut Progress, findings: &mut Findings) {
        let seq = seen.seq;
        if seq <= progress.seq {
            let kind = if seq == progress.seq { Kind::Duplicated } else { Kind::Reordered };
            let last = progress.seq;
            findings.add(kind, || self.say(seq, &format!("shown after seq {last} on one connection")));
            return;
        }
        progress.seq = seq;
        let Some(view) = self.view else { return };
        let Some(&place) = view.places.get(&seq) else {
            findings.add(Kind::Ghost, || self.say(seq, "shown, absent from the transcript"));
            return;
        };
        if view.events[place as usize].content != seen.content {
            findings.add(Kind::Changed, || self.say(seq, "shown otherwise than the transcript has it"));
        }
        if let Some(next) = progress.next.filter(|&next| self.gaps && next < place) {
            let missed = view.events[next as usize].seq;
            findings.add(Kind::Reordered, || self.say(seq, &format!("shown without seq {missed} before it")));
        }
        progress.next = Some(place + 1);
    }

    fn say(&self, seq: u64, what: &str) -> String {
        format!("session {} seq {seq} for {}: {what}", self.session.id, self.name)
    }
}

/// Marks the messages that the other side was shown, and names acknowledged ones that it was not.
pub(super) fn delivered(run: &mut Run, findings: &mut Findings) {
    for session in run.sessions.values() {
        for (actor, presence) in &session.present {
            let side = run.actors.get(actor).map(|&(_, side)| side);
            for seen in &presence.live {
                let Named::Typed(message) = seen.content.message else { continue };
                let message = &mut run.messages[message as usize];
                let sender = run.actors.get(&message.actor).map(|&(_, side)| side);
                if side != sender {
                    message.shown = Some(message.shown.map_or(seen.at, |at| at.min(seen.at)));
                }
            }
        }
    }
    for message in run.messages.iter().filter(|m| m.acked.is_some() && m.shown.is_none()) {
        findings.add(Kind::Undelivered, || {
            format!("{}: the other side was never shown it live", run.place(message))
        });
    }
}
