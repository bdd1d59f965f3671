//! The people of a silent drill: they come, say one thing at most, and fall silent. Never asks anything while it is looked at
//! what happens without them.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::bench::machine::{now, pause};
use crate::bench::server::http::Client;
use crate::cluster::plan::Place;
use crate::load::center::{PASSWORD, hash};

/// The id of the last word in a conversation.
pub const WORD: &str = "word";
/// How long an offer stands, milliseconds.
pub const OFFER_MS: u64 = 3_000;
/// Silence until the alert, milliseconds.
pub const ALERT_MS: u64 = 7_000;
/// From the alert to the close, milliseconds.
const CLOSE_MS: u64 = 4_000;
/// Who would be offered waiting customers, and accepts nobody.
const DEAF: u32 = 8;
/// Between two last words, and between two customers in line: what they wait for is due one after the other, too.
const APART: Duration = Duration::from_millis(20);
/// Longest wait for all offers.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes the contact center: a queue with somebody who accepts, and one with people who do not.
pub fn center(binary: &Path, file: &Path) -> anyhow::Result<()> {
    let hash = hash(binary)?;
    let mut text = format!(
        "[unit.load]\ntitle = \"Load\"\n\n[queue.talk]\nunit = \"load\"\noffer_timeout = \"30s\"\n\n[queue.line]\nunit = \"load\"\n\
         offer_timeout = \"{OFFER_MS}ms\"\n\n[service.talk]\nunit = \"load\"\nqueue = \"talk\"\nanonymous = true\n\
         [service.talk.timers]\nidle_alert_after = \"{ALERT_MS}ms\"\nidle_close_after = \"{CLOSE_MS}ms\"\n\n\
         [service.line]\nunit = \"load\"\nqueue = \"line\"\nanonymous = true\n",
    );
    let deaf = (1..=DEAF).map(|number| (format!("deaf-{number}"), "line", 100));
    for (name, queue, capacity) in std::iter::once(("talker".to_owned(), "talk", 1_000)).chain(deaf) {
        write!(
            text,
            "\n[agent.{name}]\nnick = \"{name}\"\nunits = [\"load\"]\nroles = [\"agent\", \"supervisor\"]\n\
             queues = [\"{queue}\"]\ncapacity = {capacity}\npassword_hash = \"{hash}\"\n"
        )?;
    }
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// What the people do, through one node that stays.
pub struct Desk {
    public: RefCell<Client>,
    staff: RefCell<Client>,
    place: Place,
    talker: String,
    round: u32,
}

impl Desk {
    /// Signs everybody in and makes them ready.
    pub fn open(place: Place, round: u32) -> anyhow::Result<Self> {
        let public = RefCell::new(Client::connect(place.public())?);
        let staff = RefCell::new(Client::connect(place.staff())?);
        let mut desk = Self { public, staff, place, talker: String::new(), round };
        desk.talker = desk.ready("talker")?;
        for number in 1..=DEAF {
            desk.ready(&format!("deaf-{number}"))?;
        }
        Ok(desk)
    }

    fn ready(&self, agent: &str) -> anyhow::Result<String> {
        let who = json!({ "agent": agent, "password": PASSWORD, "device": "drill" });
        let answer = self.ask(&self.staff, ("POST", "/v1/sign-in"), (None, Some(who)))?;
        let token = answer["token"].as_str().context("no token")?.to_owned();
        let state = json!({ "state": "ready" });
        self.ask(&self.staff, ("POST", "/v1/agents/me/state"), (Some(&token), Some(state)))?;
        Ok(token)
    }

    fn ask(
        &self,
        client: &RefCell<Client>,
        (method, path): (&str, &str),
        (token, body): (Option<&str>, Option<Value>),
    ) -> anyhow::Result<Value> {
        let body = body.map(|body| body.to_string());
        let answer = client.borrow_mut().ask(method, path, (token, body.as_deref()))?;
        ensure!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        Ok(serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    fn create(&self, service: &str, count: u32) -> anyhow::Result<Vec<String>> {
        let one = |number| {
            let who = json!({ "service": service, "nick": format!("{service}-{}-{number}", self.round) });
            let made = self.ask(&self.public, ("POST", "/v1/sessions"), (None, Some(who)))?;
            Ok(made["session"].as_str().context("no session")?.to_owned())
        };
        (0..count).map(one).collect()
    }

    /// Conversations that an agent has taken.
    pub fn talks(&self, count: u32) -> anyhow::Result<Vec<String>> {
        let sessions = self.create("talk", count)?;
        let (began, mut taken) = (now(), std::collections::BTreeSet::new());
        while taken.len() < sessions.len() {
            ensure!(began.elapsed() < PATIENCE, "{} of {count} conversations were offered", taken.len());
            let me = self.ask(&self.staff, ("GET", "/v1/agents/me"), (Some(&self.talker), None))?;
            for offer in me["offers"].as_array().context("no offers")? {
                let text = |name: &str| offer[name].as_str().context("no such field");
                let (session, reservation) = (text("session")?, text("reservation")?);
                if !taken.insert(session.to_owned()) {
                    continue;
                }
                let accept = json!({ "session": session, "id": "accept" });
                let path = format!("/v1/offers/{reservation}/accept");
                self.ask(&self.staff, ("POST", &path), (Some(&self.talker), Some(accept)))?;
            }
            pause(Duration::from_millis(20));
        }
        Ok(sessions)
    }

    /// The last word in each conversation, one after the other.
    pub fn words(&self, sessions: &[String]) -> anyhow::Result<()> {
        for session in sessions {
            let word = json!({ "id": WORD, "text": "One moment." });
            let path = format!("/v1/sessions/{session}/messages");
            self.ask(&self.staff, ("POST", &path), (Some(&self.talker), Some(word)))?;
            pause(APART);
        }
        Ok(())
    }

    /// Customers whom nobody accepts, one after the other.
    pub fn line(&self, count: u32) -> anyhow::Result<Vec<String>> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            sessions.extend(self.create("line", 1)?);
            pause(APART);
        }
        Ok(sessions)
    }

    /// All events of a session, as staff see them. The connections of before may be gone.
    pub fn events(&self, session: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/v1/sessions/{session}/events?from=0&limit=500");
        let staff = RefCell::new(Client::connect(self.place.staff())?);
        let page = self.ask(&staff, ("GET", &path), (Some(&self.talker), None))?;
        Ok(page["events"].as_array().context("no events")?.clone())
    }

    /// Lets the customers of the line go, so that the next round has a line of its own.
    pub fn close(&self, sessions: &[String]) -> anyhow::Result<()> {
        let staff = RefCell::new(Client::connect(self.place.staff())?);
        for session in sessions {
            let path = format!("/v1/sessions/{session}/close");
            self.ask(&staff, ("POST", &path), (Some(&self.talker), Some(json!({ "id": "close" }))))?;
        }
        Ok(())
    }
}
