//! A conversation of the drill's own whose journal no owner can replay, through three takeovers. Never touches the journal of
//! anybody else.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::clock::unix;
use super::round::Round;
use super::{Scene, looks};
use crate::bench::report::Bound;
use crate::bench::server::http::Client;
use crate::cassandra::cql::Consistency;
use crate::cluster::plan::Place;
use crate::cluster::ready;
use crate::drill::seen::owners::{Owners, shard};

/// How often its owner is killed.
const TAKEOVERS: u32 = 3;

/// The conversation.
struct Canary {
    session: String,
    token: String,
}

impl Scene {
    /// Poisons it, and kills whoever owns it.
    pub(super) fn poison(&mut self, round: &mut Round) -> anyhow::Result<()> {
        let place = self.cluster().plan.nodes.first().copied().context("a cluster has a node")?;
        let canary = Canary::create(place)?;
        let said = canary.send(place, "before")?;
        ensure!(said.0 == 200 || said.0 == 201, "the canary cannot speak: {} {}", said.0, said.1);
        let row = canary.poison(self)?;
        let shard = shard(&canary.session).context("an id names a shard")?;
        for _ in 0..TAKEOVERS {
            let asked = self.cluster().plan.nodes.first().context("a node")?.ops();
            let owner = Owners::at(asked, &self.key)?.owner(shard).context("somebody owns it")?;
            self.cluster().node(owner)?.kill()?;
            self.cluster().start(owner)?;
            ready::wait(self.cluster())?;
            round.victims.push(owner);
        }
        let (status, text) = canary.send(place, "after")?;
        let quarantined: f64 =
            looks(self.cluster()).iter().map(|(_, look)| look.sum("holdfast_sessions_quarantined", "")).sum();
        let refused = status == 503 && text["code"] == "quarantined";
        round.fact(
            "sends to it refused as quarantined",
            f64::from(u8::from(refused)),
            ("", Bound::Least(1.0)),
        );
        let read = canary.events(place)?;
        round.fact("of its events that can be read", read as f64, ("", Bound::Least(2.0)));
        let others = quarantined - f64::from(round.number);
        round.fact("other sessions that are quarantined", others, ("", Bound::Most(0.0)));
        round.fact("bytes that were put behind its last event", row as f64, ("", Bound::None));
        round.fault.to = unix();
        Ok(())
    }
}

impl Canary {
    fn create(place: Place) -> anyhow::Result<Self> {
        let who = json!({ "service": "default", "nick": "Canary" }).to_string();
        let answer = Client::connect(place.public())?.ask("POST", "/v1/sessions", (None, Some(&who)))?;
        let made: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("no session was made");
        Ok(Self { session: text("session")?, token: text("token")? })
    }

    fn ask(
        &self,
        place: Place,
        method: &str,
        (rest, body): (&str, Option<&str>),
    ) -> anyhow::Result<(u16, Value)> {
        let path = format!("/v1/sessions/{}/{rest}", self.session);
        let answer = Client::connect(place.public())?.ask(method, &path, (Some(&self.token), body))?;
        Ok((answer.status, serde_json::from_str(&answer.body).unwrap_or_default()))
    }

    fn send(&self, place: Place, id: &str) -> anyhow::Result<(u16, Value)> {
        let message = json!({ "id": id, "text": "One moment." }).to_string();
        self.ask(place, "POST", ("messages", Some(&message)))
    }

    fn events(&self, place: Place) -> anyhow::Result<usize> {
        let (status, page) = self.ask(place, "GET", ("events?from=0&limit=100", None))?;
        ensure!(status == 200, "the canary cannot be read: {status} {page}");
        Ok(page["events"].as_array().map_or(0, Vec::len))
    }

    /// Puts a row behind the last one that is whole around an event that nobody can read; its length. An owner adopts
    /// it, for it is next in the owner's epoch.
    fn poison(&self, scene: &Scene) -> anyhow::Result<usize> {
        // `s`, the id, and the first segment: the key of the partition in which its first 1,024 events lie.
        let partition = format!("0x73{}00000000", self.session.replace('-', ""));
        let mut store = scene.cluster().plan.store.connect()?;
        let table = scene.cluster().plan.store.table("journal");
        let read = format!("SELECT position FROM {table} WHERE segment = {partition}");
        let rows = store.run(&read, Consistency::One)?;
        // Epoch and seq, eight bytes each, in hex: their order is the order of the numbers.
        let last = rows.iter().flatten().max().context("the canary has no journal")?;
        let (epoch, seq) = last.split_at_checked(16).context("a position is 16 bytes")?;
        let seq = u64::from_str_radix(seq, 16)?;
        let event = b"no event of any release";
        // Version 1; a map of two: 0, what its writer knew to be final; 1, the event.
        let mut body = vec![0x01, 0xa2, 0x00, 0x1b];
        body.extend(seq.to_be_bytes());
        body.extend([0x01, 0x40 | u8::try_from(event.len())?]);
        body.extend(event);
        let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
        let put = format!(
            "INSERT INTO {table} (segment, position, body) VALUES ({partition}, 0x{epoch}{:016x}, 0x{hex})",
            seq + 1
        );
        store.run(&put, Consistency::Quorum)?;
        Ok(body.len())
    }
}
