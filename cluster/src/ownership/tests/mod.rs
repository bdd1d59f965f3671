//! The map by scripts and by properties over random commands. A failure of a property prints the commands that repeat it.

mod golden;
mod properties;
mod scripts;

use super::{
    Addresses, Answer, Command, Incarnation, Join, Map, NodeName, Nonce, Reason, Refusal, Shard, apply,
};

/// A map with the log's index of its last command.
#[derive(Clone, Default)]
struct Log {
    map: Map,
    index: u64,
}

impl Log {
    fn founded(shards: u16) -> Self {
        let mut log = Self::default();
        assert_eq!(log.put(&Command::Found { generation: 7, shards }), Ok(Answer::Done));
        log
    }

    fn put(&mut self, command: &Command) -> Result<Answer, Refusal> {
        self.index += 1;
        apply(&mut self.map, command, self.index)
    }

    fn join(&mut self, node: &str) -> Incarnation {
        let nonce = self.index + 1;
        match self.put(&join(node, u128::from(nonce))) {
            Ok(Answer::Joined(incarnation)) => incarnation,
            other => panic!("{other:?}"),
        }
    }

    fn depose(&mut self, incarnation: Incarnation) -> Result<Answer, Refusal> {
        self.put(&Command::Depose { incarnation, reason: Reason::Silent })
    }

    fn release(&mut self, shard: Shard, to: Option<Incarnation>) -> Result<Answer, Refusal> {
        let holding = self.map.holding(shard).unwrap();
        self.put(&Command::Release { shard, epoch: holding.epoch, by: holding.owner.unwrap(), to })
    }

    /// Every owner releases what it has too much of, one after the other, until nobody has. How many moved.
    fn settle(&mut self) -> usize {
        let mut moved = 0;
        loop {
            let owners: Vec<Incarnation> = self.map.lives().keys().copied().collect();
            let next = owners.iter().find_map(|at| super::surplus(&self.map, *at).first().copied());
            let Some((shard, to)) = next else { return moved };
            assert!(matches!(self.release(shard, Some(to)), Ok(Answer::Released { .. })));
            moved += 1;
            assert!(moved <= 10 * usize::from(self.map.shard_count()), "the plan never ends");
        }
    }

    /// How many shards each living incarnation has, in the order of joining.
    fn loads(&self) -> Vec<usize> {
        let up = self.map.lives().iter().filter(|(_, life)| life.state.owns());
        up.map(|(at, _)| self.map.owned_by(*at).count()).collect()
    }
}

fn join(node: &str, nonce: u128) -> Command {
    Command::Join(Join {
        node: NodeName::from(node),
        addresses: Addresses { peer: format!("{node}:7000"), ..Addresses::default() },
        zone: String::new(),
        level: 3,
        nonce: Nonce(nonce),
    })
}
