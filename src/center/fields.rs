//! Reading one table of a configuration file: each reader takes one key, checks it and notes what is wrong with file, line and
//! key; a key that nobody took is unknown. Never stops at the first mistake.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, hint};
use super::units::{read_duration, write_duration};
use crate::limits;

/// A place in a file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) key: String,
}

impl Place {
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), line: self.line, key: self.key.clone(), message: message.into() }
    }
}

/// What one file has come to so far.
pub(super) struct Reading<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl Reading<'_> {
    pub(super) fn place(&self, span: Range<usize>, key: String) -> Place {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Place { file: self.file.to_owned(), line, key }
    }

    pub(super) fn note(&mut self, place: &Place, message: impl Into<String>) {
        self.problems.push(place.problem(message));
    }
}

type Value<'a> = &'a Spanned<DeValue<'a>>;

/// One table under reading.
pub(super) struct Fields<'a, 'r, 't> {
    reading: &'r mut Reading<'t>,
    table: &'a DeTable<'a>,
    path: String,
    /// Where the table itself begins, for keys that are missing.
    span: Range<usize>,
    taken: BTreeSet<&'static str>,
    /// The table as a whole is refused; its keys are not judged.
    skipped: bool,
}

impl<'a, 'r, 't> Fields<'a, 'r, 't> {
    pub(super) fn new(
        reading: &'r mut Reading<'t>,
        table: &'a DeTable<'a>,
        path: String,
        span: Range<usize>,
    ) -> Self {
        Self { reading, table, path, span, taken: BTreeSet::new(), skipped: false }
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<(Value<'a>, Place)> {
        self.taken.insert(key);
        let value = self.table.get(key)?;
        Some((value, self.reading.place(value.span(), self.key(key))))
    }

    /// Notes a problem with a key, or with the table when the key is not there.
    pub(super) fn note(&mut self, key: &str, message: impl Into<String>) {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span);
        let place = self.reading.place(span, self.key(key));
        self.reading.note(&place, message);
    }

    /// Notes a problem at a place.
    pub(super) fn refuse(&mut self, place: &Place, message: String) {
        self.reading.note(place, message);
    }

    /// Refuses the whole table.
    pub(super) fn skip(&mut self, place: &Place, message: String) {
        self.skipped = true;
        self.refuse(place, message);
    }

    fn wants(&mut self, place: &Place, wanted: &str, found: &DeValue<'_>) {
        self.reading.note(place, format!("wants {wanted}, not {}", article(found.type_str())));
    }

    /// A text of 1 to `limit` bytes.
    pub(super) fn text(&mut self, key: &'static str, limit: usize) -> Option<(String, Place)> {
        let (value, place) = self.take(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wants(&place, "a text in quotes", value.get_ref());
            return None;
        };
        if text.trim().is_empty() || text.len() > limit {
            self.reading.note(&place, format!("wants 1 to {limit} bytes of text"));
            return None;
        }
        Some((text.to_owned(), place))
    }

    /// As `text`, and a mistake when it is not there.
    pub(super) fn needed(&mut self, key: &'static str, limit: usize) -> Option<(String, Place)> {
        if self.table.get(key).is_none() {
            self.taken.insert(key);
            self.note(key, "is missing");
        }
        self.text(key, limit)
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<i64>, otherwise: i64) -> i64 {
        let Some((value, place)) = self.take(key) else { return otherwise };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("wants a whole number from {} to {}", range.start(), range.end());
            self.reading.note(&place, message);
        }
        number.unwrap_or(otherwise)
    }

    pub(super) fn flag(&mut self, key: &'static str, otherwise: bool) -> bool {
        let Some((value, place)) = self.take(key) else { return otherwise };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wants(&place, "true or false", value.get_ref());
            otherwise
        })
    }

    /// Milliseconds of a duration within `range`.
    pub(super) fn duration(&mut self, key: &'static str, range: RangeInclusive<u64>, otherwise: u64) -> u64 {
        let Some((value, place)) = self.take(key) else { return otherwise };
        let millis = value.get_ref().as_str().and_then(read_duration).filter(|millis| range.contains(millis));
        if millis.is_none() {
            let (from, to) = (write_duration(*range.start()), write_duration(*range.end()));
            let message = format!(
                "wants a duration from {from} to {to}, such as \"30s\", \"5m\", \"24h\" or \"1h30m\""
            );
            self.reading.note(&place, message);
        }
        millis.unwrap_or(otherwise)
    }

    /// Texts, each with its place. Dates without quotes count as texts.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<(String, Place)> {
        let Some((value, place)) = self.take(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wants(&place, "a list of texts, such as [\"one\", \"two\"]", value.get_ref());
            return Vec::new();
        };
        if items.len() > limits::CONFIG_LIST_MAX {
            self.reading.note(&place, format!("wants at most {} entries", limits::CONFIG_LIST_MAX));
            return Vec::new();
        }
        let mut list = Vec::new();
        for item in items {
            let place = self.reading.place(item.span(), self.key(key));
            match item.get_ref() {
                DeValue::String(text) => list.push((text.to_string(), place)),
                DeValue::Datetime(date) => list.push((date.to_string(), place)),
                other => self.wants(&place, "texts in the list", other),
            }
        }
        list
    }

    /// One of a few words.
    pub(super) fn choices<T: Copy>(&mut self, key: &'static str, allowed: &[(&'static str, T)]) -> Vec<T> {
        let mut chosen = Vec::new();
        for (word, place) in self.list(key) {
            if let Some((_, choice)) = allowed.iter().find(|(name, _)| *name == word) {
                chosen.push(*choice);
                continue;
            }
            let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
            let hint = hint(&word, names.iter().copied());
            self.reading.note(&place, format!("allows only {}{hint}", names.join(", ")));
        }
        chosen
    }

    /// A table within, read by `with`.
    pub(super) fn table<R>(
        &mut self,
        key: &'static str,
        with: impl FnOnce(&mut Fields<'a, '_, 't>) -> R,
    ) -> Option<R> {
        let (value, place) = self.take(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wants(&place, "a table", value.get_ref());
            return None;
        };
        let path = self.key(key);
        let mut inner = Fields::new(self.reading, table, path, value.span());
        let read = with(&mut inner);
        inner.finish();
        Some(read)
    }

    /// Every table of a table, by name.
    pub(super) fn each(
        &mut self,
        key: &'static str,
        mut with: impl FnMut(&str, Place, &mut Fields<'a, '_, 't>),
    ) {
        let Some((value, place)) = self.take(key) else { return };
        let Some(tables) = value.get_ref().as_table() else {
            self.wants(&place, &format!("tables such as [{key}.name]"), value.get_ref());
            return;
        };
        for (name, value) in tables.iter() {
            let path = format!("{}.{}", self.key(key), name.get_ref());
            let place = self.reading.place(name.span(), path.clone());
            let Some(table) = value.get_ref().as_table() else {
                self.wants(&place, &format!("a table such as [{key}.name]"), value.get_ref());
                continue;
            };
            let mut inner = Fields::new(self.reading, table, path, name.span());
            with(name.get_ref(), place, &mut inner);
            inner.finish();
        }
    }

    /// Says of every key that nobody took that it is unknown.
    pub(super) fn finish(self) {
        if self.skipped {
            return;
        }
        for key in self.table.keys().filter(|key| !self.taken.contains(key.get_ref().as_ref())) {
            let place = self.reading.place(key.span(), self.key(key.get_ref()));
            let allowed: Vec<_> = self.taken.iter().copied().collect();
            let hint = hint(key.get_ref(), allowed.iter().copied());
            let stop = if hint.is_empty() { "." } else { "" };
            self.reading.note(&place, format!("unknown key{hint}{stop} Allowed: {}", allowed.join(", ")));
        }
    }
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
