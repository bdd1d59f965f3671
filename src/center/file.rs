//! Reads the configuration from TOML text: every mistake with file, line, key and what is allowed. Several files are one
//! configuration. Never opens a file; passwords and API keys come as hashes only.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::fields::{Fields, Place, Reading};
use super::hours::{is_zone, read_date};
use super::problem::Problem;
use super::refer::{self, Kind, Reference};
use super::units::{is_agent, is_name, read_open};
use super::{Agent, ApiKey, Center, Hours, Queue, Rate, Service, StaffRole, Texts, Timers, Unit};
use crate::limits;
use crate::words::AgentId;

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// As problems should name it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The words for roles.
pub(super) const ROLES: [(&str, StaffRole); 3] =
    [("agent", StaffRole::Agent), ("supervisor", StaffRole::Supervisor), ("admin", StaffRole::Admin)];

/// Reads all files as one configuration, version 0.
///
/// # Errors
/// All mistakes found, in the order of the files and lines, at most [`limits::PROBLEMS_MAX`].
pub fn parse(sources: &[Source<'_>]) -> Result<Center, Vec<Problem>> {
    let mut all = Whole::default();
    let mut problems = Vec::new();
    for source in sources {
        problems.extend(read(source, &mut all));
    }
    problems.extend(refer::check(&all.center, &all.references));
    if problems.is_empty() {
        return Ok(all.center);
    }
    let order: BTreeMap<_, _> =
        sources.iter().enumerate().map(|(index, source)| (source.name, index)).collect();
    problems.sort_by_key(|problem| (order.get(problem.file.as_str()).copied(), problem.line));
    problems.truncate(limits::PROBLEMS_MAX);
    Err(problems)
}

/// What all files have come to.
#[derive(Default)]
struct Whole {
    center: Center,
    references: Vec<Reference>,
    /// Where each table was first seen.
    seen: BTreeMap<String, Place>,
}

fn read(source: &Source<'_>, all: &mut Whole) -> Vec<Problem> {
    let mut reading = Reading { file: source.name, text: source.text, problems: Vec::new() };
    if source.text.len() > limits::CONFIG_FILE_MAX {
        let place = reading.place(0..0, String::new());
        reading.note(&place, format!("the file is larger than {} bytes", limits::CONFIG_FILE_MAX));
        return reading.problems;
    }
    match DeTable::parse(source.text) {
        Ok(table) => {
            let mut fields = Fields::new(&mut reading, table.get_ref(), String::new(), 0..0);
            all.file(&mut fields);
            fields.finish();
        }
        Err(error) => {
            let place = reading.place(error.span().unwrap_or(0..0), String::new());
            reading.note(&place, format!("this is not TOML: {}", error.message()));
        }
    }
    reading.problems
}

impl Whole {
    fn file(&mut self, fields: &mut Fields<'_, '_, '_>) {
        fields.each("unit", |name, place, fields| {
            if self.is_new(name, &place, fields, is_name) {
                let title = fields.needed("title", limits::TITLE_MAX).unwrap_or_default_text();
                self.center.units.insert(name.to_owned(), Unit { title });
            }
        });
        fields.each("service", |name, place, fields| {
            if self.is_new(name, &place, fields, is_name) {
                let service = self.service(fields);
                self.center.services.insert(name.to_owned(), service);
            }
        });
        fields.each("queue", |name, place, fields| {
            if self.is_new(name, &place, fields, is_name) {
                let queue = self.queue(fields);
                self.center.queues.insert(name.to_owned(), queue);
            }
        });
        fields.each("agent", |name, place, fields| {
            if self.is_new(name, &place, fields, is_agent) {
                let agent = self.agent(fields);
                self.center.agents.insert(AgentId(name.to_owned()), agent);
            }
        });
        fields.each("hours", |name, place, fields| {
            if self.is_new(name, &place, fields, is_name) {
                self.center.hours.insert(name.to_owned(), hours(fields));
            }
        });
        fields.each("key", |name, place, fields| {
            if self.is_new(name, &place, fields, is_name) {
                let key = self.key(fields);
                self.center.keys.insert(name.to_owned(), key);
            }
        });
    }

    /// Whether the name is well formed and not taken; the table of one that is not is left unread.
    fn is_new(
        &mut self,
        name: &str,
        place: &Place,
        fields: &mut Fields<'_, '_, '_>,
        allowed: fn(&str) -> bool,
    ) -> bool {
        if !allowed(name) {
            let agent = if allowed("@") { " and . _ @" } else { "" };
            fields.skip(place, format!("wants a name of 1 to 64 characters a-z, 0-9, -{agent}"));
            return false;
        }
        if let Some(first) = self.seen.get(&place.key) {
            let message = format!("is defined already in {} line {}", first.file, first.line);
            fields.skip(place, message);
            return false;
        }
        self.seen.insert(place.key.clone(), place.clone());
        true
    }

    fn refer(&mut self, kind: Kind, found: Option<(String, Place)>) -> Option<String> {
        let (name, place) = found?;
        self.references.push(Reference { kind, name: name.clone(), place });
        Some(name)
    }

    fn refer_all(&mut self, kind: Kind, found: Vec<(String, Place)>) -> Vec<String> {
        found.into_iter().filter_map(|one| self.refer(kind, Some(one))).collect()
    }

    fn service(&mut self, fields: &mut Fields<'_, '_, '_>) -> Service {
        let unit = fields.needed("unit", limits::TITLE_MAX);
        let queue = fields.needed("queue", limits::TITLE_MAX);
        let hours = fields.text("hours", limits::TITLE_MAX);
        Service {
            unit: self.refer(Kind::Unit, unit).unwrap_or_default(),
            queue: self.refer(Kind::Queue, queue).unwrap_or_default(),
            greeting: fields.text("greeting", limits::SAID_MAX).map(|(text, _)| text),
            hours: self.refer(Kind::Hours, hours),
            dispositions: codes(fields),
            anonymous: fields.flag("anonymous", true),
            timers: fields.table("timers", timers).unwrap_or_default(),
            texts: fields.table("texts", texts).unwrap_or_default(),
            rate: fields.table("limits", rate).unwrap_or_default(),
            identity_key: fields.text("identity_key", limits::SAID_MAX).map(|(text, _)| text),
        }
    }

    fn queue(&mut self, fields: &mut Fields<'_, '_, '_>) -> Queue {
        let unit = fields.needed("unit", limits::TITLE_MAX);
        let limit = fields.number("limit", 1..=i64::from(limits::QUEUE_LIMIT_MAX), 1_000);
        let priority = fields.number("priority", -1_000_000..=1_000_000, 0);
        Queue {
            unit: self.refer(Kind::Unit, unit).unwrap_or_default(),
            offer_timeout: fields.duration("offer_timeout", 1_000..=limits::OFFER_TIMEOUT_MAX, 30_000),
            limit: u32::try_from(limit).unwrap_or_default(),
            priority: i32::try_from(priority).unwrap_or_default(),
        }
    }

    fn agent(&mut self, fields: &mut Fields<'_, '_, '_>) -> Agent {
        let (units, queues) = (fields.list("units"), fields.list("queues"));
        if units.is_empty() {
            fields.note("units", "wants at least one unit; the first is their home");
        }
        let most = limits::AGENT_QUEUES_MAX;
        if queues.len() > most {
            fields.note("queues", format!("wants at most {most} queues"));
        }
        let capacity = fields.number("capacity", 0..=i64::from(limits::AGENT_CAPACITY_MAX), 1);
        Agent {
            nick: fields.needed("nick", limits::TITLE_MAX).unwrap_or_default_text(),
            units: self.refer_all(Kind::Unit, units),
            roles: roles(fields),
            queues: self.refer_all(Kind::Queue, queues),
            capacity: u32::try_from(capacity).unwrap_or_default(),
            password: password(fields),
        }
    }

    fn key(&mut self, fields: &mut Fields<'_, '_, '_>) -> ApiKey {
        let units = fields.list("units");
        let hash = fields.needed("key_sha256", limits::TITLE_MAX).unwrap_or_default_text();
        let hexadecimal = hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hash.is_empty() && !hexadecimal {
            fields.note("key_sha256", "wants the SHA-256 of the key, 64 digits 0-9 a-f");
        }
        ApiKey { hash, roles: roles(fields), units: self.refer_all(Kind::Unit, units) }
    }
}

/// What is left of a text that was found wrong or missing; the problem is noted, so the value is never used.
trait OrText {
    fn unwrap_or_default_text(self) -> String;
}

impl OrText for Option<(String, Place)> {
    fn unwrap_or_default_text(self) -> String {
        self.map(|(text, _)| text).unwrap_or_default()
    }
}

fn roles(fields: &mut Fields<'_, '_, '_>) -> Vec<StaffRole> {
    let mut roles = fields.choices("roles", &ROLES);
    if roles.is_empty() {
        fields.note("roles", "wants at least one of agent, supervisor, admin");
    }
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn codes(fields: &mut Fields<'_, '_, '_>) -> Vec<String> {
    let mut codes = Vec::new();
    for (code, place) in fields.list("dispositions") {
        let fits = (1..=64).contains(&code.chars().count()) && !code.chars().any(char::is_control);
        if fits && !codes.contains(&code) {
            codes.push(code);
        } else {
            fields.refuse(&place, "wants different codes of 1 to 64 characters".into());
        }
    }
    codes
}

fn password(fields: &mut Fields<'_, '_, '_>) -> String {
    let hash = fields.needed("password_hash", 512).unwrap_or_default_text();
    let parts = hash.split('$').count();
    let fits = hash.starts_with("$argon2id$v=19$") && parts == 6;
    if !hash.is_empty() && !fits {
        fields.note(
            "password_hash",
            "wants an argon2id hash in PHC form, `$argon2id$v=19$m=…`, never a password; make one with `holdfast hash-password`",
        );
    }
    hash
}

fn timers(fields: &mut Fields<'_, '_, '_>) -> Timers {
    let usual = Timers::default();
    let mut read = |key, otherwise| fields.duration(key, 1_000..=limits::CONFIG_DURATION_MAX, otherwise);
    let timers = Timers {
        absent_after: read("absent_after", usual.absent_after),
        leave_after: read("leave_after", usual.leave_after),
        longest_wait: read("longest_wait", usual.longest_wait),
        idle_alert_after: read("idle_alert_after", usual.idle_alert_after),
        idle_close_after: read("idle_close_after", usual.idle_close_after),
        wrap_up_max: read("wrap_up_max", usual.wrap_up_max),
        post_max: read("post_max", usual.post_max),
    };
    if timers.leave_after <= timers.absent_after {
        fields.note("leave_after", "wants to be longer than absent_after");
    }
    if timers.post_max < timers.wrap_up_max {
        fields.note("post_max", "wants to be at least wrap_up_max");
    }
    timers
}

fn rate(fields: &mut Fields<'_, '_, '_>) -> Rate {
    let usual = Rate::default();
    let mut read = |key, otherwise: u32| {
        let number = fields.number(key, 0..=i64::from(limits::RATE_MAX), i64::from(otherwise));
        u32::try_from(number).unwrap_or(otherwise)
    };
    Rate {
        events_per_second: read("events_per_second", usual.events_per_second),
        burst: read("burst", usual.burst),
    }
}

fn texts(fields: &mut Fields<'_, '_, '_>) -> Texts {
    let usual = Texts::default();
    let mut read = |key, otherwise| fields.text(key, limits::SAID_MAX).map_or(otherwise, |(text, _)| text);
    Texts {
        closed: read("closed", usual.closed),
        full: read("full", usual.full),
        nobody: read("nobody", usual.nobody),
        waited: read("waited", usual.waited),
        idle: read("idle", usual.idle),
    }
}

fn hours(fields: &mut Fields<'_, '_, '_>) -> Hours {
    let zone = fields.needed("zone", limits::TITLE_MAX).unwrap_or_default_text();
    if !zone.is_empty() && !is_zone(&zone) {
        fields.note("zone", "wants an IANA time zone such as \"Europe/Berlin\" or \"UTC\"");
    }
    let mut open = Vec::new();
    for (range, place) in fields.list("open") {
        match read_open(&range) {
            Some(ranges) => open.extend(ranges),
            None => fields.refuse(&place, "wants ranges such as \"mon-fri 09:00-17:30\"".into()),
        }
    }
    let mut closed = Vec::new();
    for (date, place) in fields.list("closed") {
        match read_date(&date) {
            Some(date) => closed.push(date),
            None => fields.refuse(&place, "wants dates such as \"2026-12-25\"".into()),
        }
    }
    open.sort_unstable();
    open.dedup();
    closed.sort_unstable();
    closed.dedup();
    Hours { zone, open, closed }
}
