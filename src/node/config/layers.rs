//! The layers of the process configuration: defaults, file, environment, flags. Reads the file and the environment;
//! never decides whether a value makes sense.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figment::providers::Serialized;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::finding::{Finding, Findings, Lines, Place};
use super::keys::{KEYS, Key, nearest};
use super::{Role, Settings, role, sense};

/// The file that is read when no other is named, if it exists.
pub const DEFAULT_FILE: &str = "holdfast.toml";

/// The variable that holds the cluster's secret.
const SECRET_VARIABLE: &str = "HOLDFAST_CLUSTER__SECRET";

/// The variable that holds the secret of edges.
const EDGE_SECRET_VARIABLE: &str = "HOLDFAST_CLUSTER__EDGE_SECRET";

/// The variable that holds the password for Cassandra.
const PASSWORD_VARIABLE: &str = "HOLDFAST_STORE__CASSANDRA__PASSWORD";

/// Names of the layers, by which a value's place is found again.
const FLAGGED: &str = "flag";
const FILED: &str = "file";
const SET: &str = "environment";

/// Values that were given on the command line, by key.
pub type Flags = BTreeMap<&'static str, String>;

/// Where a configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file that must exist; without it [`DEFAULT_FILE`] is read if it does.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The command line.
    pub flags: Flags,
}

impl Sources {
    /// The environment of this process.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Flags) -> Self {
        Self { file, environment: std::env::vars().collect(), flags }
    }
}

/// One layer with its name, for the messages.
struct Layer(&'static str, Dict);

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.1.clone()))
    }
}

/// What is known while reading.
struct Reading {
    figment: Figment,
    file: String,
    lines: Lines,
    findings: Vec<Finding>,
}

/// Reads all layers and checks the result.
pub fn load(sources: &Sources) -> Result<Settings, Findings> {
    let mut reading = Reading {
        figment: Figment::from(Serialized::defaults(Settings::default())),
        file: String::new(),
        lines: Lines::default(),
        findings: Vec::new(),
    };
    reading.read_file(sources.file.as_deref());
    reading.merge(SET, environment(sources));
    reading.merge(FLAGGED, nest(sources.flags.iter().map(|(key, value)| (*key, value.clone()))));
    let Some(mut settings) = reading.settings() else { return Err(Findings(reading.findings)) };
    let secret = ("cluster.secret_file", settings.cluster.secret_file.as_deref());
    settings.secret = reading.secret(secret, sources.environment.get(SECRET_VARIABLE));
    let secret = ("cluster.edge_secret_file", settings.cluster.edge_secret_file.as_deref());
    settings.edge_secret = reading.secret(secret, sources.environment.get(EDGE_SECRET_VARIABLE));
    let password = ("store.cassandra.password_file", settings.store.cassandra.password_file.as_deref());
    settings.cassandra_password = reading.secret(password, sources.environment.get(PASSWORD_VARIABLE));
    if settings.node.role == Role::Edge {
        reading.forbidden(&sources.environment);
    }
    let problems = sense::check(&settings);
    for (key, problem) in problems {
        reading.find(key, problem);
    }
    if reading.findings.is_empty() { Ok(settings) } else { Err(Findings(reading.findings)) }
}

/// The variables that name a key. Others are none of ours: Kubernetes invents `HOLDFAST_PORT` for a service of that name.
fn environment(sources: &Sources) -> Dict {
    let set =
        KEYS.iter().filter_map(|key| Some((key.path, sources.environment.get(&key.variable())?.clone())));
    nest(set)
}

/// Dotted keys to nested tables; values are read as numbers, or as yes and no, where the key is one.
fn nest(values: impl Iterator<Item = (&'static str, String)>) -> Dict {
    let mut root = Dict::new();
    for (path, text) in values {
        let value = number(path, &text).unwrap_or_else(|| Value::from(text));
        put(&mut root, path, value);
    }
    root
}

fn number(path: &str, text: &str) -> Option<Value> {
    let default = Key::find(path)?.default;
    if default.parse::<u64>().is_ok() {
        return text.parse::<u64>().ok().map(Value::from);
    }
    if default.parse::<bool>().is_ok() {
        return text.parse::<bool>().ok().map(Value::from);
    }
    default.parse::<f64>().ok().and_then(|_| text.parse::<f64>().ok()).map(Value::from)
}

fn put(table: &mut Dict, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('.') else {
        table.insert(path.to_owned(), value);
        return;
    };
    let inner = table.entry(head.to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = inner {
        put(inner, rest, value);
    }
}

impl Reading {
    fn merge(&mut self, name: &'static str, values: Dict) {
        self.figment = std::mem::take(&mut self.figment).merge(Layer(name, values));
    }

    fn read_file(&mut self, named: Option<&Path>) {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        self.file = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.find_in_file(1, "", format!("cannot be read: {error}")),
        };
        match Lines::of(&text) {
            Ok(lines) => self.lines = lines,
            Err(errors) => {
                for (line, problem) in errors {
                    self.find_in_file(line, "", problem);
                }
                return;
            }
        }
        self.unknown_keys();
        if let Ok(Value::Dict(_, values)) = toml::from_str::<toml::Table>(&text)
            .map_err(|error| figment::Error::from(error.to_string()))
            .and_then(Value::serialize)
        {
            self.merge(FILED, values);
        }
    }

    fn unknown_keys(&mut self) {
        let unknown: Vec<String> =
            self.lines.keys().filter(|key| Key::find(key).is_none()).map(ToOwned::to_owned).collect();
        for key in unknown {
            let problem = match (key.as_str(), nearest(&key, KEYS.iter().map(|key| key.path))) {
                ("cluster.secret", _) => {
                    format!(
                        "secrets do not belong in this file: set cluster.secret_file or {SECRET_VARIABLE}"
                    )
                }
                ("cluster.edge_secret", _) => format!(
                    "secrets do not belong in this file: set cluster.edge_secret_file or {EDGE_SECRET_VARIABLE}"
                ),
                ("store.cassandra.password", _) => format!(
                    "secrets do not belong in this file: set store.cassandra.password_file or {PASSWORD_VARIABLE}"
                ),
                (_, Some(near)) => format!("unknown key; did you mean {near}?"),
                (_, None) => format!("unknown key; allowed: {}", siblings(&key)),
            };
            self.find_in_file(self.lines.line(&key), &key, problem);
        }
    }

    fn find_in_file(&mut self, line: usize, key: &str, problem: String) {
        let place = Place::File { file: self.file.clone(), line };
        self.findings.push(Finding { place, key: key.to_owned(), problem });
    }

    fn find(&mut self, key: &str, problem: String) {
        let place = self.place(key);
        self.findings.push(Finding { place, key: key.to_owned(), problem });
    }

    /// Finds what was given to an edge and is not for one, whatever its value; the value is not printed.
    fn forbidden(&mut self, environment: &BTreeMap<String, String>) {
        for key in &KEYS {
            if let Some(why) = role::forbidden(key.path).filter(|_| self.place(key.path) != Place::Default) {
                self.find(key.path, why.to_owned());
            }
        }
        let secrets =
            [(SECRET_VARIABLE, "cluster.secret_file"), (PASSWORD_VARIABLE, "store.cassandra.password_file")];
        for (variable, key) in secrets.into_iter().filter(|(variable, _)| environment.contains_key(*variable))
        {
            let problem = role::forbidden(key).unwrap_or_default().to_owned();
            let place = Place::Variable(variable.to_owned());
            self.findings.push(Finding { place, key: key.to_owned(), problem });
        }
    }

    fn place(&self, key: &str) -> Place {
        let source = self.figment.find_metadata(key).map(|metadata| metadata.name.to_string());
        match source.as_deref() {
            Some(FILED) => Place::File { file: self.file.clone(), line: self.lines.line(key) },
            Some(SET) => Place::Variable(Key::find(key).map_or_else(|| key.to_owned(), Key::variable)),
            Some(FLAGGED) => Place::Flag,
            _ => Place::Default,
        }
    }

    fn section<T: DeserializeOwned>(&mut self, path: &str) -> Option<T> {
        let error = match self.figment.extract_inner::<T>(path) {
            Ok(section) => return Some(section),
            Err(error) => error,
        };
        for error in error {
            // The path of such an error is the key within the section, then the section.
            let own = error.path.len().saturating_sub(path.split('.').count());
            let inner = error.path.iter().take(own).cloned();
            let key: Vec<String> = std::iter::once(path.to_owned()).chain(inner).collect();
            self.find(&key.join("."), say(&error.kind));
        }
        None
    }

    /// Every section is tried, so that each reports its first mistake.
    fn settings(&mut self) -> Option<Settings> {
        let doors = (
            self.section("listen.public"),
            self.section("listen.staff"),
            self.section("listen.ops"),
            self.section("listen.peer"),
        );
        let (node, store, log) = (self.section("node"), self.section("store"), self.section("log"));
        let create = self.section("create");
        let (traces, stop, cluster) = (self.section("traces"), self.section("stop"), self.section("cluster"));
        let (public, staff, ops, peer) = (doors.0?, doors.1?, doors.2?, doors.3?);
        let listen = super::Listen { public, staff, ops, peer };
        Some(Settings {
            node: node?,
            store: store?,
            listen,
            create: create?,
            log: log?,
            traces: traces?,
            stop: stop?,
            cluster: cluster?,
            secret: None,
            edge_secret: None,
            cassandra_password: None,
        })
    }

    /// The secret of a variable, or of the file that a key names.
    fn secret(
        &mut self,
        (key, file): (&str, Option<&Path>),
        variable: Option<&String>,
    ) -> Option<SecretString> {
        if let Some(secret) = variable {
            return Some(SecretString::from(secret.trim().to_owned()));
        }
        let path = file?;
        match std::fs::read_to_string(path) {
            Ok(secret) => Some(SecretString::from(secret.trim().to_owned())),
            Err(error) => {
                self.find(key, format!("{} cannot be read: {error}", path.display()));
                None
            }
        }
    }
}

/// The problem in words; what is allowed is said by the finding.
fn say(kind: &figment::error::Kind) -> String {
    match kind {
        figment::error::Kind::UnknownVariant(found, _) => format!("found {found:?}"),
        other => other.to_string(),
    }
}

/// The keys that could stand where an unknown one stands.
fn siblings(key: &str) -> String {
    let above = key.rsplit_once('.').map_or("", |(above, _)| above);
    let near: Vec<&str> = KEYS
        .iter()
        .filter(|known| known.path.rsplit_once('.').is_some_and(|(table, _)| table == above))
        .map(|known| known.path)
        .collect();
    if near.is_empty() {
        return "the tables node, store, listen, create, log, traces, stop, cluster".to_owned();
    }
    near.join(", ")
}
