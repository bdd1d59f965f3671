//! What machines want of others, done once what it rests on is published, and repeated until it is answered. The wants are
//! read from the state again and again, so a takeover forgets nothing. Never changes a state by itself.

use super::live::{Live, Machine, Said, Topic};
use super::msg::{ToAgent, ToDesk, ToSession};
use super::{Done, Worker};
use crate::agent::event::AgentInput;
use crate::agent::{AgentEffect, AgentWant};
use crate::limits;
use crate::routing::Seek;
use crate::session::Want;
use crate::store::rows::{Batch, Class};
use crate::words::{JournalId, Time};

impl Worker {
    /// Performs what the state wants now, as far as it is published.
    pub(super) fn effects(&mut self, live: &mut Live) {
        if live.counted.is_quarantined() {
            return;
        }
        match &live.machine {
            Machine::Session(..) => self.session_effects(live),
            Machine::Agent(..) => self.agent_effects(live),
        }
    }

    fn session_effects(&mut self, live: &mut Live) {
        let Some(session) = live.session() else { return };
        let (id, effects) = (session.id(), session.effects());
        let mut seeks = false;
        for effect in effects {
            let Some(()) = self.ready(live, effect.after) else { continue };
            match effect.what {
                Want::Seek { queue, priority, since, prefer, avoid } => {
                    seeks = true;
                    // The desk knows how long an offer lasts in this queue now.
                    self.seek(live, id, Seek { queue, priority, since, prefer, avoid, offer_timeout: 0 });
                }
                Want::Errand { agent, reservation, errand } => {
                    if self.due_again(live, Topic::Errand(reservation, errand), Said::Once) {
                        let input = AgentInput::Errand { reservation, errand };
                        self.shared.links.tell_agent(&agent, ToAgent::Errand(id, input));
                    }
                }
                Want::Seal => self.seal(live),
            }
        }
        if live.announced && !seeks {
            live.announced = !self.tell_desk(ToDesk::Unseek(id));
            live.asked.remove(&Topic::Desk);
        }
    }

    fn seek(&mut self, live: &mut Live, id: crate::words::SessionId, seek: Seek) {
        if self.due_again(live, Topic::Desk, Said::Seek(seek.clone())) {
            live.announced = self.tell_desk(ToDesk::Seek(id, seek));
            if !live.announced {
                live.asked.remove(&Topic::Desk);
            }
        }
    }

    fn agent_effects(&mut self, live: &mut Live) {
        let now = self.now();
        let Machine::Agent(day, _) = &live.machine else { return };
        let (agent, effects) = (day.agent().clone(), day.effects(now));
        for effect in effects {
            let Some(()) = self.ready(live, effect.after) else { continue };
            match effect.want {
                AgentWant::Announce { queues, free, idle_since } => {
                    let said = Said::Announce(queues.clone(), free, idle_since);
                    if self.due_again(live, Topic::Desk, said) {
                        live.announced =
                            self.tell_desk(ToDesk::Announce(agent.clone(), queues, free, idle_since));
                    }
                }
                AgentWant::Gone => {
                    if live.announced {
                        live.announced = !self.tell_desk(ToDesk::Gone(agent.clone()));
                        live.asked.remove(&Topic::Desk);
                    }
                }
                AgentWant::Tell { session, message } => {
                    if self.due_again(live, Topic::Tell(session), Said::Told(message.clone())) {
                        self.shared.links.tell_session(session, ToSession::Agent(agent.clone(), message));
                    }
                }
                AgentWant::Check { session, message } => {
                    if self.due_rarely(live, Topic::Check(session)) {
                        self.shared.links.tell_session(session, ToSession::Agent(agent.clone(), message));
                    }
                }
                AgentWant::SealDay => self.seal(live),
            }
        }
    }

    /// Whether an effect's event is published; one that waits for an adopted event makes the take happen.
    fn ready(&mut self, live: &mut Live, after: crate::words::Seq) -> Option<()> {
        if after <= live.window.published() {
            return Some(());
        }
        self.ensure_taken(live);
        None
    }

    /// Whether something that others have not answered is to be said now: it is new, or was said long enough ago.
    fn due_again(&mut self, live: &mut Live, topic: Topic, said: Said) -> bool {
        let now = self.now();
        let again = match topic {
            // The matchmaker answers nothing; it only forgets when its node dies, and then a new one is told.
            Topic::Desk => limits::ANNOUNCE_AFTER,
            Topic::Errand(..) | Topic::Tell(_) | Topic::Check(_) => limits::REPEAT_AFTER,
        };
        if live.asked.get(&topic).is_some_and(|(at, before)| *before == said && now < at.plus(again)) {
            return false;
        }
        if live.asked.len() > limits::ASKED_MAX {
            live.asked.retain(|_, (at, _)| now < at.plus(limits::ANNOUNCE_AFTER));
        }
        live.asked.insert(topic, (now, said));
        true
    }

    /// As [`Self::due_again`] for what nobody waits for: rarely, and not at once.
    fn due_rarely(&self, live: &mut Live, topic: Topic) -> bool {
        let now = self.now();
        let (last, _) = live.asked.entry(topic.clone()).or_insert((now, Said::Once));
        let due = now >= last.plus(limits::AGENT_ENGAGED_CHECK);
        if due {
            *last = now;
        }
        due
    }

    /// When something unanswered must be said again.
    pub(super) fn repeat_at(&self, live: &Live) -> Option<Time> {
        let now = self.now();
        if live.counted.is_quarantined() {
            return None;
        }
        match &live.machine {
            Machine::Session(session, _) => {
                let pending = live.announced || !session.effects().is_empty();
                pending.then(|| now.plus(limits::REPEAT_AFTER))
            }
            Machine::Agent(day, _) => {
                day.effects(now).iter().filter_map(|effect| again_at(live, effect, now)).min()
            }
        }
    }

    /// Notes which day of an agent is the present one, so that it is found by the agent's name.
    pub(super) fn note_day(&mut self, live: &Live) {
        let JournalId::Agent(agent, run) = &live.id else { return };
        let note = crate::store::journal::record::put_head(
            &JournalId::Agent(agent.clone(), 0),
            run.to_be_bytes().to_vec(),
            i64::from(*run),
        );
        let write = self.shared.rows.write(Batch { mutations: vec![note], class: Class::Upkeep });
        self.wait(async move {
            // A note that is lost costs a few reads more: the days are found one after another.
            let _ = write.await;
            Done::Side
        });
    }
}

/// When an agent's journal must say it again, if nobody answers.
fn again_at(live: &Live, effect: &AgentEffect, now: Time) -> Option<Time> {
    let soon = || now.plus(limits::REPEAT_AFTER);
    match &effect.want {
        AgentWant::Tell { .. } | AgentWant::SealDay => Some(soon()),
        AgentWant::Check { session, .. } => {
            let last = live.asked.get(&Topic::Check(*session));
            Some(last.map_or_else(soon, |(at, _)| at.plus(limits::AGENT_ENGAGED_CHECK)))
        }
        AgentWant::Announce { .. } => (!live.announced).then(soon),
        AgentWant::Gone => live.announced.then(soon),
    }
}
