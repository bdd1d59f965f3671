//! An input reaches its machine: known ids are answered as before, new ones are decided, and what was decided is appended.
//! Never answers anything itself before it is published.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::live::{Due, Held, Leaving, Live, Machine, sender};
use super::msg::{Reply, ToAgent, ToDesk, ToSession};
use super::open::{authors, canonical, key_of, refuse};
use super::{Done, Key, Worker};
use crate::agent::event::AgentInput;
use crate::agent::{AgentReceipt, AgentRefusal};
use crate::limits;
use crate::session::event::{By, Event};
use crate::session::input::{Act, Ask, FromAgent, Input};
use crate::session::{Decision, Phase, Refusal, Rules};
use crate::shard::door::{DoorError, Receipt, Who};
use crate::shard::history::reading;
use crate::shard::history::repeat;
use crate::store::journal::ids::{Known, hash};
use crate::words::{AgentId, Seq, Time};

/// A request with who asks and where the answer goes.
type Asked = (Who, Ask, Reply);

/// What a search for an old message id found.
pub(super) struct Scanned {
    key: Key,
    who: Who,
    ask: Ask,
    reply: Reply,
    found: Result<Option<Arc<Event>>, String>,
}

impl Worker {
    /// Everything that comes for an open journal enters here.
    pub(super) fn input(&mut self, live: &mut Live, what: Held) {
        if live.leaving == Leaving::Drowsy {
            live.leaving = Leaving::No;
        }
        live.used = self.now();
        if matches!(live.leaving, Leaving::Asleep | Leaving::Sealing) || self.must_wait(live, &what) {
            if live.held.len() >= limits::SESSION_HELD {
                return refuse(what, DoorError::Busy { retry_ms: limits::REPEAT_AFTER });
            }
            live.held.push_back(what);
            if !Self::is_settled(live) {
                self.ensure_taken(live);
            }
            return;
        }
        self.feed(live, what);
    }

    /// Gives an input to its machine.
    pub(super) fn feed(&mut self, live: &mut Live, what: Held) {
        match what {
            Held::Session(what) => self.session_input(live, what),
            Held::Agent(what) => self.agent_input(live, what),
        }
    }

    /// Whether the input must wait: for the take, for room, or for its elders who wait.
    fn must_wait(&self, live: &Live, what: &Held) -> bool {
        if matches!(what, Held::Session(ToSession::Detach(_)) | Held::Agent(ToAgent::Detach(_))) {
            return false;
        }
        if !Self::is_settled(live) {
            return true;
        }
        let changes = matches!(what, Held::Session(ToSession::Ask(..) | ToSession::Agent(..)))
            || matches!(
                what,
                Held::Agent(
                    ToAgent::Ask(..) | ToAgent::Errand(..) | ToAgent::Reserve(..) | ToAgent::Told(..)
                )
            );
        changes && !live.counted.is_quarantined() && (!Self::takes_inputs(live) || !live.held.is_empty())
    }

    /// Whether a change may be decided now: there is room, and no older one is being searched for.
    pub(super) fn takes_inputs(live: &Live) -> bool {
        live.window.has_room() && !live.searching
    }

    fn session_input(&mut self, live: &mut Live, what: ToSession) {
        match what {
            ToSession::Ask(who, ask, reply) => self.ask(live, who, ask, reply),
            ToSession::Query(who, query) => self.query(live, who, query),
            ToSession::Agent(agent, message) => self.hear_agent(live, agent, message),
            ToSession::Detach(mailbox) => self.detach(live, &mailbox),
        }
    }

    // -- sessions --

    fn ask(&mut self, live: &mut Live, who: Who, ask: Ask, reply: Reply) {
        let Machine::Session(session, _) = &live.machine else { return };
        if live.counted.is_quarantined() {
            return reply.give(Err(DoorError::Quarantined));
        }
        if let Err(refusal) = self.admit(live, &who, &ask) {
            return self.owe(live, Due::Reply(reply, Err(refusal)));
        }
        let id_hash = hash(&sender(&canonical(session, &ask.by)), &ask.id.0);
        match live.ids.look_up(id_hash, ask.after) {
            Known::New => self.ask_new(live, ask, reply),
            Known::Perhaps(seq) => match Self::event_at(live, seq) {
                Some(event) => self.ask_known(live, (who, ask, reply), Some(event)),
                None => self.search(live, (who, ask, reply), Seq(seq.0 - 1), seq),
            },
            Known::Before(after) => {
                let last = Seq(live.ids.first().0 - 1);
                self.search(live, (who, ask, reply), after, last);
            }
        }
    }

    /// What needs no machine to be refused: a stranger's unit, a sender who knows more than this owner.
    fn admit(&self, live: &Live, who: &Who, ask: &Ask) -> Result<(), DoorError> {
        let Some(session) = live.session() else { return Err(DoorError::Closing) };
        if session.phase() != Phase::Unborn && !super::read::in_units(session, who) {
            return Err(Refusal::NoSession.into());
        }
        if ask.after.is_some_and(|after| after > live.window.last()) {
            return Err(Refusal::Stale { known: live.window.published() }.into());
        }
        Ok(())
    }

    /// Rule 9: the rows between are read, along the chain only, before the id is taken for new.
    fn search(&mut self, live: &mut Live, (who, ask, reply): Asked, after: Seq, last: Seq) {
        let Machine::Session(session, _) = &live.machine else { return };
        let (rows, id, chain) = (self.shared.rows.clone(), live.id.clone(), live.chain.clone());
        let (key, authors) = (key_of(&live.id), authors(session, &who.by, &ask.by));
        live.searching = true;
        self.wait(async move {
            let wanted = reading::Wanted { id: &ask.id, authors: &authors };
            let found = reading::find_id(&*rows, &id, &chain, (after, last), &wanted).await;
            Done::Scanned(Scanned { key, who, ask, reply, found: found.map_err(|e| e.to_string()) })
        });
    }

    pub(super) fn scanned(&mut self, scanned: Scanned) {
        let Scanned { key, who, ask, reply, found } = scanned;
        // A journal that is searched for somebody does not leave memory.
        self.with(&key, |worker, live| {
            live.searching = false;
            match found {
                Err(_) => reply.give(Err(DoorError::Unknown)),
                Ok(found) => worker.ask_known(live, (who, ask, reply), found),
            }
            worker.release_held(live);
            worker.settle(live);
        });
    }

    /// An event may carry this id: answer as before, refuse another content, or go on when it is somebody else's.
    fn ask_known(&mut self, live: &mut Live, (who, ask, reply): Asked, event: Option<Arc<Event>>) {
        let Machine::Session(session, _) = &live.machine else { return };
        let authors = authors(session, &who.by, &ask.by);
        let id_hash = hash(&sender(&canonical(session, &ask.by)), &ask.id.0);
        // The window knows by its hash whose id it is, also of a stay that the session has forgotten.
        let known = live.ids.look_up(id_hash, None);
        let same_sender = |event: &Event| authors.contains(&event.by) || known == Known::Perhaps(event.seq);
        match event.filter(|event| event.id.as_ref() == Some(&ask.id) && same_sender(event)) {
            None => self.ask_new(live, ask, reply),
            Some(event) => {
                let result = repeat::answer(&ask, &event).map_err(DoorError::from);
                let at = event.seq.max(live.window.published());
                let due = Due::Reply(reply, result);
                if event.seq > live.window.published() {
                    let place = live.due.partition_point(|(due_at, _)| *due_at <= at);
                    live.due.insert(place, (at, due));
                } else {
                    self.owe(live, due);
                }
            }
        }
    }

    /// A full store takes nothing new; what it holds already is answered all the same.
    fn has_space(&self) -> Result<(), DoorError> {
        match self.shared.rows.admits() {
            None => Ok(()),
            Some(crate::store::rows::Refused::Full) => Err(DoorError::Full),
            Some(crate::store::rows::Refused::Busy) => {
                Err(DoorError::Busy { retry_ms: limits::REPEAT_AFTER })
            }
            Some(crate::store::rows::Refused::Closing) => Err(DoorError::Closing),
        }
    }

    fn ask_new(&mut self, live: &mut Live, mut ask: Ask, reply: Reply) {
        if let Err(error) = self.has_space() {
            return self.owe(live, Due::Reply(reply, Err(error)));
        }
        let now = self.now();
        if let Machine::Session(session, soft) = &mut live.machine {
            let party = match &ask.by {
                By::Party(party) if session.phase() == Phase::Online => Some(*party),
                By::Staff(agent) => session.party_of(agent),
                By::Party(_) | By::Integration(_) | By::System => None,
            };
            party.into_iter().for_each(|party| soft.seen(party, now));
        }
        if let Act::Create { birth, .. } = &mut ask.act {
            birth.config = self.shared.centers.current().version;
        }
        match self.decide(live, &Input::Ask(ask), now) {
            Err(error) => self.owe(live, Due::Reply(reply, Err(error))),
            Ok(decision) => {
                self.hint(live, &decision);
                let party = match decision.receipt {
                    crate::session::Receipt::Joined { party } => Some(party),
                    crate::session::Receipt::None => None,
                };
                let (seq, at) = self.append_session(live, decision.drafts, now);
                let receipt = Receipt { seq, at, repeated: false, party };
                self.owe(live, Due::Reply(reply, Ok(receipt)));
            }
        }
    }

    /// Asks the machine. A panic quarantines this session and nothing else (design §6).
    pub(super) fn decide(
        &mut self,
        live: &mut Live,
        input: &Input,
        now: Time,
    ) -> Result<Decision, DoorError> {
        let Machine::Session(session, soft) = &mut live.machine else { return Err(DoorError::Closing) };
        let service = match input {
            Input::Ask(Ask { act: Act::Create { birth, .. }, .. }) => birth.service.clone(),
            Input::Ask(_) | Input::Agent(_) | Input::Clock => session.service().to_owned(),
        };
        let version = if session.phase() == Phase::Unborn { None } else { Some(session.config()) };
        let Some(place) = self.shared.centers.place(version, &service, now) else {
            return Err(
                Refusal::Malformed { field: "service", wants: "the name of a configured service" }.into()
            );
        };
        let queue_now = self.shared.board.queue(&place.service().queue);
        let rules = Rules {
            service: place.service(),
            queue: place.queue(),
            open: place.open(),
            staffed: queue_now.staffed,
            waiting: queue_now.waiting,
            center: place.center(),
        };
        let decided = catch_unwind(AssertUnwindSafe(|| session.decide(soft, input, &rules, now)));
        match decided {
            Ok(result) => result.map_err(DoorError::from),
            Err(_) => {
                self.quarantine(live, &"the machine panicked on an input");
                Err(DoorError::Quarantined)
            }
        }
    }

    /// Shows what is never stored, at once.
    fn hint(&mut self, live: &mut Live, decision: &Decision) {
        let Some(session) = live.session().map(crate::session::Session::id) else { return };
        for ephemeral in &decision.ephemeral {
            let preview: Option<Arc<str>> = ephemeral.preview.as_deref().map(Arc::from);
            for follower in &live.followers {
                let Some(reader) = follower.reader.as_ref().filter(|reader| reader.may_hear(ephemeral))
                else {
                    continue;
                };
                let preview = if reader.may_preview() { preview.clone() } else { None };
                follower.to.put(crate::shard::door::Delivery::Typing {
                    session,
                    party: ephemeral.party,
                    on: ephemeral.on,
                    preview,
                });
            }
        }
    }

    fn hear_agent(&mut self, live: &mut Live, agent: AgentId, message: FromAgent) {
        let now = self.now();
        let (reservation, told) = super::seal::denial(&message);
        if live.counted.is_quarantined() {
            return;
        }
        if live.window.last() == Seq(0) {
            // Nothing was ever stored under this id: whatever is asked about it is denied, after a look.
            return self.owe(live, Due::Told(agent, reservation, told));
        }
        if let Ok(decision) = self.decide(live, &Input::Agent(message), now) {
            self.append_session(live, decision.drafts, now);
            if let Some(told) = decision.told {
                self.owe(live, Due::Told(agent, reservation, told));
            }
        }
    }

    /// The clock's input: deadlines that have come.
    pub(super) fn tick(&mut self, live: &mut Live) {
        let now = self.now();
        if live.counted.is_quarantined() || !live.window.has_room() {
            return;
        }
        match &mut live.machine {
            Machine::Session(..) => {
                if let Ok(decision) = self.decide(live, &Input::Clock, now) {
                    if !decision.drafts.is_empty() {
                        crate::metrics::shard().timers_fired_total.inc();
                    }
                    self.append_session(live, decision.drafts, now);
                }
            }
            Machine::Agent(..) => {
                // The clock asks for nothing, so nobody waits for its answer.
                let _ = self.decide_agent(live, &AgentInput::Clock);
            }
        }
    }

    // -- agents --

    fn agent_input(&mut self, live: &mut Live, what: ToAgent) {
        match what {
            ToAgent::Ask(id, act, reply) => self.ask_agent(live, AgentInput::Ask { id, act }, reply),
            ToAgent::Errand(session, input) => {
                let answer = self.decide_agent(live, &input);
                if let Ok(AgentReceipt::Answer(message)) = answer {
                    self.owe(live, Due::Answer(session, message));
                }
            }
            ToAgent::Reserve(reservation, input) => match self.decide_agent(live, &input) {
                Ok(_) => self.owe(live, Due::Reserved(reservation)),
                Err(refusal) => {
                    self.tell_desk(ToDesk::Answered(reservation, Err(refusal)));
                }
            },
            ToAgent::Told(reservation, answer) => {
                let _ = self.decide_agent(live, &AgentInput::Told { reservation, answer });
            }
            ToAgent::Summary(reply) => self.agent_summary(live, reply),
            ToAgent::Attach(device, to, reply) => self.attach_agent(live, device, to, reply),
            ToAgent::Detach(mailbox) => self.detach(live, &mailbox),
        }
    }

    fn ask_agent(&mut self, live: &mut Live, input: AgentInput, reply: Reply) {
        let AgentInput::Ask { id, act } = &input else { return };
        if let Known::Perhaps(seq) = live.ids.look_up(hash("", &id.0), None) {
            // The caller's ids are drawn anew for each request, so a repeat is the same request.
            let receipt = Receipt { seq, at: self.now(), repeated: true, party: None };
            return self.owe(live, Due::Reply(reply, Ok(receipt)));
        }
        if live.window.last() == Seq(0) && matches!(act, crate::agent::event::AgentAct::SignIn { .. }) {
            self.begin_day(live, BTreeMap::new());
        }
        let before = live.window.last();
        let result = self.decide_agent(live, &input);
        let seq = if live.window.last() > before { before.next() } else { before };
        let receipt = Receipt { seq, at: self.now(), repeated: false, party: None };
        let result = result.map(|_| receipt).map_err(DoorError::AgentRefused);
        self.owe(live, Due::Reply(reply, result));
    }

    fn decide_agent(&mut self, live: &mut Live, input: &AgentInput) -> Result<AgentReceipt, AgentRefusal> {
        let now = self.now();
        let Machine::Agent(day, soft) = &mut live.machine else { return Err(AgentRefusal::Ended) };
        if live.counted.is_quarantined() {
            return Err(AgentRefusal::Ended);
        }
        let decided = catch_unwind(AssertUnwindSafe(|| day.decide(soft, input, now)));
        let Ok(decision) = decided else {
            self.quarantine(live, &"the agent's machine panicked on an input");
            return Err(AgentRefusal::Ended);
        };
        let decision = decision?;
        self.append_agent(live, decision.drafts, now);
        Ok(decision.receipt)
    }

    /// Event 1 of an agent's day, with what the day before still held.
    pub(super) fn begin_day(&mut self, live: &mut Live, held: crate::shard::history::reading::HeldBefore) {
        let now = self.now();
        let Machine::Agent(day, _) = &live.machine else { return };
        let what = day.open_event(held);
        self.append_agent(live, vec![crate::agent::AgentDraft { id: None, what }], now);
        self.note_day(live);
    }
}
