//! What nodes logged about who was deposed and who joined, with when. Never reads anything else of a log.

use anyhow::Context as _;
use serde_json::Value;

use super::window::Moment;
use crate::cluster::whole::Cluster;

/// A node proposes that another one be deposed.
pub const PROPOSED: &str = "a node is to be deposed";
/// A node has a new life.
pub const JOINED: &str = "this node has joined";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was written.
    pub at: Moment,
    /// Which node wrote it.
    pub node: u8,
    /// What it says.
    pub message: String,
    /// Whom it is about.
    pub peer: String,
    /// The reason that it gives.
    pub why: String,
}

/// All such lines of all nodes that there are, by time.
pub fn read(cluster: &Cluster) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for node in cluster.nodes() {
        let path = node.log();
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&text);
        entries.extend(text.lines().filter_map(|line| entry(node.place.number, line)));
    }
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

fn entry(node: u8, line: &str) -> Option<Entry> {
    if ![PROPOSED, JOINED].iter().any(|message| line.contains(message)) {
        return None;
    }
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Some(Entry {
        at: moment(&text("timestamp"))?,
        node,
        message: text("message"),
        peer: text("peer"),
        why: text("why"),
    })
}

/// A time stamp such as `2026-11-29T16:41:58.217083Z`.
pub fn moment(stamp: &str) -> Option<Moment> {
    let (date, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.splitn(3, ':');
    let (hour, minute) = (time.next()?.parse::<u64>().ok()?, time.next()?.parse::<u64>().ok()?);
    let (second, fraction) = time.next()?.split_once('.')?;
    let micros: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let seconds = ((days(year, month, day)? * 24 + hour) * 60 + minute) * 60 + second.parse::<u64>().ok()?;
    Some(seconds * 1_000_000 + micros)
}

/// Days since 1970 of a day of the Gregorian calendar. Years begin in March, so that the odd day is a year's last.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    (of_years + (153 * month + 2) / 5 + day).checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_are_moments() {
        assert_eq!(moment("1970-01-01T00:00:00.000001Z"), Some(1));
        assert_eq!(moment("2000-03-01T00:00:00.5Z"), Some(951_868_800_500_000));
        assert_eq!(moment("2024-02-29T23:59:59.000000Z"), Some(1_709_251_199_000_000));
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn only_lines_about_lives_count() {
        let line = r#"{"timestamp":"1970-01-01T00:00:01.000000Z","level":"WARN","message":"a node is to be deposed","peer":"n2","incarnation":9,"why":"silent","target":"x"}"#;
        let found = entry(1, line).unwrap();
        assert_eq!(
            (found.at, found.node, found.peer.as_str(), found.why.as_str()),
            (1_000_000, 1, "n2", "silent")
        );
        assert_eq!(entry(1, &line.replace("deposed", "liked")), None);
        assert_eq!(entry(1, "a node is to be deposed, says a panic"), None);
    }
}
