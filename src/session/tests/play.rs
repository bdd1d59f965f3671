//! The driver: plays a script against one session as a shard worker would, and prints what happened.
//!
//! A line is `WHEN WHO VERB REST`. WHEN is `m:ss` or `h:mm:ss` from the start, or `+30s`, `+5ms`; the wake-ups that come due before it
//! are fed one by one, each at its time. WHO is `customer`, `eve` and `adam` (agents), `sam` (supervisor), `crm` (an
//! integration), `system`, or `clock`, which only lets time pass. `journals answer` settles every errand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::center::{self, Center, Queue, Service, StaffRole, Texts, Timers};
use crate::session::event::*;
use crate::session::input::*;
use crate::session::*;
use crate::words::*;

/// A session and its small world.
pub struct Play {
    pub session: Session,
    pub soft: Soft,
    pub service: Service,
    pub queue: Queue,
    pub center: Center,
    pub open: bool,
    pub staffed: bool,
    pub waiting: u32,
    pub events: Vec<Event>,
    pub now: Time,
    /// Where the start's events end.
    from: usize,
    /// Refusals, answers and typing, which leave no event.
    pub said: String,
    customer: Option<PartyId>,
    inputs: u64,
    reservations: u128,
}

const START: u64 = 1_000_000;

/// The service of all tests.
pub fn service() -> Service {
    Service {
        unit: "main".into(),
        queue: "support".into(),
        greeting: None,
        hours: None,
        dispositions: vec!["solved".into(), "spam".into()],
        anonymous: true,
        timers: Timers::default(),
        texts: Texts::default(),
        rate: crate::center::Rate::default(),
        identity_key: None,
    }
}

/// The center of all tests.
pub fn center(service: &Service, queue: &Queue) -> Center {
    let mut center = Center { version: 7, ..Center::default() };
    center.services.insert("chat".into(), service.clone());
    center.queues.insert("support".into(), queue.clone());
    center.queues.insert("billing".into(), Queue { priority: 5, ..queue.clone() });
    for (name, role, queues) in [
        ("eve", StaffRole::Agent, vec!["support"]),
        ("adam", StaffRole::Agent, vec!["support", "billing"]),
        ("sam", StaffRole::Supervisor, vec![]),
    ] {
        let agent = center::Agent {
            nick: name.to_uppercase(),
            units: vec!["main".into()],
            roles: vec![role],
            queues: queues.into_iter().map(str::to_owned).collect(),
            capacity: 3,
            password: String::new(),
        };
        center.agents.insert(AgentId(name.into()), agent);
    }
    center
}

/// What a session is born with here.
pub fn birth() -> Birth {
    Birth {
        service: "chat".into(),
        unit: "main".into(),
        config: 7,
        contact: BTreeMap::new(),
        identity: None,
        creator: By::System,
        data: BTreeMap::new(),
    }
}

/// Where a script begins.
pub enum Start {
    /// Nothing has happened.
    Unborn,
    /// A customer waits in line.
    Waiting,
    /// A customer, party 1, talks with eve, party 2; her journal has answered.
    Served,
}

/// Plays a script and compares what happened after its start.
#[track_caller]
pub fn check(start: Start, script: &str, expected: &str) {
    let mut play = Play::at(start);
    play.script(script).assert(expected);
}

impl Play {
    pub fn new() -> Self {
        let service = service();
        let queue = Queue { unit: "main".into(), offer_timeout: 20_000, limit: 100, priority: 0 };
        let center = center(&service, &queue);
        let session = Session::new(SessionId([7; 16]));
        Self {
            soft: Soft::opened(Time(START), &session),
            session,
            service,
            queue,
            center,
            open: true,
            staffed: true,
            waiting: 0,
            events: Vec::new(),
            now: Time(START),
            from: 0,
            said: String::new(),
            customer: None,
            inputs: 0,
            reservations: 0,
        }
    }

    pub fn at(start: Start) -> Self {
        let mut play = Self::new();
        match start {
            Start::Unborn => {}
            Start::Waiting => {
                play.script("0:00 customer creates hi");
            }
            Start::Served => {
                play.script(
                    "0:00 customer creates hi
                 0:01 eve reserved
                 0:02 eve accepts
                 0:02 journals answer",
                );
            }
        }
        play.said.clear();
        play.from = play.events.len();
        play
    }

    #[track_caller]
    pub fn assert(&self, expected: &str) {
        let tidy = |text: &str| {
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        };
        let (is, wanted) = (tidy(&(self.transcript() + &self.said)), tidy(expected));
        assert!(is == wanted, "--- is\n{is}\n--- wanted\n{wanted}");
    }

    pub fn script(&mut self, script: &str) -> &mut Self {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.splitn(4, ' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let (when, who, verb, rest) = (word(), word(), word(), word());
            self.pass(self.moment(&when));
            if who != "clock" {
                self.line(&who, &verb, &rest);
            }
        }
        self
    }

    fn moment(&self, when: &str) -> Time {
        if let Some(by) = when.strip_prefix('+') {
            let millis = by.strip_suffix("ms").map(|n| n.parse::<u64>().unwrap());
            return self.now.plus(
                millis.unwrap_or_else(|| by.strip_suffix('s').unwrap().parse::<u64>().unwrap() * 1000),
            );
        }
        let seconds = when.split(':').fold(0, |sum, part| sum * 60 + part.parse::<u64>().unwrap());
        Time(START + seconds * 1000)
    }

    /// Lets time pass, with every wake-up at its time.
    pub fn pass(&mut self, until: Time) {
        for _ in 0..100 {
            let wake = self.session.next_wake(&self.soft, &self.rules());
            let Some(at) = wake.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            let before = self.session.seq();
            self.input(&Input::Clock);
            assert!(self.session.seq() > before, "a wake-up at {at:?} must do something");
        }
        self.now = self.now.max(until);
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules {
            service: &self.service,
            queue: &self.queue,
            open: self.open,
            staffed: self.staffed,
            waiting: self.waiting,
            center: &self.center,
        }
    }

    pub fn ask(&mut self, by: By, act: Act) {
        self.inputs += 1;
        let id = MessageId(format!("m{}", self.inputs));
        self.input(&Input::Ask(Ask { by, id, after: None, act }));
    }

    pub fn input(&mut self, input: &Input) {
        let mut soft = std::mem::take(&mut self.soft);
        let decided = self.session.decide(&mut soft, input, &self.rules(), self.now);
        self.soft = soft;
        let decision = match decided {
            Ok(decision) => decision,
            Err(refusal) => return self.log(&format!("refused: {refusal}")),
        };
        for draft in decision.drafts {
            let event = draft.at(self.session.seq().next(), self.now.max(self.session.last_at()));
            self.session.apply(&event);
            self.notice(&event);
            self.events.push(event);
        }
        for shown in decision.ephemeral {
            self.log(&format!(
                "typing {} {:?} {:?} {:?}",
                shown.party.0, shown.audience, shown.on, shown.preview
            ));
        }
        if let Some(told) = decision.told {
            self.log(&format!("told {told:?}"));
        }
    }

    /// Another owner reads the journal and knows of nobody.
    pub fn take_over(&mut self) {
        self.session = replay(&self.events);
        self.soft = Soft::opened(self.now, &self.session);
        self.input(&Input::Clock);
    }

    fn log(&mut self, line: &str) {
        let _ = writeln!(self.said, "{} {line}", stamp(self.now));
    }

    /// People who join hold a stream open until the script says otherwise.
    fn notice(&mut self, event: &Event) {
        if let What::Joined(party) = &event.what {
            self.soft.connected(party.id, self.now);
            if party.role == Role::Customer {
                self.customer = Some(party.id);
            }
        }
    }

    pub fn by(&self, who: &str) -> By {
        match who {
            "customer" => By::Party(self.customer.unwrap_or(PartyId(1))),
            "crm" => By::Integration("crm".into()),
            "system" => By::System,
            agent => By::Staff(AgentId(agent.into())),
        }
    }

    fn party(&self, who: &str) -> PartyId {
        match self.by(who) {
            By::Party(party) => party,
            By::Staff(agent) => self.session.party_of(&agent).unwrap_or(PartyId(99)),
            By::Integration(_) | By::System => PartyId(0),
        }
    }

    fn line(&mut self, who: &str, verb: &str, rest: &str) {
        let by = self.by(who);
        let agent = AgentId(who.into());
        let reservation = ReservationId(self.reservations);
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "creates" => {
                let nick = (who == "customer").then(|| "Ann".to_owned());
                let text = (!rest.is_empty()).then(|| rest.to_owned());
                self.ask(by, Act::Create { birth: Box::new(birth()), customer: nick, text });
            }
            "invites" => self.join(by, Role::Customer, None, Audience::All),
            "joins" => {
                let audience = audience(first);
                let role = if who == "sam" { Role::Supervisor } else { Role::Agent };
                self.join(by, role, Some(agent), audience);
            }
            "says" => self.ask(by, Act::Send { text: rest.into(), audience: Audience::All }),
            "tells" => self.ask(by, Act::Send { text: second.into(), audience: audience(first) }),
            "whispers" => {
                let audience = Audience::Only(self.party(first));
                self.ask(by, Act::Send { text: second.into(), audience });
            }
            "reads" => {
                let notice = Notice::Read(Seq(rest.parse().unwrap()));
                self.ask(by, Act::Notice { notice, audience: Audience::All });
            }
            "types" => self.ask(by, Act::Typing { on: true, preview: Some(rest.into()) }),
            "sets" => {
                let set = BTreeMap::from_iter([(first.to_owned(), second.to_owned())]);
                self.ask(by, Act::Data { set, remove: Vec::new() });
            }
            "leaves" => {
                let then = match first {
                    "closing" => AfterLeave::Close,
                    "unserved" => AfterLeave::CloseIfNoAgent,
                    _ => AfterLeave::Keep,
                };
                self.ask(by, Act::Leave { then });
            }
            "removes" => {
                let party = self.party(first);
                self.ask(by, Act::Remove { party });
            }
            "closes" => self.ask(by, Act::Close),
            "accepts" => self.ask(by, Act::Accept { reservation }),
            "declines" => self.ask(by, Act::Decline { reservation }),
            "concludes" => {
                let word = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                self.ask(by, Act::Conclude { disposition: word(first), note: word(second) });
            }
            "transfers" => {
                let target = match self.center.agents.contains_key(&AgentId(first.into())) {
                    true => Target::Agent(AgentId(first.into())),
                    false => Target::Queue(first.into()),
                };
                self.ask(by, Act::Transfer { target });
            }
            "notes" => self.ask(by, Act::Note { text: rest.into() }),
            "files" => self.ask(by, Act::Disposition { code: rest.into() }),
            _ => self.world(who, verb, first),
        }
    }

    fn join(&mut self, by: By, role: Role, agent: Option<AgentId>, audience: Audience) {
        let nick = agent.as_ref().map_or("Ann".to_owned(), |agent| agent.0.to_uppercase());
        self.ask(by, Act::Join { role, nick, agent, audience });
    }

    /// Verbs that are no requests: connections, agents' journals.
    fn world(&mut self, who: &str, verb: &str, first: &str) {
        let agent = AgentId(who.into());
        let reservation = ReservationId(self.reservations);
        match verb {
            "connects" => self.soft.connected(self.party(who), self.now),
            "disconnects" => self.soft.gone(self.party(who), self.now),
            "polls" => self.soft.seen(self.party(who), self.now),
            "reserved" => {
                self.reservations += 1;
                let queue = if first.is_empty() { "support" } else { first }.to_owned();
                let reservation = ReservationId(self.reservations);
                let deadline = self.now.plus(self.queue.offer_timeout);
                self.input(&Input::Agent(FromAgent::Reserved { reservation, agent, queue, deadline }));
            }
            "gives" => self.input(&Input::Agent(FromAgent::GaveUp { reservation, agent })),
            "holds" => self.input(&Input::Agent(FromAgent::Holds { reservation, agent })),
            "answer" => self.answer(),
            other => panic!("the script says {other}"),
        }
    }

    /// Every agent's journal answers.
    pub fn answer(&mut self) {
        for effect in self.session.effects() {
            assert!(effect.after <= self.session.seq());
            if let Want::Errand { reservation, errand, .. } = effect.what {
                self.input(&Input::Agent(FromAgent::Done { reservation, errand }));
            }
        }
        self.said = self
            .said
            .lines()
            .filter(|line| !line.ends_with("told Noted"))
            .map(|l| format!("{l}\n"))
            .collect();
    }

    /// Everything after the start, as nobody ever sees it. Flow steps and settled errands are left out.
    pub fn transcript(&self) -> String {
        self.events[self.from..].iter().filter(|event| !bookkeeping(event)).map(render).collect()
    }

    /// What one of them sees.
    pub fn view(&self, who: &str) -> String {
        let reader = self.session.reader(&self.by(who), who == "sam").expect("may read");
        self.events[self.from..]
            .iter()
            .filter(|event| !bookkeeping(event) && reader.may_see(event))
            .map(render)
            .collect()
    }
}

/// The state that these events make.
pub fn replay(events: &[Event]) -> Session {
    let mut session = Session::new(SessionId([7; 16]));
    events.iter().for_each(|event| session.apply(event));
    session
}

const fn bookkeeping(event: &Event) -> bool {
    matches!(event.what, What::Step { .. } | What::Settled { .. })
}

fn audience(word: &str) -> Audience {
    match word {
        "staff" => Audience::Staff,
        "supervisors" => Audience::Supervisors,
        _ => Audience::All,
    }
}

fn stamp(at: Time) -> String {
    let seconds = at.since(Time(START)) / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// One event as a line; its position is left out, so that scripts stay readable when steps are added.
pub fn render(event: &Event) -> String {
    let by = match &event.by {
        By::Party(party) => format!("{}", party.0),
        By::Staff(agent) => agent.0.clone(),
        By::Integration(name) => name.clone(),
        By::System => "-".into(),
    };
    let audience = match event.audience {
        Audience::All => String::new(),
        Audience::Only(party) => format!(" [only {}]", party.0),
        other => format!(" [{other:?}]"),
    };
    format!("{} {by} {}{audience}\n", stamp(event.at), what(&event.what))
}

fn what(what: &What) -> String {
    match what {
        What::Created(_) => "created".into(),
        What::Joined(party) => format!("joined {} {:?} {}", party.id.0, party.role, party.nick),
        What::Left { party, reason, .. } => format!("left {} {reason:?}", party.0),
        What::Away(party) => format!("away {}", party.0),
        What::Back(party) => format!("back {}", party.0),
        What::Message { text } => format!(": {text}"),
        What::Notice(notice) => format!("{notice:?}"),
        What::Data { set, removed } => format!("data {set:?} {removed:?}"),
        What::Step { step, state } => format!("step {step} {state:?}"),
        What::Queued { queue, since, priority } => {
            format!("queued {queue} {priority} since {}", stamp(*since))
        }
        What::Offered { agent, deadline, .. } => format!("offered {} until {}", agent.0, stamp(*deadline)),
        What::OfferEnded { why, .. } => format!("offer ended {why:?}"),
        What::Assigned { agent, .. } => format!("assigned {}", agent.0),
        What::Concluded { agent, why, .. } => format!("concluded {} {why:?}", agent.0),
        What::Transferred(target) => format!("transferred {target:?}"),
        What::Disposition { code } => format!("filed {code}"),
        What::Note { text } => format!("note {text}"),
        What::IdleAlert { closes_at } => format!("idle alert, closes {}", stamp(*closes_at)),
        What::Closed { why } => format!("closed {why:?}"),
        What::Stopped { why } => format!("stopped {why:?}"),
        What::Settled { errand, .. } => format!("settled {errand:?}"),
    }
}
