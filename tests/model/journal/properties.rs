//! What must hold in every state: the promises P1 to P6 as far as a journal keeps them, and what must be reachable, so that
//! an empty model does not pass. Never looks at how an owner came to know something.

use stateright::Property;

use super::config::{Journal, Kind};
use super::state::{Phase, State};

/// P1 and P5: what an older owner published is a prefix of what each newer owner adopted.
pub const KEPT: &str = "P1/P5 published is adopted";
/// P1: the store forgets nothing that it is known to have.
pub const WHOLE_STORE: &str = "P1 nothing is found damaged";
/// P1: what was answered stays.
pub const SAME: &str = "P1 what was answered stays";
/// P2 and P4: any two have published the same, as far as both go.
pub const ALIKE: &str = "P2/P4 published alike";
/// P3: no message twice.
pub const ONCE: &str = "P3 once";
/// P4: what a reader of the store has shown is true.
pub const SHOWN: &str = "P4 shown is true";
/// P4: the record is the journal.
pub const RECORD: &str = "P4 record is true";
/// P6: a session is listed until it is over.
pub const LISTED: &str = "P6 listed";
/// A decision is published and adopted whole or not at all.
pub const DECIDED: &str = "whole decisions";
/// No take is longer than the window.
pub const BOUNDED: &str = "P11 tail is bounded";
/// The journal is there until the record is stored.
pub const KEPT_UNTIL_RECORDED: &str = "P1 deleted after the record";

/// The properties that apply.
pub fn all(config: &Journal) -> Vec<Property<Journal>> {
    let mut all = vec![
        Property::always(KEPT, kept),
        Property::always(WHOLE_STORE, |_, s: &State| !s.damaged),
        Property::always(SAME, |_, s: &State| !s.changed),
        Property::always(ALIKE, alike),
        Property::always(ONCE, once),
        Property::always(DECIDED, decided),
        Property::sometimes("the last owner publishes adopted and own events", reached),
    ];
    if config.reader {
        all.push(Property::always(SHOWN, shown));
        all.push(Property::sometimes("a reader of the store shows something", |config, s: &State| {
            s.of(config.owners - 1).published > 0
        }));
    }
    if config.life {
        all.push(Property::always(RECORD, record));
        all.push(Property::always(LISTED, listed));
        all.push(Property::always(KEPT_UNTIL_RECORDED, |_, s: &State| {
            s.sent & super::state::TOMBS == 0 || s.record == 2
        }));
        all.push(Property::sometimes("an owner finds the record of a half deleted journal", half_deleted));
    }
    if config.window.is_some() {
        all.push(Property::always(BOUNDED, bounded));
    }
    if config.kinds.contains(&Kind::Double) {
        all.push(Property::sometimes("a torn decision is dropped", torn));
    }
    if config.quarantine {
        all.push(Property::sometimes("a later owner opens a quarantined session", |config, s: &State| {
            s.of(0).quarantined && s.of(0).published > 0 && s.of(config.owners - 1).adopted > 0
        }));
    }
    all.retain(|property| config.only.is_empty() || config.only.contains(&property.name));
    all
}

type Content = (u8, u8);

fn content<'a>(s: &'a State, items: &'a [u8]) -> impl Iterator<Item = Content> + 'a {
    items.iter().map(|item| (s.row(*item).msg, s.row(*item).more))
}

fn is_prefix(s: &State, short: &[u8], long: &[u8]) -> bool {
    short.len() <= long.len() && content(s, short).zip(content(s, long)).all(|(a, b)| a == b)
}

fn is_alike(s: &State, a: &[u8], b: &[u8]) -> bool {
    content(s, a).zip(content(s, b)).all(|(a, b)| a == b)
}

/// Owners that are not readers of the store.
fn owners(config: &Journal) -> std::ops::Range<u8> {
    0..config.owners - u8::from(config.reader)
}

fn kept(config: &Journal, s: &State) -> bool {
    owners(config).filter(|new| s.of(*new).phase == Phase::Open).all(|new| {
        let adopted = &s.of(new).list.items[..usize::from(s.of(new).adopted)];
        (0..new)
            .all(|old| is_prefix(s, s.published(old), adopted) && is_prefix(s, s.of(old).past.get(), adopted))
    })
}

fn alike(config: &Journal, s: &State) -> bool {
    owners(config).all(|a| {
        is_alike(s, s.of(a).past.get(), s.published(a))
            && (a + 1..config.owners).filter(|b| !config.is_reader(*b)).all(|b| {
                is_alike(s, s.published(a), s.published(b)) && is_alike(s, s.of(a).past.get(), s.published(b))
            })
    })
}

fn shown(config: &Journal, s: &State) -> bool {
    let reader = s.published(config.owners - 1);
    owners(config).all(|e| is_alike(s, reader, s.published(e)))
}

fn once(config: &Journal, s: &State) -> bool {
    owners(config).all(|e| {
        let list = s.published(e);
        (1..list.len()).all(|at| {
            let mut before = content(s, &list[..at]);
            let this = content(s, &list[at..]).next();
            before.all(|other| Some(other) != this)
        })
    })
}

fn decided(config: &Journal, s: &State) -> bool {
    let ends = |items: &[u8]| items.last().is_none_or(|item| s.row(*item).more == 0);
    owners(config).all(|e| {
        let owner = s.of(e);
        ends(s.published(e)) && ends(&owner.list.items[..usize::from(owner.adopted)])
    })
}

fn record(config: &Journal, s: &State) -> bool {
    let writers = owners(config).filter(|e| s.writers & (1 << e) != 0);
    writers.into_iter().all(|writer| {
        let list = s.of(writer).list;
        owners(config).all(|e| is_prefix(s, s.published(e), list.get()))
    })
}

fn listed(config: &Journal, s: &State) -> bool {
    let published = owners(config).any(|e| s.of(e).published > 0);
    !published || s.record == 2 || config.surely_listed(s)
}

fn bounded(config: &Journal, s: &State) -> bool {
    let window = config.window.unwrap_or(u8::MAX);
    owners(config).all(|e| s.of(e).adopted - s.of(e).watermark.min(s.of(e).adopted) <= window)
}

fn reached(config: &Journal, s: &State) -> bool {
    let last = s.of(owners(config).end - 1);
    let own = u8::from(config.kinds.len() > 1);
    last.adopted > 0 && last.published >= last.adopted + own
}

fn half_deleted(config: &Journal, s: &State) -> bool {
    let deleted = s.sent & super::state::TOMBS;
    let half = deleted != 0 && deleted != super::state::TOMBS;
    half && owners(config).any(|e| s.of(e).phase == Phase::Over && s.writers & (1 << e) == 0)
}

fn torn(config: &Journal, s: &State) -> bool {
    let doubles = s.of(0).list.get().first().is_some_and(|item| s.row(*item).more > 0);
    let seen = s.on.iter().any(|on| on & 1 != 0);
    doubles && seen && owners(config).any(|e| e > 0 && s.of(e).phase == Phase::Open && s.of(e).adopted == 0)
}
