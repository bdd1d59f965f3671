//! Customers: one creates a session, says many things, says some of them again, and leaves, closes or is simply gone.

use holdfast::session::event::AfterLeave;
use holdfast::session::input::{Act, Ask};
use holdfast::shard::door::{DoorError, Receipt};
use holdfast::words::{Audience, SessionId};

use super::words::{ask, birth, customer, message};
use super::{Ground, follower};

/// What a customer is like.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The number of the session.
    pub number: u64,
    /// How many things are said.
    pub sayings: u64,
    /// Whether they let the session sleep now and then.
    pub slow: bool,
}

struct Customer {
    ground: Ground,
    session: SessionId,
    /// The last seq that this customer knows.
    known: u64,
    said: Vec<(Ask, Receipt)>,
}

/// Sessions of one customer, whose agents may be quicker than they are.
const SESSIONS: u64 = 6;

/// One customer's life: when a session is over before everything is said, they come back.
pub async fn live(ground: Ground, manner: Manner) {
    ground.pause((0, if manner.slow { 2_000 } else { 40_000 })).await;
    let mut left = manner.sayings;
    for visit in 0..SESSIONS {
        let session = super::words::session(ground.seed, manner.number + visit * 100);
        let mut customer = Customer { ground: ground.person(), session, known: 0, said: Vec::new() };
        let service = if manner.slow { "slow" } else { "quick" };
        if !customer.asks("create", birth(service)).await {
            return;
        }
        if !manner.slow {
            follower::begin(&ground, super::words::customer(), session);
            follower::begin(&ground, super::words::auditor(), session);
        }
        left = customer.talk(manner, left).await;
        if left == 0 {
            return customer.goes().await;
        }
    }
}

impl Customer {
    /// Says what there is to say; what is left when the session is over.
    async fn talk(&mut self, manner: Manner, left: u64) -> u64 {
        for number in 0..left {
            let rests = manner.slow && number > 0 && number % (manner.sayings / 3).max(1) == 0;
            self.ground.pause(if rests { (50_000, 70_000) } else { (5, 500) }).await;
            let id = format!("m{number}");
            if !self.asks(&id, message(&format!("words {number}"), Audience::All)).await {
                return left - number;
            }
            if self.ground.chance.happens(100) {
                self.says_again().await;
            }
        }
        0
    }

    /// Closes, leaves, or is simply gone.
    async fn goes(&mut self) {
        let way = self.ground.chance.below(4);
        if way == 0 {
            self.asks("close", Act::Close).await;
        } else if way == 1 {
            self.asks("leave", Act::Leave { then: AfterLeave::CloseIfNoAgent }).await;
        }
    }

    /// Asks until answered; whether it was accepted.
    async fn asks(&mut self, id: &str, act: Act) -> bool {
        let after = Some(self.known).filter(|_| id != "create");
        let ask = ask(&customer(), (id, after), act);
        match self.ground.insist((&customer(), self.session), &ask).await {
            Some(Ok(receipt)) => {
                self.known = self.known.max(receipt.seq.0);
                self.said.push((ask, receipt));
                true
            }
            Some(Err(_)) | None => false,
        }
    }

    /// Repeats something that was acknowledged: the first result comes again, wherever it is asked.
    async fn says_again(&mut self) {
        let Some((ask, first)) = self.ground.chance.pick(&self.said).cloned() else { return };
        let again: Option<Result<Receipt, DoorError>> =
            self.ground.insist((&customer(), self.session), &ask).await;
        if let Some(again) = again {
            self.ground.oracle.repeated((self.session, &ask.id), &first, &again);
        }
    }
}
