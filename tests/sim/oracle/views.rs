//! P7: nobody is shown what is not for their eyes, on any path.

use std::sync::Arc;

use holdfast::session::event::Event;
use holdfast::words::{Audience, PartyId};

use super::Level;

/// What a reader is shown is for them.
pub(super) fn shown(level: Level, event: &Arc<Event>) -> Option<String> {
    let may = match event.audience {
        Audience::All => true,
        Audience::Only(party) => level == Level::Staff || party == PartyId(1),
        Audience::Staff => level == Level::Staff,
        Audience::Supervisors => level == Level::Staff,
        Audience::Nobody => false,
    };
    (!may).then(|| format!("P7: {} for {:?} is shown to a {level:?}", event.seq, event.audience))
}
