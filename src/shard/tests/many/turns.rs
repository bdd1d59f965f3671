//! What a new owner reads: what somebody asks for at once, and what nobody asks for in turns that all shards share.

use futures_util::future::{join, join_all};

use super::super::life::{accepted, customer, session};
use super::{fleet, node, play};
use crate::limits::RECOVERIES;
use crate::shard::door::Mailbox;
use crate::words::{Seq, SessionId};

const SESSIONS: u64 = 80;

#[test]
fn who_asks_does_not_wait_for_what_nobody_asked_for() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let lost: Vec<_> = sessions.into_iter().filter(|id| fleet.has("b", *id)).collect();
        assert!(lost.len() > RECOVERIES + 1, "{} sessions of b are not enough", lost.len());
        let strait = ships[0].strait();
        strait.hold_openings(true);
        ships[1].kill();
        fleet.depose("b");
        strait.held(RECOVERIES).await;
        // Many wait for their turn; whoever of them is asked for does not.
        let asked = lost.into_iter().find(|id| !strait.holds(*id)).expect("not all have their turn");
        let owner = node(&ships[0], &store);
        let saying = async { owner.say(&customer(), asked, ("m", None, "hello")).await };
        let opening = async {
            strait.held(RECOVERIES + 1).await;
            assert!(strait.holds(asked), "it is the one that was asked for");
            strait.hold_openings(false);
        };
        let (said, ()) = join(saying, opening).await;
        accepted(&said);
        assert_eq!(strait.most(), RECOVERIES + 1, "the others took their turns");
    });
}

#[test]
fn who_says_something_does_not_wait_for_those_who_only_listen() {
    play(async {
        let (fleet, store, ships) = fleet(&["a", "b"]).await;
        let sessions: Vec<_> = (0..SESSIONS).map(session).collect();
        for id in &sessions {
            accepted(&node(&ships[0], &store).create(*id).await);
        }
        let lost: Vec<_> = sessions.into_iter().filter(|id| fleet.has("b", *id)).collect();
        let strait = ships[0].strait();
        strait.hold_openings(true);
        ships[1].kill();
        fleet.depose("b");
        // Everybody who follows one of them comes at once.
        let (mailbox, _inbox) = Mailbox::open(1024);
        let attach = |id: &SessionId| ships[0].door.attach(customer(), *id, Seq(0), mailbox.clone());
        let listening = join_all(lost.iter().map(attach));
        let asking = async {
            strait.held(RECOVERIES).await;
            let asked = lost.iter().copied().find(|id| !strait.holds(*id)).expect("not all have their turn");
            let owner = node(&ships[0], &store);
            let saying = async { owner.say(&customer(), asked, ("m", None, "hello")).await };
            let opening = async {
                strait.held(RECOVERIES + 1).await;
                assert!(strait.holds(asked), "it is the one that was asked for");
                strait.hold_openings(false);
            };
            accepted(&join(saying, opening).await.0);
        };
        let (heard, ()) = join(listening, asking).await;
        assert!(heard.iter().all(Result::is_ok), "everybody who follows hears in the end: {heard:?}");
        assert_eq!(strait.most(), RECOVERIES + 1, "who follows took their turns");
    });
}
