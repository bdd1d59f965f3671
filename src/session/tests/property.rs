//! What holds whatever happens: random scripts, among takeovers, and journals that were torn at any event.

use proptest::prelude::*;

use super::Play;
use super::play::replay;
use crate::center::Timers;
use crate::session::event::{By, What};
use crate::session::{Phase, Soft};
use crate::words::{Audience, PartyId, Role, Seq};

/// Everything that a script can do. What makes no sense at its moment is refused, which must be harmless.
const ACTS: [&str; 58] = [
    "customer creates hi",
    "crm creates",
    "eve creates hello",
    "crm invites",
    "customer says hm",
    "customer tells staff hm",
    "customer whispers eve hm",
    "customer whispers sam hm",
    "customer types hm",
    "customer reads 3",
    "customer sets customer.a 1",
    "customer sets staff.a 1",
    "customer leaves",
    "customer leaves closing",
    "customer leaves unserved",
    "customer closes",
    "customer disconnects",
    "customer connects",
    "customer polls",
    "eve reserved",
    "eve reserved billing",
    "eve accepts",
    "eve declines",
    "eve gives up",
    "eve holds",
    "eve says hm",
    "eve tells staff hm",
    "eve whispers customer hm",
    "eve notes hm",
    "eve files solved",
    "eve files odd",
    "eve concludes solved done",
    "eve concludes",
    "eve transfers adam",
    "eve transfers billing",
    "eve leaves",
    "eve removes customer",
    "eve disconnects",
    "eve connects",
    "eve joins all",
    "adam reserved",
    "adam reserved billing",
    "adam accepts",
    "adam declines",
    "adam leaves",
    "adam concludes",
    "adam disconnects",
    "sam joins staff",
    "sam joins supervisors",
    "sam joins all",
    "sam says hm",
    "sam whispers eve hm",
    "sam closes",
    "sam leaves",
    "crm transfers support",
    "crm sets system.a 1",
    "journals answer",
    "everybody fails",
];

const DELAYS: [u64; 8] = [0, 1, 100, 3_000, 15_000, 30_000, 310_000, 1_000_000];

fn script() -> impl Strategy<Value = Vec<(usize, usize)>> {
    let first = (0..DELAYS.len(), 0..4_usize);
    let then = prop::collection::vec((0..DELAYS.len(), 0..ACTS.len()), 0..60);
    // Most sessions are a customer's who is served: otherwise chance would rarely get beyond the queue.
    let served = prop::collection::vec(Just(()), 0..2).prop_map(|coin| match coin.len() {
        0 => Vec::new(),
        _ => vec![(1, 0), (3, 19), (2, 21)],
    });
    (served, first, then).prop_map(|(mut all, first, then)| {
        all.push(first);
        all.extend(then);
        all
    })
}

/// The defaults, or anything, sensible or not.
fn timers() -> impl Strategy<Value = Timers> {
    let millis = || prop::sample::select(vec![0, 1, 1_000, 60_000, 86_400_000]);
    let odd = prop::array::uniform7(millis()).prop_map(|[a, b, c, d, e, f, g]| Timers {
        absent_after: a,
        leave_after: b,
        longest_wait: c,
        idle_alert_after: d,
        idle_close_after: e,
        wrap_up_max: f,
        post_max: g,
    });
    prop_oneof![Just(Timers::default()), odd]
}

fn played(script: &[(usize, usize)], timers: Timers) -> Play {
    let mut play = Play::new();
    play.service.timers = timers;
    for (delay, act) in script {
        match ACTS[*act] {
            "everybody fails" => {
                play.pass(play.now.plus(DELAYS[*delay]));
                play.take_over();
            }
            act => drop(play.script(&format!("+{}ms {act}", DELAYS[*delay]))),
        }
        sound(&play);
    }
    play
}

/// What holds after every input.
fn sound(play: &Play) {
    let session = &play.session;
    for effect in session.effects() {
        assert!(effect.after > Seq(0) && effect.after <= session.seq(), "{effect:?}");
    }
    let online = session.phase() == Phase::Online;
    let customer = session.parties().any(|(party, _)| party.role == Role::Customer);
    let serves = session.parties().any(|(party, _)| {
        matches!(party.role, Role::Agent | Role::Supervisor) && party.audience == Audience::All
    });
    if online && customer {
        assert!(serves || session.queue().is_some(), "the customer is stranded\n{}", play.transcript());
    }
    if online {
        assert!(session.offered().is_none() || session.queue().is_some(), "an offer without a wait");
    } else {
        assert!(
            session.offered().is_none() && session.queue().is_none() && session.parties().next().is_none()
        );
    }
}

/// Lets only time pass, under an owner who knows nobody.
fn left_alone(play: &mut Play) {
    play.soft = Soft::opened(play.now, &play.session);
    play.pass(play.now.plus(30 * 86_400_000));
}

fn views_hold(play: &Play) {
    let seqs: Vec<u64> = play.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, (1..=play.events.len() as u64).collect::<Vec<_>>());
    assert!(play.events.is_sorted_by_key(|event| event.at));
    let customers = play.events.iter().filter_map(|event| match &event.what {
        What::Joined(party) if party.role == Role::Customer => Some(party.id),
        _ => None,
    });
    let customers: Vec<PartyId> = customers.collect();
    for party in &customers {
        let Ok(reader) = play.session.reader(&By::Party(*party), false) else { continue };
        for event in play.events.iter().filter(|event| reader.may_see(event)) {
            let own = event.by == By::Party(*party);
            let direct = matches!(event.audience, Audience::Only(to) if to == *party || own);
            assert!(event.audience == Audience::All || direct, "{event:?}");
        }
    }
    let staff = play.session.reader(&By::Integration("crm".into()), true).ok();
    for event in play.events.iter().filter(|event| staff.as_ref().is_some_and(|staff| staff.may_see(event))) {
        assert_ne!(event.audience, Audience::Nobody);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 3_000 }))]

    #[test]
    fn replay_gives_the_state_and_views_hold(script in script(), timers in timers()) {
        let play = played(&script, timers);
        prop_assert_eq!(replay(&play.events), play.session.clone());
        views_hold(&play);
    }

    /// However a session stands, with nobody there it ends by the clock alone; and so does one whose journal was torn.
    #[test]
    fn every_session_ends_by_the_clock_alone(
        script in script(),
        timers in timers(),
        torn in any::<prop::sample::Index>(),
    ) {
        let mut play = played(&script, timers.clone());
        let cut = torn.index(play.events.len() + 1);
        let mut other = Play::new();
        other.now = play.now;
        other.service.timers = timers;
        other.events = play.events[..cut].to_vec();
        left_alone(&mut play);
        prop_assert!(matches!(play.session.phase(), Phase::Stopped | Phase::Unborn), "{}", play.transcript());
        // Nobody feeds it anything but the wake-ups that it asks for.
        other.session = replay(&other.events);
        other.soft = Soft::opened(other.now, &other.session);
        other.pass(other.now);
        sound(&other);
        left_alone(&mut other);
        prop_assert!(matches!(other.session.phase(), Phase::Stopped | Phase::Unborn), "{}", other.transcript());
    }

    /// A checkpoint anywhere is as good as the whole journal: the rest of the events gives the same state.
    #[test]
    fn a_state_at_any_event_goes_on_the_same(script in script(), at in any::<prop::sample::Index>()) {
        let play = played(&script, Timers::default());
        let at = at.index(play.events.len() + 1);
        let mut session = replay(&play.events[..at]);
        play.events[at..].iter().for_each(|event| session.apply(event));
        prop_assert_eq!(session, play.session);
    }
}
