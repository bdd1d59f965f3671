//! The run as a picture: each message a dot, its pause over the time, and a line where something was done. Never judges.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::drill::scene::round::Round;
use crate::drill::seen::window::{Message, Moment};
use crate::drill::stage::Played;

/// Size of the part with dots.
const WIDTH: f64 = 1_400.0;
const HEIGHT: f64 = 420.0;
/// Room around it for words.
const MARGIN: f64 = 60.0;
/// The picture's shortest and longest pause, milliseconds, on a logarithmic scale.
const SHORTEST: f64 = 1.0;
const LONGEST: f64 = 100_000.0;

/// A scale from moments and pauses to places.
struct Scale {
    from: Moment,
    to: Moment,
}

impl Scale {
    fn x(&self, at: Moment) -> f64 {
        let all = self.to.saturating_sub(self.from).max(1) as f64;
        MARGIN + at.saturating_sub(self.from) as f64 / all * WIDTH
    }
}

fn y(pause: f64) -> f64 {
    let share = (pause.clamp(SHORTEST, LONGEST) / SHORTEST).ln() / (LONGEST / SHORTEST).ln();
    MARGIN + HEIGHT * (1.0 - share)
}

/// Draws what was seen on a stage into a file.
pub fn write(file: &Path, played: &Played) -> anyhow::Result<()> {
    let rounds: Vec<&Round> = played.noticed.iter().map(|noticed| &noticed.round).collect();
    let svg = draw("pause of each message over time", &played.history.messages, &rounds);
    std::fs::write(file, svg).with_context(|| format!("cannot write {}", file.display()))?;
    println!("picture: {}", file.display());
    Ok(())
}

/// Draws it as SVG.
pub fn draw(title: &str, messages: &[Message], rounds: &[&Round]) -> String {
    let from = messages.iter().map(|message| message.intended).min().unwrap_or(0);
    let to = messages.iter().map(|message| message.intended).max().unwrap_or(from);
    let scale = Scale { from, to };
    let mut svg = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"{MARGIN}\" y=\"24\" font-size=\"16\">{}</text>\n",
        WIDTH + 2.0 * MARGIN,
        HEIGHT + 2.0 * MARGIN,
        escaped(title),
    );
    axes(&mut svg, &scale);
    for round in rounds {
        mark(&mut svg, &scale, round);
    }
    dots(&mut svg, &scale, messages);
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String, scale: &Scale) {
    for (pause, word) in
        [(1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1e3, "1 s"), (1e4, "10 s"), (1e5, "100 s")]
    {
        let (y, end) = (y(pause), MARGIN + WIDTH);
        let _ = writeln!(
            svg,
            "<line x1=\"{MARGIN}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{word}</text>",
            MARGIN - 6.0,
            y + 4.0
        );
    }
    let seconds = scale.to.saturating_sub(scale.from) / 1_000_000;
    let step = (seconds / 10).max(1);
    for second in (0..=seconds).step_by(usize::try_from(step).unwrap_or(1)) {
        let x = scale.x(scale.from + second * 1_000_000);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{second} s</text>",
            MARGIN + HEIGHT + 18.0
        );
    }
}

fn mark(svg: &mut String, scale: &Scale, round: &Round) {
    let (x, end) = (scale.x(round.fault.from), scale.x(round.settled));
    let words = format!("{} {}", round.scenario.name(), round.number);
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{MARGIN}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"#fdecea\"/>\
         <line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{MARGIN}\" y2=\"{}\" stroke=\"#c0392b\"/>\
         <text transform=\"translate({:.1} {}) rotate(90)\" fill=\"#c0392b\" font-size=\"10\">{words}</text>",
        (end - x).max(1.0),
        MARGIN + HEIGHT,
        x + 3.0,
        MARGIN + 4.0
    );
}

/// Dots that would lie on each other are one.
fn dots(svg: &mut String, scale: &Scale, messages: &[Message]) {
    let place = |message: &Message| {
        let (x, y) = (scale.x(message.intended), y(message.pause()));
        ((x * 2.0).round() as i64, (y * 2.0).round() as i64, message.acknowledged.is_none())
    };
    let places: BTreeSet<_> = messages.iter().map(place).collect();
    for (x, y, is_lost) in places {
        let colour = if is_lost { "#c0392b" } else { "#1f5fa8" };
        let (x, y) = (x as f64 / 2.0, y as f64 / 2.0);
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"1.2\" fill=\"{colour}\"/>");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_pauses_stand_higher_and_dots_fall_together() {
        assert!(y(1_000.0) < y(10.0));
        assert!((y(f64::INFINITY) - MARGIN).abs() < 1e-9);
        let message = |intended, pause| Message {
            session: 1,
            intended,
            begun: intended,
            acknowledged: Some(intended + pause),
        };
        let messages = [message(0, 5_000), message(1, 5_000), message(60_000_000, 900_000)];
        let svg = draw("a & b", &messages, &[]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("a &amp; b") && svg.ends_with("</svg>\n"));
    }
}
