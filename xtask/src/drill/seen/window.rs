//! What people noticed within a stretch of time: for each session its longest pause, and how pauses are spread. Pure.

use std::collections::BTreeMap;

/// Microseconds since 1970 UTC.
pub type Moment = u64;

/// A stretch of time, its end not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its beginning.
    pub from: Moment,
    /// Its end.
    pub to: Moment,
}

impl Span {
    /// Whether a moment is in it.
    pub fn holds(self, at: Moment) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// One message of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The session's number.
    pub session: u32,
    /// When it was meant to be sent.
    pub intended: Moment,
    /// When its client began to send it, the first time.
    pub begun: Moment,
    /// When it was acknowledged, if it was.
    pub acknowledged: Option<Moment>,
}

impl Message {
    /// Whether it was meant for the span, or was under way when it began.
    pub fn concerns(&self, span: Span) -> bool {
        self.intended < span.to && self.acknowledged.is_none_or(|at| at >= span.from)
    }

    /// From the intended start to the acknowledgement, milliseconds; without end if there was none.
    pub fn pause(&self) -> f64 {
        self.acknowledged.map_or(f64::INFINITY, |at| at.saturating_sub(self.intended) as f64 / 1e3)
    }
}

/// Of each session the longest pause of what was said and acknowledged within a span before a fault, milliseconds. What was
/// under way when the fault came belongs to the fault.
pub fn before(messages: &[Message], span: Span) -> BTreeMap<u32, f64> {
    let within = |message: &&Message| message.acknowledged.is_some_and(|at| at < span.to);
    pauses(messages.iter().filter(|message| span.holds(message.intended)).filter(within))
}

/// Of each session the longest pause that a fault at the beginning of a span may have caused, milliseconds.
pub fn since(messages: &[Message], span: Span) -> BTreeMap<u32, f64> {
    pauses(messages.iter().filter(|message| message.concerns(span)))
}

fn pauses<'m>(messages: impl Iterator<Item = &'m Message>) -> BTreeMap<u32, f64> {
    let mut worst = BTreeMap::new();
    for message in messages {
        let longest = worst.entry(message.session).or_insert(0.0_f64);
        *longest = longest.max(message.pause());
    }
    worst
}

/// How values are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// How many.
    pub count: usize,
    /// Half are at most this.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of some values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| rank(values.len(), share).map_or(f64::NAN, |place| values[place]);
        Self { count: values.len(), p50: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// The place of the smallest value that at least this share of all does not exceed.
fn rank(count: usize, share: f64) -> Option<usize> {
    let needed = (count as f64 * share).ceil().max(1.0) as usize;
    (count > 0).then(|| needed.min(count) - 1)
}

/// When the first and the last of those messages were acknowledged that a fault held up: meant for the span, or under way when
/// it began, and with a pause longer than any before. Milliseconds after the beginning of the span.
pub fn held_up(messages: &[Message], span: Span, longest_before: f64) -> Option<(f64, f64)> {
    let late: Vec<f64> = messages
        .iter()
        .filter(|message| message.concerns(span) && message.pause() > longest_before)
        .map(|message| {
            message.acknowledged.map_or(f64::INFINITY, |at| at.saturating_sub(span.from) as f64 / 1e3)
        })
        .collect();
    let first = late.iter().copied().min_by(f64::total_cmp)?;
    Some((first, late.into_iter().fold(first, f64::max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(session: u32, intended: Moment, acknowledged: Moment) -> Message {
        let acknowledged = (acknowledged > 0).then_some(acknowledged);
        Message { session, intended, begun: intended, acknowledged }
    }

    const SPAN: Span = Span { from: 10_000, to: 20_000 };

    #[test]
    fn a_session_counts_with_its_longest_pause() {
        let messages = [
            message(1, 9_999, 99_000),
            message(1, 10_000, 11_000),
            message(1, 12_000, 15_500),
            message(2, 19_999, 30_999),
            message(3, 20_000, 50_000),
        ];
        assert_eq!(since(&messages, SPAN), BTreeMap::from([(1, 89.001), (2, 11.0)]));
        assert_eq!(before(&messages, SPAN), BTreeMap::from([(1, 3.5)]));
    }

    #[test]
    fn a_message_without_an_answer_is_a_pause_without_end() {
        let messages = [message(1, 10_000, 11_000), message(1, 11_000, 0)];
        assert_eq!(before(&messages, SPAN), BTreeMap::from([(1, 1.0)]));
        let found = since(&messages, SPAN);
        assert!(found[&1].is_infinite());
        assert!(Spread::of(found.into_values()).max.is_infinite());
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let spread = Spread::of((1..=200).rev().map(f64::from));
        assert_eq!(spread, Spread { count: 200, p50: 100.0, p99: 198.0, max: 200.0 });
        assert_eq!(Spread::of([7.0]), Spread { count: 1, p50: 7.0, p99: 7.0, max: 7.0 });
        assert!(Spread::of([]).p50.is_nan());
    }

    #[test]
    fn held_up_is_who_waited_longer_than_before() {
        let messages = [
            message(1, 9_000, 12_000),
            message(2, 9_000, 9_900),
            message(3, 11_000, 11_400),
            message(4, 11_000, 18_000),
            message(5, 30_000, 90_000),
        ];
        assert_eq!(held_up(&messages, SPAN, 0.5), Some((2.0, 8.0)));
        assert_eq!(held_up(&messages, SPAN, 1e6), None);
    }
}
