//! What the longest pauses consisted of, as far as it can be seen from outside: a client that began late, processors that
//! somebody waited for. Pure.

use crate::drill::seen::waits::Waits;
use crate::drill::seen::window::{Message, Span};

/// A pause that people notice, milliseconds.
pub const NOTICED: f64 = 50.0;

/// What the pauses of a window were that people notice.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Long {
    /// How many.
    pub count: usize,
    /// All of them together, milliseconds.
    pub whole: f64,
    /// Of that: until their clients sent anything at all.
    pub late: f64,
    /// Of that: while somebody on the machine waited for a processor.
    pub waited: f64,
}

impl Long {
    /// Of what was said and acknowledged in a window.
    pub fn of(messages: &[Message], span: Span, waits: &Waits) -> Self {
        let mut long = Self::default();
        for message in messages.iter().filter(|message| message.concerns(span)) {
            let (pause, Some(end)) = (message.pause(), message.acknowledged) else { continue };
            if pause <= NOTICED {
                continue;
            }
            long.count += 1;
            long.whole += pause;
            long.late += message.begun.saturating_sub(message.intended) as f64 / 1e3;
            let waited = waits.share(Span { from: message.intended, to: end });
            long.waited += waited.unwrap_or(0.0) * pause;
        }
        long
    }

    /// Together with those of other windows.
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            whole: self.whole + other.whole,
            late: self.late + other.late,
            waited: self.waited + other.waited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_notice_counts() {
        let message = |intended, begun, acknowledged| Message {
            session: 1,
            intended,
            begun,
            acknowledged: Some(acknowledged),
        };
        let span = Span { from: 1_000_000, to: 2_000_000 };
        let messages = [
            message(1_100_000, 1_100_000, 1_140_000),
            message(1_200_000, 1_220_000, 1_300_000),
            message(5_000_000, 5_000_000, 6_000_000),
        ];
        let long = Long::of(&messages, span, &Waits::default());
        assert_eq!(long, Long { count: 1, whole: 100.0, late: 20.0, waited: 0.0 });
        assert_eq!(long.and(long).count, 2);
    }
}
