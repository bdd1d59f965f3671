//! The status of a cluster as people read it at a terminal. Pure text; asks nobody.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::super::ops::cluster::{Node, Report, Takeover};

/// Takeovers that are shown; the newest.
const SHOWN: usize = 8;

/// Everything, ending with a line break.
pub(super) fn render(report: &Report) -> String {
    let mut text = head(report);
    text.push('\n');
    let rows: Vec<[String; 9]> = report.nodes.iter().map(|node| row(report, node)).collect();
    let titles = ["NODE", "STATE", "ROLE", "SHARDS", "LIFE", "ZONE", "LINK", "LAG", "PEER"];
    text.push_str(&columns(titles, &rows));
    text.push('\n');
    text.push_str(&shards(report));
    if !report.takeovers.is_empty() {
        let _ =
            writeln!(text, "\nrecent takeovers and hand-overs, as {} saw them, newest first", report.node);
        let newest = report.takeovers.iter().rev().take(SHOWN);
        newest.for_each(|takeover| text.push_str(&line(report.at, takeover)));
    }
    text
}

fn head(report: &Report) -> String {
    let raft = &report.raft;
    let leader = raft.leader.as_deref().unwrap_or("NOBODY");
    let behind = raft.last_log.saturating_sub(raft.applied);
    let mut text = format!(
        "generation {}, level {}: {leader} leads in term {}; the map of {} stands at entry {}",
        report.generation, report.level, raft.term, report.node, raft.applied
    );
    if behind > 0 {
        let _ = write!(text, ", {behind} behind its log");
    }
    if let Some(silent) = raft.quorum_silent_ms {
        let _ = write!(text, "; a majority answered {silent} ms ago");
    }
    if report.edges > 0 {
        let _ = write!(text, "; edges connected to {}: {}", report.node, report.edges);
    }
    if let Some(failed) = &raft.failed {
        let _ = write!(text, "\n{} HAS LEFT THE AGREEMENT AND MUST BE STARTED AGAIN: {failed}", report.node);
    }
    text.push('\n');
    text
}

fn row(report: &Report, node: &Node) -> [String; 9] {
    let role = match (node.votes, node.learns) {
        (true, _) if node.leads => "leads",
        (true, _) => "votes",
        (false, true) => "learns",
        (false, false) => "-",
    };
    let state = match &node.ended {
        Some(why) => format!("{} ({})", node.state, spaced(why)),
        None => node.state.clone(),
    };
    let link = match &node.link {
        Some(link) => spaced(link),
        None if node.name == report.node => "(asked)".to_owned(),
        None => "-".to_owned(),
    };
    let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    [
        node.name.clone(),
        state,
        role.to_owned(),
        node.shards.to_string(),
        node.incarnation.to_string(),
        dash(&node.zone),
        link,
        node.lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string()),
        dash(&node.peer),
    ]
}

/// Columns as wide as they must be; numbers to the right.
fn columns<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([titles[at].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let number = |at: usize| {
        let cell = |row: &[String; N]| row[at].chars().all(|c| c.is_ascii_digit() || c == '-');
        rows.iter().all(cell)
    };
    let numbers: Vec<bool> = (0..N).map(number).collect();
    let mut text = String::new();
    let titled = titles.map(str::to_owned);
    for row in std::iter::once(&titled).chain(rows) {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let (wide, gap) = (widths[at], if at == 0 { "" } else { "  " });
            let _ = match numbers[at] {
                true => write!(line, "{gap}{cell:>wide$}"),
                false => write!(line, "{gap}{cell:<wide$}"),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn shards(report: &Report) -> String {
    let orphans = report.shards.iter().filter(|shard| shard.owner.is_none()).count();
    let owners: BTreeSet<_> = report.shards.iter().filter_map(|shard| shard.owner.as_ref()).collect();
    let mut text = format!("{} shards on {} nodes", report.shards.len(), owners.len());
    if orphans > 0 {
        let _ = write!(text, ", {orphans} WITHOUT AN OWNER");
    }
    // Epochs of one generation are numbers behind the point.
    let counter = |epoch: &str| epoch.split('.').nth(1).and_then(|text| text.parse::<u64>().ok());
    let epochs: Vec<u64> = report.shards.iter().filter_map(|shard| counter(&shard.epoch)).collect();
    if let (Some(least), Some(most)) = (epochs.iter().min(), epochs.iter().max()) {
        let generation = report.generation;
        let _ = write!(text, "; epochs {generation}.{least} to {generation}.{most}");
    }
    text.push('\n');
    text
}

fn line(now: u64, takeover: &Takeover) -> String {
    let mut text = format!("{:>9}  {}\n", ago(now, takeover.at), what(takeover));
    let phases: Vec<String> =
        takeover.phases.iter().map(|phase| format!("{} {} ms", phase.phase, phase.ms)).collect();
    if !phases.is_empty() {
        let _ = writeln!(text, "{:>9}  {}", "", phases.join(" · "));
    }
    text
}

fn what(takeover: &Takeover) -> String {
    let Takeover { node, shards, gained, sessions, .. } = takeover;
    if takeover.what == "hand_over" {
        return format!("{node} gave {gained} shards to this node, with {sessions} sessions");
    }
    let why = takeover.why.as_deref().map_or_else(|| "-".to_owned(), spaced);
    match shards {
        0 => format!("{node} was deposed ({why}); it had no shards"),
        _ => format!(
            "{node} was deposed ({why}): {gained} of its {shards} shards came to this node, with {sessions} sessions"
        ),
    }
}

fn ago(now: u64, then: u64) -> String {
    let seconds = now.saturating_sub(then) / 1000;
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
