//! The workflow of a service, pure: where an interaction stands and what comes next. It sees facts and never a session;
//! whoever owns the session turns its commands into events. Its position is made of such events, so that a takeover
//! goes on at the step that it was in. One command at a time: a command whose events are lost is simply given again.

mod built_in;
#[cfg(test)]
mod tests;

use crate::center::{Queue, Service};

/// Where the flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    /// The step's name.
    pub step: &'a str,
    /// Entered, and not left yet.
    pub begun: bool,
    /// The flow has said something in it.
    pub said: bool,
}

/// What is so in the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the chat is open.
    pub online: bool,
    /// Whether a customer is in it.
    pub customer: bool,
    /// Whether it waits in a queue, offered or not.
    pub queued: bool,
    /// Whether it has waited before: then it is not turned away again.
    pub resumed: bool,
    /// Whether somebody openly serves.
    pub served: bool,
    /// Whether it is an agent's work.
    pub assigned: bool,
    /// Whether every agent's journal has answered.
    pub settled: bool,
}

/// What is so outside.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its queue.
    pub queue: &'a Queue,
    /// Within opening hours.
    pub open: bool,
    /// Somebody is signed in for the queue.
    pub staffed: bool,
    /// How many others wait.
    pub waiting: u32,
}

/// What the flow does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Enter a step.
    Begin(&'a str),
    /// Leave the step with a result.
    Done(&'static str),
    /// Tell the customer.
    Say(&'a str),
    /// Wait for an agent.
    Queue {
        /// In which queue.
        queue: &'a str,
        /// Larger is served first.
        priority: i32,
    },
    /// End the chat.
    Close,
    /// End the interaction.
    Stop,
}

/// What a step does. The flow itself is data: names and kinds in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Greet,
    Queue,
    Agent,
    PostProcess,
    Stop,
}

/// The next command; `None` waits for something to change.
#[must_use]
pub fn next<'a>(at: Option<At<'_>>, facts: Facts, world: &World<'a>) -> Option<Command<'a>> {
    let kind = at.and_then(|at| built_in::kind(at.step));
    if facts.online {
        if facts.customer { online(at, kind, facts, world) } else { None }
    } else {
        offline(at, kind, facts)
    }
}

fn online<'a>(
    at: Option<At<'_>>,
    kind: Option<Kind>,
    facts: Facts,
    world: &World<'a>,
) -> Option<Command<'a>> {
    let Some(at) = at else { return built_in::first().map(Command::Begin) };
    if !at.begun {
        // An agent's step that ended while the customer is here means that the customer needs another agent.
        let after =
            if kind == Some(Kind::Agent) { built_in::named(Kind::Queue) } else { built_in::after(at.step) };
        return after.map(Command::Begin);
    }
    match kind? {
        Kind::Greet => Some(greet(at, facts, world)),
        Kind::Queue => queue(at, facts, world),
        Kind::Agent => (!facts.served).then_some(Command::Done("again")),
        Kind::PostProcess | Kind::Stop => None,
    }
}

fn greet<'a>(at: At<'_>, facts: Facts, world: &World<'a>) -> Command<'a> {
    let greeting = world.service.greeting.as_deref();
    if !world.open && !facts.served {
        return say_once(at, Some(&world.service.texts.closed)).unwrap_or(Command::Close);
    }
    say_once(at, greeting).unwrap_or(Command::Done("greeted"))
}

fn queue<'a>(at: At<'_>, facts: Facts, world: &World<'a>) -> Option<Command<'a>> {
    let texts = &world.service.texts;
    if facts.served || facts.assigned {
        return Some(Command::Done("served"));
    }
    if facts.queued {
        return None;
    }
    if !facts.resumed && world.waiting >= world.queue.limit {
        return Some(say_once(at, Some(&texts.full)).unwrap_or(Command::Close));
    }
    let enter = Command::Queue { queue: &world.service.queue, priority: world.queue.priority };
    let told = if world.staffed { None } else { say_once(at, Some(&texts.nobody)) };
    Some(told.unwrap_or(enter))
}

fn offline(at: Option<At<'_>>, kind: Option<Kind>, facts: Facts) -> Option<Command<'static>> {
    let begun = at.is_some_and(|at| at.begun);
    match kind {
        Some(Kind::PostProcess) if begun => (!facts.assigned).then_some(Command::Done("done")),
        Some(Kind::PostProcess) => built_in::named(Kind::Stop).map(Command::Begin),
        Some(Kind::Stop) => (facts.settled && !facts.assigned).then_some(Command::Stop),
        Some(Kind::Greet | Kind::Queue | Kind::Agent) | None if begun => Some(Command::Done("closed")),
        Some(Kind::Greet | Kind::Queue | Kind::Agent) | None => {
            built_in::named(Kind::PostProcess).map(Command::Begin)
        }
    }
}

fn say_once<'a>(at: At<'_>, text: Option<&'a str>) -> Option<Command<'a>> {
    text.filter(|text| !at.said && !text.trim().is_empty()).map(Command::Say)
}
