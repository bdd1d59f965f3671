//! How late what had to happen happened, by the times in the events themselves. Pure.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;

use super::people::{ALERT_MS, OFFER_MS, WORD};
use crate::drill::seen::logs::moment;
use crate::drill::seen::window::{Moment, Span};

/// What has no more time than this before the end may happen after it, microseconds.
const MARGIN: Moment = 2_000_000;

/// What was due, and how late it was.
#[derive(Debug)]
pub struct Late {
    window: Span,
    /// By what it is: whether the victim owned the session, and milliseconds.
    pub found: BTreeMap<&'static str, Vec<(bool, f64)>>,
    /// What was due in time and is not there.
    pub missing: usize,
}

impl Late {
    /// Of what is due in a window.
    pub fn new(window: Span) -> Self {
        Self { window, found: BTreeMap::new(), missing: 0 }
    }

    /// Reads the events of one session; `own` if the victim owned it.
    pub fn read(&mut self, events: &[Value], own: bool) -> anyhow::Result<()> {
        // What the next events of a kind are measured from.
        let mut due: BTreeMap<&'static str, Moment> = BTreeMap::new();
        for event in events {
            let at = time(&event["at"])?;
            match event["type"].as_str().unwrap_or_default() {
                "message" if event["id"] == WORD => {
                    due.insert("idle alert", at + ALERT_MS * 1_000);
                }
                "idle_alert" => {
                    self.happened("idle alert", (&mut due, at, own));
                    due.insert("idle close", time(&event["closes_at"])?);
                }
                "closed" => self.happened("idle close", (&mut due, at, own)),
                "offered" => {
                    self.happened("next offer", (&mut due, at, own));
                    due.insert("offer's end", time(&event["deadline"])?);
                }
                "offer_ended" if event["why"] == "timed_out" => {
                    self.happened("offer's end", (&mut due, at, own));
                    due.insert("next offer", at);
                }
                "offer_ended" => {
                    due.remove("offer's end");
                }
                _ => {}
            }
        }
        let end = self.window.to.saturating_sub(MARGIN + OFFER_MS * 1_000);
        self.missing += due.values().filter(|due| **due < end).count();
        Ok(())
    }

    fn happened(&mut self, what: &'static str, (due, at, own): (&mut BTreeMap<&str, Moment>, Moment, bool)) {
        let Some(due) = due.remove(what) else { return };
        // What happened before the fault says nothing about it.
        if self.window.holds(at) {
            let late = at.saturating_sub(due) as f64 / 1e3;
            self.found.entry(what).or_default().push((own, late));
        }
    }
}

fn time(value: &Value) -> anyhow::Result<Moment> {
    value.as_str().and_then(moment).with_context(|| format!("no time: {value}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: u64, milli: u64) -> String {
        format!("1970-01-01T00:00:{second:02}.{milli:03}Z")
    }

    #[test]
    fn lateness_is_counted_from_what_was_due() {
        let mut late = Late::new(Span { from: 2_000_000, to: 40_000_000 });
        let events = [
            json!({ "type": "offered", "at": at(1, 0), "deadline": at(4, 0) }),
            json!({ "type": "offer_ended", "why": "timed_out", "at": at(4, 250) }),
            json!({ "type": "offered", "at": at(4, 300), "deadline": at(7, 300) }),
        ];
        late.read(&events, true).unwrap();
        assert_eq!(late.found["offer's end"], [(true, 250.0)]);
        assert_eq!(late.found["next offer"], [(true, 50.0)]);
        assert_eq!(late.missing, 1, "the second offer never ended");
    }

    #[test]
    fn silence_is_counted_from_the_last_word() {
        let mut late = Late::new(Span { from: 0, to: 40_000_000 });
        let alert = 1 + ALERT_MS / 1_000;
        let events = [
            json!({ "type": "message", "id": WORD, "at": at(1, 0) }),
            json!({ "type": "idle_alert", "at": at(alert, 20), "closes_at": at(alert + 4, 0) }),
            json!({ "type": "closed", "at": at(alert + 4, 700) }),
        ];
        late.read(&events, false).unwrap();
        let of = |what| (false, late.found[what][0].1) == late.found[what][0];
        assert!(of("idle alert") && of("idle close"));
        assert_eq!((late.found["idle alert"][0].1, late.found["idle close"][0].1), (20.0, 700.0));
        assert_eq!(late.missing, 0);
    }
}
