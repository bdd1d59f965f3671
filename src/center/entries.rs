//! A configuration as entries with keys and values, the one form that `export` writes and `diff` compares. Never parses.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::file::ROLES;
use super::units::{write_duration, write_open};
use super::{Agent, ApiKey, Center, Hours, Queue, Rate, Service, StaffRole, Texts, Timers};

/// A value as it is written, and whether people may be shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) toml: String,
    pub(super) secret: bool,
}

/// Keys with values, in the order in which they are written.
pub(super) type Entry = Vec<(&'static str, Written)>;

/// The whole as TOML, always the same text for the same configuration; parsed again it is the same configuration (its version
/// apart, which is not written).
#[must_use]
pub fn export(center: &Center) -> String {
    let mut text = String::from("# Holdfast contact center, as exported. Passwords and keys are hashes.\n");
    for ((kind, name), entry) in entries(center) {
        let _ = write!(text, "\n[{}.{}]\n", KINDS[kind], quoted(&name));
        for (key, value) in entry {
            let _ = writeln!(text, "{key} = {}", value.toml);
        }
    }
    text
}

/// In the order in which they are written.
pub(super) const KINDS: [&str; 6] = ["unit", "hours", "queue", "service", "agent", "key"];

/// Everything, by kind and name.
pub(super) fn entries(center: &Center) -> BTreeMap<(usize, String), Entry> {
    let units =
        center.units.iter().map(|(name, unit)| ((0, name.clone()), vec![("title", text(&unit.title))]));
    let hours = center.hours.iter().map(|(name, hours)| ((1, name.clone()), of_hours(hours)));
    let queues = center.queues.iter().map(|(name, queue)| ((2, name.clone()), of_queue(queue)));
    let services = center.services.iter().map(|(name, service)| ((3, name.clone()), of_service(service)));
    let agents = center.agents.iter().map(|(id, agent)| ((4, id.0.clone()), of_agent(agent)));
    let keys = center.keys.iter().map(|(name, key)| ((5, name.clone()), of_key(key)));
    units.chain(hours).chain(queues).chain(services).chain(agents).chain(keys).collect()
}

fn of_hours(hours: &Hours) -> Entry {
    let open: Vec<_> = hours.open.iter().map(|range| write_open(*range)).collect();
    vec![("zone", text(&hours.zone)), ("open", list(&open)), ("closed", list(&hours.closed))]
}

fn of_queue(queue: &Queue) -> Entry {
    vec![
        ("unit", text(&queue.unit)),
        ("offer_timeout", duration(queue.offer_timeout)),
        ("limit", plain(queue.limit)),
        ("priority", plain(queue.priority)),
    ]
}

fn of_service(service: &Service) -> Entry {
    let mut entry = vec![("unit", text(&service.unit)), ("queue", text(&service.queue))];
    entry.extend(service.greeting.iter().map(|greeting| ("greeting", text(greeting))));
    entry.extend(service.hours.iter().map(|hours| ("hours", text(hours))));
    entry.push(("dispositions", list(&service.dispositions)));
    entry.push(("anonymous", plain(service.anonymous)));
    entry.extend(service.identity_key.iter().map(|key| ("identity_key", secret(key))));
    entry.extend(of_timers(&service.timers));
    entry.extend(of_texts(&service.texts));
    entry.extend(of_rate(&service.rate));
    entry
}

/// All of them, also those that are as usual: a later release with other defaults must not change what was exported.
fn of_timers(timers: &Timers) -> Entry {
    vec![
        ("timers.absent_after", duration(timers.absent_after)),
        ("timers.leave_after", duration(timers.leave_after)),
        ("timers.longest_wait", duration(timers.longest_wait)),
        ("timers.idle_alert_after", duration(timers.idle_alert_after)),
        ("timers.idle_close_after", duration(timers.idle_close_after)),
        ("timers.wrap_up_max", duration(timers.wrap_up_max)),
        ("timers.post_max", duration(timers.post_max)),
    ]
}

fn of_texts(texts: &Texts) -> Entry {
    vec![
        ("texts.closed", text(&texts.closed)),
        ("texts.full", text(&texts.full)),
        ("texts.nobody", text(&texts.nobody)),
        ("texts.waited", text(&texts.waited)),
        ("texts.idle", text(&texts.idle)),
    ]
}

fn of_rate(rate: &Rate) -> Entry {
    vec![("limits.events_per_second", plain(rate.events_per_second)), ("limits.burst", plain(rate.burst))]
}

fn of_agent(agent: &Agent) -> Entry {
    vec![
        ("nick", text(&agent.nick)),
        ("units", list(&agent.units)),
        ("roles", roles(&agent.roles)),
        ("queues", list(&agent.queues)),
        ("capacity", plain(agent.capacity)),
        ("password_hash", secret(&agent.password)),
    ]
}

fn of_key(key: &ApiKey) -> Entry {
    vec![("key_sha256", secret(&key.hash)), ("roles", roles(&key.roles)), ("units", list(&key.units))]
}

fn quoted(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && !name.is_empty();
    if bare { name.to_owned() } else { string(name) }
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

const fn written(toml: String) -> Written {
    Written { toml, secret: false }
}

fn text(value: &str) -> Written {
    written(string(value))
}

fn secret(value: &str) -> Written {
    Written { toml: string(value), secret: true }
}

fn plain(value: impl ToString) -> Written {
    written(value.to_string())
}

fn duration(millis: u64) -> Written {
    text(&write_duration(millis))
}

fn list(values: &[String]) -> Written {
    let values: Vec<_> = values.iter().map(|value| string(value)).collect();
    written(format!("[{}]", values.join(", ")))
}

fn roles(roles: &[StaffRole]) -> Written {
    let names: Vec<_> = ROLES.iter().filter(|(_, role)| roles.contains(role)).collect();
    list(&names.into_iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>())
}
