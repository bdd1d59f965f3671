//! Who sees what: promise P7 as transcripts of each party.

use super::{Play, Start};
use crate::session::event::{By, What};
use crate::session::{Ephemeral, Level};
use crate::words::{Audience, PartyId, Seq};

#[track_caller]
fn sees(play: &Play, who: &str, expected: &str) {
    let view: Vec<_> = play.view(who).lines().map(str::to_owned).collect();
    let wanted: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(view, wanted, "{who}");
}

#[test]
fn a_coach_is_seen_by_staff_only() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 sam joins staff
         0:11 sam says ask for the number
         0:12 customer says hm
         0:13 sam whispers customer hey
         0:14 sam whispers eve psst
         0:15 customer whispers sam are you there?",
    );
    let staff = "0:10 sam joined 3 Supervisor SAM [Staff]
         0:11 3 : ask for the number [Staff]
         0:12 1 : hm
         0:14 3 : psst [only 2]";
    sees(&play, "customer", "0:12 1 : hm");
    sees(&play, "eve", staff);
    sees(&play, "sam", staff);
    assert_eq!(
        play.said,
        "0:13 refused: this role may not do that\n0:15 refused: there is no such party in this session\n"
    );
}

#[test]
fn a_silent_supervisor_is_seen_by_supervisors_only() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 sam joins supervisors
         0:11 sam says nobody sees this
         0:12 sam notes watch
         0:13 eve removes sam
         0:14 sam disconnects
         0:40 sam connects
         0:41 sam leaves closing",
    );
    sees(&play, "customer", "");
    sees(&play, "eve", "");
    sees(
        &play,
        "sam",
        "0:10 sam joined 3 Supervisor SAM [Supervisors]
         0:11 3 : nobody sees this [Supervisors]
         0:12 3 note watch [Supervisors]
         0:34 - away 3 [Supervisors]
         0:40 - back 3 [Supervisors]
         0:41 3 left 3 Own [Supervisors]",
    );
    assert_eq!(play.said, "0:13 refused: there is no such party in this session\n");
}

#[test]
fn a_direct_message_is_between_two() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 sam joins open
         0:11 eve whispers customer one
         0:12 customer whispers eve two
         0:13 customer whispers sam three",
    );
    sees(
        &play,
        "customer",
        "0:10 sam joined 3 Supervisor SAM
         0:11 2 : one [only 1]
         0:12 1 : two [only 2]
         0:13 1 : three [only 3]",
    );
    sees(
        &play,
        "eve",
        "0:10 sam joined 3 Supervisor SAM
         0:11 2 : one [only 1]
         0:12 1 : two [only 2]",
    );
    sees(&play, "sam", "0:10 sam joined 3 Supervisor SAM\n 0:13 1 : three [only 3]");
}

/// Whoever joins later sees what those of the same level saw before, and nothing that was for one alone.
#[test]
fn a_late_joiner_reads_from_the_start() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 eve tells staff careful
         0:11 eve whispers customer one
         0:12 customer says two
         0:13 crm invites",
    );
    // `customer` is the one who came last.
    sees(&play, "customer", "0:12 1 : two\n 0:13 crm joined 3 Customer Ann");
}

#[test]
fn an_agent_reads_on_under_all_their_parties() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 customer whispers eve one
         0:11 eve leaves
         0:12 eve reserved
         0:13 eve accepts
         0:14 customer whispers eve two
         0:15 customer closes",
    );
    let view = play.view("eve");
    assert!(view.contains(": one [only 2]") && view.contains(": two [only 3]"), "{view}");
    assert!(!play.view("crm").contains("[only"));
}

#[test]
fn who_is_offered_it_may_read_and_who_never_was_may_not() {
    let mut play = Play::at(Start::Waiting);
    assert!(play.session.reader(&play.by("eve"), false).is_err());
    play.script("0:01 eve reserved");
    assert_eq!(play.session.reader(&play.by("eve"), false).map(|reader| reader.level()), Ok(Level::Staff));
    play.script("0:02 eve declines");
    assert!(play.session.reader(&play.by("eve"), false).is_err());
    assert!(play.session.reader(&By::Party(PartyId(7)), false).is_err());
    assert_eq!(
        play.session.reader(&play.by("sam"), true).map(|reader| reader.level()),
        Ok(Level::Supervisor)
    );
}

#[test]
fn previews_are_for_staff_and_typing_is_for_the_others() {
    let play = Play::at(Start::Served);
    let typing =
        Ephemeral { party: PartyId(1), audience: Audience::All, on: true, preview: Some("he".into()) };
    let customer = play.session.reader(&play.by("customer"), false).unwrap();
    let eve = play.session.reader(&play.by("eve"), false).unwrap();
    assert!(!customer.may_hear(&typing) && eve.may_hear(&typing));
    assert!(!customer.may_preview() && eve.may_preview());
}

/// A stay is a stay: whoever left or was removed reads up to there and no further, live or later.
#[test]
fn a_customer_who_left_reads_no_further() {
    let mut play = Play::at(Start::Served);
    play.script(
        "0:10 crm invites
         0:11 eve says one
         0:12 eve removes customer
         0:13 eve says two
         0:14 eve closes",
    );
    sees(&play, "customer", "0:10 crm joined 3 Customer Ann\n 0:11 2 : one\n 0:12 2 left 3 Removed");
    let first = play.session.reader(&By::Party(PartyId(1)), false).unwrap();
    let removed = play.session.reader(&By::Party(PartyId(3)), false).unwrap();
    let closed = play.events.iter().find(|event| matches!(event.what, What::Closed { .. })).unwrap();
    assert!(first.may_see(closed) && !removed.may_see(closed));
    assert_eq!(play.events.iter().filter(|event| removed.ends_with(event)).count(), 1);
    assert_eq!(play.events.iter().filter(|event| first.ends_with(event)).count(), 0);
    let left = play.events.iter().find(|event| removed.ends_with(event)).unwrap().seq;
    assert!(removed.is_over(left) && !removed.is_over(Seq(left.0 - 1)) && !first.is_over(Seq(999)));
}
