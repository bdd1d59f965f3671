//! What was read back: every acknowledged message once, where it was acknowledged, byte for byte, in every view.

use std::collections::{HashMap, HashSet};

use crate::tools::check::findings::{Findings, Kind};
use crate::tools::check::model::{MESSAGE, Message, MessageIndex, Named, Run, Session, View};

/// Seq at which each message stands in the transcripts, if it does.
pub(super) type Stands = HashMap<MessageIndex, u64>;

/// Makes every view searchable by seq, and looks at its order. A view that was cut off is as good as none.
pub(super) fn index(run: &mut Run, findings: &mut Findings) {
    for session in run.sessions.values_mut() {
        for (actor, presence) in &mut session.present {
            let view = &mut presence.view;
            if view.whole.is_none_or(|count| count != view.events.len() as u64) {
                *view = View::default();
                continue;
            }
            index_view(view, &session.id, *actor, findings);
        }
    }
}

fn index_view(view: &mut View, session: &str, actor: u32, findings: &mut Findings) {
    let mut last = 0;
    for (place, event) in view.events.iter().enumerate() {
        let seq = event.seq;
        if view.places.insert(seq, u32::try_from(place).unwrap_or(u32::MAX)).is_some() {
            findings.add(Kind::Duplicated, || {
                format!("session {session}: the transcript of actor {actor} has seq {seq} twice")
            });
        } else if seq <= last {
            findings.add(Kind::Reordered, || {
                format!("session {session}: the transcript of actor {actor} has seq {seq} after {last}")
            });
        }
        last = last.max(seq);
    }
}

/// Compares every message with every whole view of its session.
pub(super) fn judge(run: &Run, findings: &mut Findings) -> Stands {
    let mut stands = Stands::new();
    let mut places: HashMap<MessageIndex, Vec<Place>> = HashMap::new();
    let mut views: HashMap<u32, u32> = HashMap::new();
    for (&number, session) in &run.sessions {
        views.insert(number, collect(run, session, &mut places));
        unasked(session, findings);
    }
    for (index, message) in (0..).zip(&run.messages) {
        let found = places.remove(&index).unwrap_or_default();
        if let Some(place) = found.first() {
            stands.insert(index, place.seq);
        }
        let whole = views.get(&message.session).copied().unwrap_or(0);
        judge_message(run, message, &found, whole, findings);
    }
    stands
}

/// Where a message stands in one view.
struct Place {
    view: u32,
    seq: u64,
    same: bool,
    times: u32,
}

/// Adds the places of all messages of a session; returns how many whole views it has.
fn collect(run: &Run, session: &Session, places: &mut HashMap<MessageIndex, Vec<Place>>) -> u32 {
    let mut count = 0;
    for (_, presence) in session.present.iter().filter(|(_, p)| p.view.whole.is_some()) {
        for event in &presence.view.events {
            let Named::Typed(message) = event.content.message else { continue };
            let same = run.messages[message as usize].digest == event.content.digest;
            let found = places.entry(message).or_default();
            match found.last_mut() {
                Some(place) if place.view == count => {
                    place.times += 1;
                    place.same &= same;
                }
                _ => found.push(Place { view: count, seq: event.seq, same, times: 1 }),
            }
        }
        count += 1;
    }
    count
}

fn judge_message(run: &Run, message: &Message, found: &[Place], views: u32, findings: &mut Findings) {
    let here = || run.place(message);
    if found.iter().any(|place| place.times > 1) {
        findings.add(Kind::Duplicated, || format!("{}: more than once in a transcript", here()));
    }
    if found.windows(2).any(|pair| pair[0].seq != pair[1].seq) {
        findings.add(Kind::Reordered, || format!("{}: at different seqs in two transcripts", here()));
    }
    if found.iter().any(|place| !place.same) {
        findings.add(Kind::Changed, || format!("{}: another text in the transcript", here()));
    }
    match message.acked {
        Some(_) if views == 0 => {
            findings.add(Kind::Lost, || format!("{}: no transcript could be read back", here()));
        }
        Some((seq, _)) if (found.len() as u64) < u64::from(views) => {
            findings.add(Kind::Lost, || format!("{}: acknowledged at seq {seq}, absent", here()));
        }
        Some((seq, _)) => {
            if let Some(place) = found.iter().find(|place| place.seq != seq) {
                findings.add(Kind::Reordered, || {
                    format!("{}: acknowledged at seq {seq}, stands at {}", here(), place.seq)
                });
            }
        }
        None if message.refused && !found.is_empty() => {
            findings.add(Kind::Ghost, || format!("{}: refused, yet in the transcript", here()));
        }
        None => {}
    }
}

/// Messages of our own parties that nobody typed: a repeat that was stored under another id looks like this.
fn unasked(session: &Session, findings: &mut Findings) {
    let views = || session.present.iter().map(|(_, presence)| &presence.view);
    let ours: HashSet<u32> = views()
        .flat_map(|view| &view.events)
        .filter(|event| matches!(event.content.message, Named::Typed(_)))
        .map(|event| event.content.by)
        .collect();
    let mut told = HashSet::new();
    for event in views().flat_map(|view| &view.events) {
        let typed = matches!(event.content.message, Named::Typed(_));
        if event.content.kind == MESSAGE
            && !typed
            && ours.contains(&event.content.by)
            && told.insert(event.seq)
        {
            findings.add(Kind::Duplicated, || {
                format!("session {} seq {}: a message that nobody in this run typed", session.id, event.seq)
            });
        }
    }
}
