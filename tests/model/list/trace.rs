//! Steps of the list model as text. A row or mark is named by its owner and counter.

use super::state::{State, WRITES};
use super::{Act, List};
use crate::search::Told;

fn name(place: u8) -> String {
    format!("E{}.{}", usize::from(place) / WRITES, usize::from(place) % WRITES + 1)
}

impl Told for List {
    fn tell(&self, before: &State, act: &Act, after: &State) -> Vec<String> {
        let next = |e: u8| name(super::state::place(e, before.count(e)));
        let line = match *act {
            Act::Fence(e) => format!("E{e} fence all before"),
            Act::ReadMark { e, mark } => {
                format!("E{e} reads the mark {}", if mark == 0 { "-".into() } else { name(mark) })
            }
            Act::ReadRows { e, seen } => {
                let seen: Vec<_> = (0..32).filter(|place| seen & (1 << place) != 0).map(name).collect();
                format!("E{e} has read the active list: {}", seen.join(" "))
            }
            Act::ReadWake { e, found } => {
                format!("E{e} reads the wake-up: {}", if found { "there" } else { "absent" })
            }
            Act::List(e) => format!("E{e} sends the active row {}", next(e)),
            Act::Rely(e) => format!("E{e} relies on the row that is there"),
            Act::Look(e) => format!("E{e} what it sent is stored; it looks"),
            Act::Clean { e, ack } => format!(
                "E{e} {:?} to {:?}, {}",
                before.of(e).mind,
                after.of(e).mind,
                if ack { "answers" } else { "answers nobody" }
            ),
            Act::Drowsy(e) => format!("E{e} sends the wake-up {}", next(e)),
            Act::Cancel(e) => format!("E{e} stays awake"),
            Act::Forget(e) => format!("E{e} sends the delete of the wake-up {}", next(e)),
            Act::Close(e) => format!("E{e} stores the record and deletes its rows"),
            Act::Mark(e) => format!("E{e} sends the mark {} to {}", next(e), name(self.told(after, e))),
        };
        vec![line]
    }
}

impl List {
    fn told(&self, s: &State, e: u8) -> u8 {
        s.of(e).mark
    }
}
