//! Steps as text, for people and for a replay on real servers.
//!
//! `land ITEM REPLICA…` says what has arrived where before the step that follows; ITEM is `row:OWNER.SEQ`, `cut:OWNER`,
//! `point:OWNER.SEQ`, `tomb:PART`. Then `NUMBER OWNER VERB …`: `fence`, `read TABLE REPLICA`, `adopt COUNT WATERMARK`, `send`
//! with the row's place and content, `look`, `publish`, `release`, `reload`, `save`, `record`, `seal`, `unlist`, `delete`.

use super::Act;
use super::config::{Journal, Order};
use super::state::{OWNERS, Phase, SLOTS, State};
use crate::search::Told;

const REPLICAS: [&str; 3] = ["A", "B", "C"];

fn item(s: &State, item: u8) -> String {
    match item {
        0..16 => format!("row:E{}.{}", item / SLOTS as u8, s.row(item).seq),
        16..20 => format!("cut:E{}", item - 16),
        20..36 => format!("point:E{}.{}", (item - 20) / SLOTS as u8, (item - 20) % SLOTS as u8 + 1),
        _ => format!("tomb:{}", ["segment0", "segment1", "heads"][usize::from(item) - 36]),
    }
}

fn landed(before: &State, after: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for bit in 0..u64::BITS as u8 {
        let new = (0..3).filter(|r| after.on[*r] & !before.on[*r] & (1 << bit) != 0);
        let new: Vec<&str> = new.map(|r| REPLICAS[r]).collect();
        if !new.is_empty() {
            lines.push(format!("land {} {}", item(after, bit), new.join(" ")));
        }
    }
    lines
}

fn names(mask: u8) -> String {
    let all: Vec<String> = (0..OWNERS).filter(|e| mask & (1 << e) != 0).map(|e| format!("E{e}")).collect();
    if all.is_empty() { "-".into() } else { all.join(" ") }
}

fn contents(s: &State, items: &[u8]) -> String {
    let all: Vec<String> =
        items.iter().map(|item| format!("m{}@{}", s.row(*item).msg, self::item(s, *item))).collect();
    if all.is_empty() { "-".into() } else { all.join(" ") }
}

impl Told for Journal {
    fn tell(&self, before: &State, act: &Act, after: &State) -> Vec<String> {
        let mut lines = landed(before, after);
        let line = match *act {
            Act::Fence(e) => format!("E{e} fence {}", names(after.fences & !before.fences)),
            Act::Read { e, on, .. } => {
                let heads = (before.of(e).step / 2 == 0) == (self.order == Order::HeadsFirst);
                format!("E{e} read {} {}", if heads { "heads" } else { "journal" }, REPLICAS[usize::from(on)])
            }
            Act::Record { e, seen } => format!("E{e} record {}", if seen { "found" } else { "absent" }),
            Act::Create(e) => format!("E{e} create"),
            Act::Send { e, msg, after: knew } => {
                let new = after.of(e).list.get()[usize::from(before.of(e).list.len)..].to_vec();
                let finals = new.first().map_or(0, |item| after.row(*item).last_final);
                let knew = if knew == super::state::NONE { String::new() } else { format!(" after {knew}") };
                format!("E{e} send m{msg} final {finals}{knew}: {}", contents(after, &new))
            }
            Act::Look { e, upto, .. } => format!("E{e} look upto {upto}"),
            Act::Clean { e, .. } => format!("E{e} publish {}", contents(after, after.published(e))),
            Act::Release(e) => format!("E{e} release"),
            Act::Reload(e) => format!("E{e} reload"),
            Act::Restart(e) => format!("E{e} restart"),
            Act::Quarantine(e) => format!("E{e} quarantine"),
            Act::Save(e) => format!("E{e} save {}", after.of(e).published),
            Act::Seal(e) => format!("E{e} seal {}", contents(after, after.of(e).list.get())),
            Act::Unlist(e) => format!(
                "E{e} unlist, the record being {}",
                ["absent", "sent", "stored"][usize::from(after.record)]
            ),
            Act::Delete { e, part, .. } => {
                format!("E{e} delete {}", ["segment0", "segment1", "heads"][usize::from(part)])
            }
            Act::Purge => "S purge".into(),
            Act::Take(g) => format!("G{g} take, fenced below {}", after.births.below),
            Act::Zero(g) => format!("G{g} fence generations {}..{g}", after.births.base[usize::from(g)]),
            Act::Raise(g) => format!("G{g} raise, fenced below {}", after.births.below),
            Act::Vanish(e) => format!("S fence-vanishes E{e}"),
            Act::Forget(r) => format!("S forget {}", REPLICAS[usize::from(r)]),
        };
        lines.push(line);
        for e in 0..self.owners {
            let (old, new) = (before.of(e), after.of(e));
            if old.phase == Phase::Waiting && new.phase != Phase::Waiting {
                lines.push(format!(
                    "E{e} {:?} adopts {} final {}",
                    new.phase,
                    contents(after, new.list.get()),
                    new.watermark
                ));
            }
        }
        lines
    }
}
