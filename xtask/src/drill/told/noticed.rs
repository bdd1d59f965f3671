//! Brings together what was done in a round, what people noticed and what nodes logged. Pure.

use super::long::Long;
use crate::drill::scene::round::Round;
use crate::drill::seen::history::History;
use crate::drill::seen::logs::{Entry, JOINED, PROPOSED};
use crate::drill::seen::waits::Waits;
use crate::drill::seen::window::{Moment, Span, before, held_up, since};

/// Longest pauses of sessions, by what they had to do with the victims.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// Owned by a victim, with a client at another node.
    pub owner: Vec<f64>,
    /// With a client at a victim, whoever owned them.
    pub edge: Vec<f64>,
    /// Neither.
    pub others: Vec<f64>,
}

/// What was noticed of one round.
#[derive(Debug, Clone)]
pub struct Noticed {
    /// The round.
    pub round: Round,
    /// Longest pauses of the sessions in the window before.
    pub quiet: Vec<f64>,
    /// Of all sessions from the beginning on.
    pub pauses: Vec<f64>,
    /// The same by role.
    pub roles: Roles,
    /// Of those that kept their connection.
    pub kept: Vec<f64>,
    /// Of those that connected again.
    pub lost: Vec<f64>,
    /// Of those that the victims owned, or that lost their connection.
    pub hit: Vec<f64>,
    /// Of all others.
    pub others: Vec<f64>,
    /// Requests of those others that failed.
    pub failed_of_others: usize,
    /// First acknowledgement in a shard that the victims owned, after the map had changed, milliseconds after the beginning.
    pub first_taken: Option<f64>,
    /// Requests that failed, by why.
    pub failures: Vec<(String, usize)>,
    /// First proposal to depose somebody, milliseconds after the beginning, with its reason.
    pub proposed: Option<(f64, String)>,
    /// How many were to be deposed.
    pub depositions: usize,
    /// First and last acknowledgement of a message that was held up, milliseconds after the beginning.
    pub held_up: Option<(f64, f64)>,
    /// Clients that were at a victim: how many; how many came back; when the last did, milliseconds after the beginning.
    pub back: (usize, usize, f64),
    /// What the pauses were that people notice.
    pub long: Long,
    /// When the first victim had a new life, milliseconds after the beginning.
    pub rejoined: Option<f64>,
}

impl Noticed {
    /// Of a round.
    pub fn of(round: &Round, (history, entries): (&History, &[Entry]), waits: &Waits) -> Self {
        let quiet = before(&history.messages, round.quiet);
        let found = since(&history.messages, round.fault);
        let again = |session: &u32| {
            history.reconnections.iter().any(|(other, at)| other == session && round.fault.holds(*at))
        };
        let owned = |session: &u32| {
            let owner = history.shards.get(session).and_then(|shard| round.owners.owner(*shard));
            owner.is_some_and(|owner| round.victims.contains(&owner))
        };
        let is_other = |session: &u32| !owned(session) && !again(session);
        let select = |which: &dyn Fn(&u32) -> bool| -> Vec<f64> {
            found.iter().filter(|(session, _)| which(session)).map(|(_, pause)| *pause).collect()
        };
        let longest = quiet.values().copied().fold(0.0, f64::max);
        let whole = Span { from: round.fault.from, to: round.settled.max(round.fault.to) };
        let proposals: Vec<&Entry> =
            entries.iter().filter(|entry| entry.message == PROPOSED && whole.holds(entry.at)).collect();
        let new_life = |entry: &&Entry| {
            entry.message == JOINED && whole.holds(entry.at) && round.victims.first() == Some(&entry.node)
        };
        let failed = history.failures.iter().filter(|one| round.fault.holds(one.at));
        let at_victim = |session: &u32| round.has_client_at_victim(*session);
        Self {
            round: round.clone(),
            roles: Roles {
                owner: select(&|session| owned(session) && !at_victim(session)),
                edge: select(&at_victim),
                others: select(&|session| !owned(session) && !at_victim(session)),
            },
            kept: select(&|session| !again(session)),
            lost: select(&again),
            hit: select(&|session| !is_other(session)),
            others: select(&is_other),
            failed_of_others: failed.filter(|one| is_other(&one.session)).count(),
            first_taken: first_taken(round, history, &owned).map(|at| after(whole, at)),
            failures: failures(history, round.fault),
            proposed: proposals.first().map(|entry| (after(whole, entry.at), entry.why.clone())),
            depositions: whom(&proposals),
            held_up: held_up(&history.messages, round.fault, longest),
            back: back(round, history),
            long: Long::of(&history.messages, round.fault, waits),
            rejoined: entries.iter().find(new_life).map(|entry| after(whole, entry.at)),
            quiet: quiet.into_values().collect(),
            pauses: found.into_values().collect(),
        }
    }

    /// How many requests failed.
    pub fn failed(&self) -> usize {
        self.failures.iter().map(|(_, count)| count).sum()
    }

    /// Milliseconds from the beginning to a moment.
    pub fn after(&self, at: Option<Moment>) -> Option<f64> {
        at.map(|at| after(self.round.fault, at))
    }
}

fn after(span: Span, at: Moment) -> f64 {
    at.saturating_sub(span.from) as f64 / 1e3
}

/// How many different nodes these proposals are about.
fn whom(proposals: &[&Entry]) -> usize {
    let mut deposed: Vec<&str> = proposals.iter().map(|entry| entry.peer.as_str()).collect();
    deposed.sort_unstable();
    deposed.dedup();
    deposed.len()
}

fn first_taken(round: &Round, history: &History, owned: &dyn Fn(&u32) -> bool) -> Option<Moment> {
    let changed = round.map_changed?;
    let owned = history.messages.iter().filter(|message| owned(&message.session));
    owned.filter_map(|message| message.acknowledged).filter(|at| *at >= changed).min()
}

fn back(round: &Round, history: &History) -> (usize, usize, f64) {
    let were = history.shards.keys().filter(|session| round.has_client_at_victim(**session)).count();
    let mut first = std::collections::BTreeMap::new();
    for (session, at) in &history.reconnections {
        if round.has_client_at_victim(*session) && round.fault.holds(*at) {
            let earliest = first.entry(*session).or_insert(*at);
            *earliest = (*earliest).min(*at);
        }
    }
    let last = first.values().max().map_or(0.0, |at| after(round.fault, *at));
    (were, first.len(), last)
}

fn failures(history: &History, span: Span) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for failure in history.failures.iter().filter(|failure| span.holds(failure.at)) {
        *counts.entry(&failure.why).or_default() += 1;
    }
    counts.into_iter().map(|(why, count)| (why.to_owned(), count)).collect()
}
