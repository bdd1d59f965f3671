//! What the kernel says about the machine and its processes. Never guesses: a figure that cannot be read is an error.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::report::Report;

/// Ticks of processor time per second; the same on every Linux that people run.
const TICKS: f64 = 100.0;

/// Notes how busy the machine is, and who else works on it.
pub fn note_load(report: &mut Report) -> anyhow::Result<()> {
    let load = std::fs::read_to_string("/proc/loadavg").context("/proc/loadavg")?;
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    report.note(format!("{cores} cores, load before the start: {load}"));
    let before = all_ticks();
    pause(Duration::from_secs(1));
    let mut busy: Vec<_> = all_ticks()
        .into_iter()
        .filter_map(|(pid, (name, ticks))| Some((ticks.saturating_sub(before.get(&pid)?.1), name)))
        .filter(|(ticks, _)| *ticks >= 10)
        .collect();
    busy.sort_unstable_by(|one, other| other.cmp(one));
    if !busy.is_empty() {
        let names: Vec<_> = busy.iter().take(4).map(|(ticks, name)| format!("{name} {ticks} %")).collect();
        report.note(format!(
            "WARNING: others use the processor, the figures are too low: {}",
            names.join(", ")
        ));
    }
    Ok(())
}

/// Processor ticks and name of every process.
fn all_ticks() -> BTreeMap<u32, (String, u64)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return BTreeMap::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| Some((pid, stat(pid)?))).collect()
}

fn stat(pid: u32) -> Option<(String, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = text.split_once('(')?.1.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some((name.to_owned(), fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?))
}

/// Seconds of processor time that a process has used.
pub fn cpu(pid: u32) -> anyhow::Result<f64> {
    let (_, ticks) = stat(pid).with_context(|| format!("process {pid} is gone"))?;
    Ok(ticks as f64 / TICKS)
}

/// Seconds of processor time that everybody has used.
pub fn busy() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let ticks: Vec<f64> =
        text.split_whitespace().skip(1).take(8).map_while(|tick| tick.parse().ok()).collect();
    let [user, nice, system, _, _, hard, soft, _] = ticks[..] else { bail!("/proc/stat has no such line") };
    Ok((user + nice + system + hard + soft) / TICKS)
}

/// Resident memory of a process, bytes.
pub fn memory(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the node is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024.0)
}

/// Memory when it no longer moves: a store and an allocator let go a little later.
pub fn settled_memory(pid: u32) -> anyhow::Result<f64> {
    let mut last = memory(pid)?;
    for _ in 0..8 {
        pause(Duration::from_millis(500));
        let now = memory(pid)?;
        if (now - last).abs() < 128.0 * 1024.0 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

/// A stop watch.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Lets time pass.
#[expect(clippy::disallowed_methods, reason = "a bench waits in real time")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}
