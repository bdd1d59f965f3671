//! The chronicle by scripts: what a map shows, what workers report, and when an entry is settled.

use holdfast_cluster::ownership::{
    Addresses, Answer, Command, Epoch, Incarnation, Join, Map, Nonce, Reason, Shard, apply,
};

use super::book::{Book, Now};
use super::*;
use crate::limits;
use crate::words::Time;

const SHARDS: u16 = 6;

/// A log and the map at its end.
struct World {
    map: Map,
    index: u64,
}

impl World {
    fn new() -> Self {
        let mut world = Self { map: Map::default(), index: 0 };
        world.does(&Command::Found { generation: 1, shards: SHARDS });
        world
    }

    fn does(&mut self, command: &Command) -> Answer {
        self.index += 1;
        apply(&mut self.map, command, self.index).expect("the map takes it")
    }

    fn join(&mut self, name: &str) -> Incarnation {
        let nonce = Nonce(u128::from(self.index));
        let addresses = Addresses::default();
        let join = Join { node: name.into(), addresses, zone: String::new(), level: 1, nonce };
        match self.does(&Command::Join(join)) {
            Answer::Joined(life) => life,
            other => panic!("{other:?}"),
        }
    }

    fn depose(&mut self, life: Incarnation) {
        self.does(&Command::Depose { incarnation: life, reason: Reason::PortRefuses });
    }

    fn give(&mut self, shard: Shard, to: Incarnation) {
        let held = self.map.holding(shard).expect("it exists");
        let by = held.owner.expect("somebody has it");
        self.does(&Command::Release { shard, epoch: held.epoch, by, to: Some(to) });
    }

    fn of(&self, life: Incarnation) -> Vec<(Shard, Epoch)> {
        self.map.owned_by(life).collect()
    }

    /// Three nodes with two shards each.
    fn three() -> (Self, [Incarnation; 3]) {
        let mut world = Self::new();
        let lives = ["a", "b", "c"].map(|name| world.join(name));
        for (shard, to) in [(2, 1), (3, 1), (4, 2), (5, 2)] {
            world.give(Shard(shard), lives[to]);
        }
        (world, lives)
    }
}

fn at(millis: u64) -> Now {
    Now { time: Time(1_000_000 + millis), ticks: Duration::from_millis(millis) }
}

fn millis(phase: Option<Duration>) -> Option<u128> {
    phase.map(|since| since.as_millis())
}

fn see(book: &mut Book, world: &World, me: Incarnation, when: u64) {
    book.saw(&Arc::new(world.map.clone()), Some(me), at(when));
}

#[test]
fn a_takeover_has_all_its_phases() {
    let (mut world, [a, _, c]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    book.found(c, at(100));
    world.depose(c);
    let lost = world.of(a).split_off(2);
    see(&mut book, &world, a, 103);
    let [(shard, epoch)] = lost[..] else { panic!("one of two shards comes here: {lost:?}") };
    book.fenced(shard, epoch, at(108));
    assert!(book.settled(at(109)).is_empty(), "workers have not reported");
    book.read((shard, epoch), 7, at(120));
    assert!(book.settled(at(121)).is_empty(), "nothing was acknowledged");
    book.acknowledged(shard, epoch, at(150));
    book.acknowledged(shard, epoch, at(170));

    let told = book.settled(at(171));
    let [entry] = &told[..] else { panic!("{told:?}") };
    assert_eq!((entry.what, entry.node.0.as_str(), entry.life), (What::Takeover, "c", c));
    assert_eq!((entry.why, entry.found_here), (Some(Reason::PortRefuses), true));
    assert_eq!((entry.shards, entry.gained, entry.sessions), (2, 1, 7));
    assert_eq!(entry.at, at(100).time);
    let Phases { deposed, fenced, read, acknowledged } = entry.phases;
    let phases = [deposed, fenced, read, acknowledged].map(millis);
    assert_eq!(phases, [Some(3), Some(8), Some(20), Some(50)]);
    assert!(book.settled(at(99_999)).is_empty(), "each is told once");
}

#[test]
fn a_phase_is_over_when_the_last_shard_is() {
    let (mut world, [a, b, c]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    world.depose(b);
    world.depose(c);
    see(&mut book, &world, a, 10);
    let gained = world.of(a).split_off(2);
    assert_eq!(gained.len(), 4);
    let phases = |book: &Book, life| {
        let entries = book.entries();
        let entry = entries.iter().find(|entry| entry.life == life).expect("it is there");
        (millis(entry.phases.fenced), millis(entry.phases.read))
    };
    for (step, (shard, epoch)) in gained.iter().enumerate() {
        book.fenced(*shard, *epoch, at(20 + step as u64));
    }
    assert_eq!(phases(&book, c).1, None);
    for (step, (shard, epoch)) in gained.iter().enumerate() {
        book.read((*shard, *epoch), 1, at(40 + step as u64));
    }
    let (last_b, last_c) = (phases(&book, b), phases(&book, c));
    assert_eq!(last_b, (Some(11), Some(31)), "the second of four");
    assert_eq!(last_c, (Some(13), Some(33)), "the last of four");
}

#[test]
fn a_takeover_by_others_is_seen_and_told_at_once() {
    let (mut world, [_, b, _]) = World::three();
    let mut book = Book::default();
    book.saw(&Arc::new(world.map.clone()), None, at(0));
    world.depose(b);
    book.saw(&Arc::new(world.map.clone()), None, at(5));
    let told = book.settled(at(5));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].life, told[0].shards, told[0].gained, told[0].found_here), (b, 2, 0, false));
    assert_eq!(millis(told[0].phases.deposed), Some(0));
}

#[test]
fn an_idle_takeover_is_told_after_a_while_without_an_acknowledgement() {
    let (mut world, [a, _, c]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    world.depose(c);
    see(&mut book, &world, a, 10);
    assert!(book.settled(at(limits::CHRONICLE_WAIT + 9)).is_empty());
    let told = book.settled(at(limits::CHRONICLE_WAIT + 10));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].phases.acknowledged, None);
}

#[test]
fn shards_that_are_handed_over_one_by_one_are_one_entry() {
    let (mut world, [a, b, _]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    world.give(Shard(2), a);
    see(&mut book, &world, a, 10);
    let (shard, epoch) = (Shard(2), world.map.holding(Shard(2)).expect("it exists").epoch);
    book.fenced(shard, epoch, at(11));
    book.read((shard, epoch), 3, at(12));
    world.give(Shard(3), a);
    see(&mut book, &world, a, 20);
    let entries = book.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((entries[0].what, entries[0].life, entries[0].gained), (What::HandOver, b, 2));
    assert_eq!(entries[0].phases.read, None, "the second shard is not read");
    book.acknowledged(shard, epoch, at(30));
    assert!(book.settled(at(40)).is_empty(), "another shard may come");
    assert_eq!(book.settled(at(20 + limits::CHRONICLE_QUIET)).len(), 1);

    world.give(Shard(2), b);
    see(&mut book, &world, a, 9_000);
    world.give(Shard(2), a);
    see(&mut book, &world, a, 9_010);
    assert_eq!(book.entries().len(), 2, "much later it is another one");
}

#[test]
fn a_shard_that_left_again_holds_nothing_up() {
    let (mut world, [a, b, _]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    world.give(Shard(2), a);
    world.give(Shard(3), a);
    see(&mut book, &world, a, 10);
    let epoch = |world: &World, shard| world.map.holding(shard).expect("it exists").epoch;
    let gone = epoch(&world, Shard(2));
    world.give(Shard(2), b);
    see(&mut book, &world, a, 20);
    book.read((Shard(2), gone), 9, at(21));
    book.read((Shard(3), epoch(&world, Shard(3))), 2, at(22));
    let entry = &book.entries()[0];
    assert_eq!((millis(entry.phases.read), entry.sessions), (Some(12), 2));
}

#[test]
fn a_wrong_suspicion_is_forgotten_and_the_book_stays_small() {
    let (mut world, [a, ..]) = World::three();
    let mut book = Book::default();
    see(&mut book, &world, a, 0);
    for round in 0..limits::CHRONICLE as u64 + 9 {
        let life = world.join("d");
        see(&mut book, &world, a, round * 100);
        book.found(life, at(round * 100 + 1));
        book.withdrawn(life);
        world.depose(life);
        world.does(&Command::Fenced { incarnation: life });
        see(&mut book, &world, a, round * 100 + 50);
    }
    let entries = book.entries();
    assert_eq!(entries.len(), limits::CHRONICLE);
    assert!(entries.iter().all(|entry| !entry.found_here));
}
