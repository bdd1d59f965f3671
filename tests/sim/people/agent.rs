//! Agents: they sign in, take or decline what they are offered, talk, conclude, and sometimes vanish. Never take more than they
//! are offered.

use holdfast::agent::event::{AgentAct, Held, Stage};
use holdfast::session::input::Act;
use holdfast::words::{AgentId, Audience, MessageId, ReservationId, SessionId};

use super::Ground;
use super::words::{ask, message, staff};

struct Agent {
    ground: Ground,
    name: &'static str,
    queue: &'static str,
    capacity: u32,
    asked: u64,
}

/// One agent's life: days, one after the other.
pub async fn live(ground: Ground, (name, queue, capacity): (&'static str, &'static str, u32)) {
    let mut agent = Agent { ground, name, queue, capacity, asked: 0 };
    agent.ground.pause((0, 3_000)).await;
    while !agent.ground.is_over() {
        agent.day().await;
        agent.ground.pause((1_000, 20_000)).await;
    }
}

impl Agent {
    async fn day(&mut self) {
        let (device, queues) = (String::from("desk"), vec![self.queue.to_owned()]);
        self.act(AgentAct::SignIn { device, capacity: self.capacity, queues }).await;
        self.act(AgentAct::State { ready: true, reason: None }).await;
        let hours = self.ground.chance.between(40, 400);
        for _ in 0..hours {
            if self.ground.is_over() {
                return;
            }
            self.ground.pause((50, 800)).await;
            self.look().await;
        }
        if self.ground.chance.happens(500) {
            self.act(AgentAct::SignOut { device: "desk".into() }).await;
        }
    }

    /// Asks the own journal until it is answered.
    async fn act(&mut self, act: AgentAct) {
        self.asked += 1;
        let (agent, id) = (AgentId(self.name.into()), MessageId(format!("{}-{}", self.name, self.asked)));
        while !self.ground.is_over() {
            let (agent, id, act) = (agent.clone(), id.clone(), act.clone());
            let answer = self.ground.call(12_000, move |door| door.ask_agent(agent, id, act)).await;
            match answer {
                Some(Err(error)) if super::is_for_now(&error) => self.ground.pause((50, 300)).await,
                Some(Ok(_) | Err(_)) => return,
                None => self.ground.pause((50, 300)).await,
            }
        }
    }

    /// Looks at what there is to do, and does some of it.
    async fn look(&mut self) {
        let agent = AgentId(self.name.into());
        let Some(Ok(summary)) = self.ground.call(12_000, move |door| door.agent(agent)).await else { return };
        self.ground.oracle.capacity((self.name, self.capacity), &summary);
        let held: Vec<(ReservationId, Held)> = summary.held.into_iter().collect();
        let Some((reservation, held)) = self.ground.chance.pick(&held).cloned() else { return };
        match held.stage {
            Stage::Reserved => {}
            Stage::Offered if self.ground.chance.happens(800) => {
                self.ask(held.session, ("accept", reservation), Act::Accept { reservation }).await;
            }
            Stage::Offered if self.ground.chance.happens(500) => {
                self.ask(held.session, ("decline", reservation), Act::Decline { reservation }).await;
            }
            Stage::Offered => {}
            Stage::Engaged => self.work(held.session, reservation).await,
        }
    }

    async fn work(&mut self, session: SessionId, reservation: ReservationId) {
        let concludes = if self.queue == "slow" { 4 } else { 15 };
        if self.ground.chance.happens(concludes) {
            let act = Act::Conclude { disposition: Some("done".into()), note: None };
            self.ask(session, ("conclude", reservation), act).await;
        } else if self.ground.chance.happens(if self.queue == "slow" { 40 } else { 400 }) {
            let audience = if self.ground.chance.happens(200) { Audience::Staff } else { Audience::All };
            self.ask(session, ("say", reservation), message("at your service", audience)).await;
        }
    }

    async fn ask(&mut self, session: SessionId, (what, of): (&str, ReservationId), act: Act) {
        self.asked += 1;
        let id = match what {
            "say" => format!("{}-{}", self.name, self.asked),
            // Once for each promise, however often it is clicked.
            _ => format!("{what}-{of}"),
        };
        let who = staff(self.name);
        let ask = ask(&who, (&id, None), act);
        self.ground.insist((&who, session), &ask).await;
    }
}
