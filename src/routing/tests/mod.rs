//! Tests of the matchmaker, as scripts: one command a line, what it shows in place of the line's `=>`.
//!
//! `N s1 seeks q [priority P] [since N] [prefer a] [avoid a,b]` · `N s1 leaves` · `N ann has q,r free N idle N` ·
//! `N ann gone` · `N ann stored` / `N ann refused` (her last proposal) · `N match` · `N place s1` · `N why s1` ·
//! `N queue q` · `N wake`. Times are seconds; an offer lasts 30 s.

mod rules;
mod scale;

use std::fmt::Write as _;

use super::{Explanation, Matchmaker, Passed, Seek, Waits};
use crate::words::{AgentId, ReservationId, SessionId, Time};

/// Runs a script and compares each line that has a `=>` with what it shows.
#[track_caller]
fn check(script: &str) {
    let mut play = Play::default();
    let mut shown = String::new();
    let mut wanted = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (command, expected) = line.split_once("=>").map_or((line, None), |(c, e)| (c, Some(e.trim())));
        let seen = play.run(command.trim());
        if let Some(expected) = expected {
            let _ = writeln!(shown, "{} => {seen}", command.trim());
            let _ = writeln!(wanted, "{} => {expected}", command.trim());
        }
    }
    assert_eq!(shown, wanted);
}

#[derive(Default)]
struct Play {
    maker: Matchmaker,
    drawn: u128,
    last: std::collections::BTreeMap<String, ReservationId>,
}

impl Play {
    fn run(&mut self, command: &str) -> String {
        let words: Vec<&str> = command.split_whitespace().collect();
        let now = at(words[0]);
        match words[1..] {
            ["match"] => self.matches(now),
            ["wake"] => self.maker.next_wake().map_or("never".into(), |wake| (wake.0 / 1_000).to_string()),
            ["place", who] => {
                self.maker.position(session(who)).map_or("none".into(), |place| place.to_string())
            }
            ["why", who] => why(self.maker.explain(session(who))),
            ["queue", queue] => {
                format!("{} waiting, staffed {}", self.maker.waiting(queue), self.maker.staffed(queue))
            }
            [who, "seeks", queue, ref rest @ ..] => {
                self.maker.register(session(who), seek(queue, rest, now), now).to_string()
            }
            [who, "leaves"] => {
                self.maker.withdraw(session(who));
                String::new()
            }
            [who, "has", queues, "free", free, "idle", idle] => {
                let queues: Vec<_> = queues.split(',').map(str::to_owned).collect();
                self.maker.announce(&agent(who), &queues, free.parse().unwrap(), at(idle));
                String::new()
            }
            [who, "gone"] => {
                self.maker.gone(&agent(who));
                String::new()
            }
            [who, "stored"] => {
                self.maker.reserved(self.last[who]);
                String::new()
            }
            [who, "refused"] => {
                self.maker.denied(self.last[who], now);
                String::new()
            }
            _ => panic!("no such command: {command}"),
        }
    }

    fn matches(&mut self, now: Time) -> String {
        let drawn = &mut self.drawn;
        let proposals = self.maker.matches(now, &mut || {
            *drawn += 1;
            ReservationId(*drawn)
        });
        let mut shown = Vec::new();
        for proposal in proposals {
            assert_eq!(proposal.deadline, now.plus(30_000));
            self.last.insert(proposal.agent.0.clone(), proposal.reservation);
            shown.push(format!("s{} {}", proposal.session.0[15], proposal.agent.0));
        }
        if shown.is_empty() { "nothing".into() } else { shown.join(", ") }
    }
}

fn at(seconds: &str) -> Time {
    Time(seconds.parse::<u64>().unwrap() * 1_000)
}

fn session(name: &str) -> SessionId {
    let mut id = [0; 16];
    id[15] = name[1..].parse().unwrap();
    SessionId(id)
}

fn agent(name: &str) -> AgentId {
    AgentId(name.into())
}

fn seek(queue: &str, rest: &[&str], now: Time) -> Seek {
    let mut seek = Seek {
        queue: queue.into(),
        priority: 0,
        since: now,
        prefer: None,
        avoid: Vec::new(),
        offer_timeout: 30_000,
    };
    for pair in rest.chunks(2) {
        match *pair {
            ["priority", value] => seek.priority = value.parse().unwrap(),
            ["since", value] => seek.since = at(value),
            ["prefer", who] => seek.prefer = Some(agent(who)),
            ["avoid", who] => seek.avoid = who.split(',').map(agent).collect(),
            _ => panic!("no such wish: {pair:?}"),
        }
    }
    seek
}

fn why(explanation: Option<Explanation>) -> String {
    match explanation {
        None => "unknown".into(),
        Some(Explanation::Waiting(Waits::ForPreferred(agent))) => format!("waits for {}", agent.0),
        Some(Explanation::Waiting(waits)) => format!("{waits:?}"),
        Some(Explanation::Proposed { at, chosen, next, passed, signed_in, .. }) => {
            let mut text = format!("{} at {} of {signed_in}", chosen.0, at.0 / 1_000);
            let _ = write!(text, ", next {}", next.map_or("nobody".into(), |next| next.0));
            for (agent, why) in passed {
                let why = match why {
                    Passed::Avoided => "declined",
                    Passed::NotPreferred => "not preferred",
                };
                let _ = write!(text, ", not {} ({why})", agent.0);
            }
            text
        }
    }
}
