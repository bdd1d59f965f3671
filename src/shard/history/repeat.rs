//! Whether an input repeats an event's input, and what its sender gets then (promise P3). Pure.

use crate::session::event::{By, Event, What};
use crate::session::input::{Act, Ask};
use crate::session::refusal::Refusal;
use crate::shard::door::Receipt;
use crate::words::PartyId;

/// The first result again, or a refusal when the content is another.
///
/// # Errors
/// [`Refusal::IdReused`] or, for a create, [`Refusal::AlreadyCreated`].
pub fn answer(ask: &Ask, event: &Event) -> Result<Receipt, Refusal> {
    if !same_content(&ask.act, event) {
        let created = matches!(ask.act, Act::Create { .. });
        return Err(if created { Refusal::AlreadyCreated } else { Refusal::IdReused });
    }
    let party = match &event.what {
        What::Joined(party) => Some(party.id),
        What::Created(birth) if matches!(birth.creator, By::Party(_)) => Some(PartyId(1)),
        _ => None,
    };
    Ok(Receipt { seq: event.seq, at: event.at, repeated: true, party })
}

fn same_content(act: &Act, event: &Event) -> bool {
    match (act, &event.what) {
        (Act::Send { text, audience }, What::Message { text: stored }) => {
            text == stored && (*audience == event.audience || event.audience != crate::words::Audience::All)
        }
        (Act::Notice { notice, .. }, What::Notice(stored)) => notice == stored,
        (Act::Data { set, remove }, What::Data { set: stored_set, removed }) => {
            stored_set.iter().all(|(key, value)| set.get(key) == Some(value))
                && removed.iter().all(|key| remove.contains(key))
        }
        (Act::Create { birth, .. }, What::Created(stored)) => {
            birth.service == stored.service
                && birth.contact == stored.contact
                && birth.data == stored.data
                && birth.identity == stored.identity
                && birth.creator == stored.creator
        }
        // Staff's nicknames come from the configuration, which may have changed since.
        (Act::Join { role, agent, nick, .. }, What::Joined(stored)) => {
            *role == stored.role && *agent == stored.agent && (agent.is_some() || *nick == stored.nick)
        }
        (Act::Note { text }, What::Note { text: stored }) => text == stored,
        (Act::Disposition { code }, What::Disposition { code: stored }) => code == stored,
        (Act::Transfer { target }, What::Transferred(stored)) => target == stored,
        (Act::Accept { reservation }, What::Assigned { reservation: stored, .. })
        | (Act::Decline { reservation }, What::OfferEnded { reservation: stored, .. }) => {
            reservation == stored
        }
        (Act::Remove { party }, What::Left { party: stored, .. }) => party == stored,
        // The first event of these may be any of several, and their content is in what follows.
        (Act::Leave { .. }, What::Left { .. })
        | (Act::Close, What::Closed { .. })
        | (Act::Transfer { .. }, What::Concluded { .. })
        | (
            Act::Conclude { .. },
            What::Concluded { .. }
            | What::Disposition { .. }
            | What::Note { .. }
            | What::Closed { .. }
            | What::Left { .. },
        ) => true,
        _ => false,
    }
}
