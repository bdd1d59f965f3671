//! One test for each row of `docs/endings.md`, named after it.

use super::{Play, Start, check};

#[test]
fn away_and_back() {
    check(
        Start::Served,
        "0:05 customer disconnects
         0:40 clock
         0:50 customer connects
         0:51 clock
         1:00 customer disconnects
         1:19 customer polls
         1:38 customer says still reading
         1:58 clock
         2:00 customer says back again",
        "0:25 - away 1
         0:50 - back 1
         1:38 1 : still reading
         1:58 - away 1
         2:00 1 : back again
         2:00 - back 1",
    );
}

#[test]
fn left_by_absence_of_the_customer() {
    check(
        Start::Served,
        "0:05 customer disconnects
         10:00 clock
         10:00 eve leaves",
        "0:25 - away 1
         5:05 - left 1 Absent
         10:00 2 left 2 Own
         10:00 - closed Empty",
    );
}

#[test]
fn left_by_absence_of_the_agent() {
    check(
        Start::Served,
        "0:05 eve disconnects
         6:00 clock",
        "0:25 - away 2
         5:05 - left 2 Absent
         5:05 - concluded eve Left [Staff]
         5:05 - queued support 0 since 0:00",
    );
}

#[test]
fn left_by_own_wish_of_the_agent() {
    check(
        Start::Served,
        "1:00 eve leaves
         1:05 eve reserved
         1:06 eve accepts",
        "1:00 2 left 2 Own
         1:00 - concluded eve Left [Staff]
         1:00 - queued support 0 since 0:00
         1:05 - offered eve until 1:25 [Staff]
         1:06 eve assigned eve [Staff]
         1:06 eve joined 3 Agent EVE
         1:05 told Held",
    );
}

#[test]
fn left_and_keep() {
    check(
        Start::Served,
        "0:10 customer leaves
         1:00 clock",
        "0:10 1 left 1 Own",
    );
}

#[test]
fn left_and_close_if_no_agent_with_an_agent() {
    check(
        Start::Served,
        "0:10 customer leaves unserved
         0:20 eve leaves",
        "0:10 1 left 1 Own
         0:20 2 left 2 Own
         0:20 - closed Empty",
    );
}

#[test]
fn left_and_close_if_no_agent_without_one() {
    check(
        Start::Waiting,
        "0:10 customer leaves unserved",
        "0:10 1 left 1 Own
         0:10 - closed AfterLeave
         0:10 - stopped Done [Staff]",
    );
}

#[test]
fn left_and_close() {
    check(
        Start::Served,
        "0:10 customer leaves closing",
        "0:10 1 left 1 Own
         0:10 - closed AfterLeave
         0:10 - left 2 Closed",
    );
}

#[test]
fn empty_when_the_waiting_customer_leaves() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:10 customer leaves
         0:11 journals answer",
        "0:01 - offered eve until 0:21 [Staff]
         0:10 1 left 1 Own
         0:10 - closed Empty
         0:10 - offer ended Withdrawn [Staff]
         0:11 - stopped Done [Staff]
         0:01 told Held",
    );
}

#[test]
fn empty_though_a_coach_and_a_silent_supervisor_stay() {
    check(
        Start::Served,
        "0:10 sam joins supervisors
         0:20 customer leaves
         0:30 eve leaves",
        "0:10 sam joined 3 Supervisor SAM [Supervisors]
         0:20 1 left 1 Own
         0:30 2 left 2 Own
         0:30 - closed Empty
         0:30 - left 3 Closed [Supervisors]",
    );
}

#[test]
fn longest_wait() {
    check(
        Start::Waiting,
        "29:50 eve reserved
         29:55 eve declines
         30:10 clock",
        "29:50 - offered eve until 30:10 [Staff]
         29:55 eve offer ended Declined [Staff]
         30:00 - joined 2 Flow Service
         30:00 2 : We are sorry: no agent became free in time. Please try again later.
         30:00 - closed LongestWait
         30:00 - left 1 Closed
         30:00 - left 2 Closed
         29:50 told Held",
    );
}

#[test]
fn longest_wait_lets_an_open_offer_run_out() {
    check(
        Start::Waiting,
        "29:50 eve reserved
         30:20 clock",
        "29:50 - offered eve until 30:10 [Staff]
         30:10 - offer ended TimedOut [Staff]
         30:10 - joined 2 Flow Service
         30:10 2 : We are sorry: no agent became free in time. Please try again later.
         30:10 - closed LongestWait
         30:10 - left 1 Closed
         30:10 - left 2 Closed
         29:50 told Held",
    );
}

#[test]
fn longest_wait_counts_from_the_last_time_without_an_agent() {
    check(
        Start::Served,
        "10:00 customer says a
         19:00 eve says b
         28:00 customer says c
         37:00 eve leaves
         1:07:05 clock",
        "10:00 1 : a
         19:00 2 : b
         28:00 1 : c
         37:00 2 left 2 Own
         37:00 - concluded eve Left [Staff]
         37:00 - queued support 0 since 0:00
         1:07:00 - joined 3 Flow Service
         1:07:00 3 : We are sorry: no agent became free in time. Please try again later.
         1:07:00 - closed LongestWait
         1:07:00 - left 1 Closed
         1:07:00 - left 3 Closed",
    );
}

#[test]
fn invitation_runs_out() {
    check(
        Start::Unborn,
        "0:00 crm creates
         40:00 clock",
        "0:00 crm created [Staff]
         30:00 - closed LongestWait
         30:00 - stopped Done [Staff]",
    );
}

#[test]
fn invitation_is_taken() {
    check(
        Start::Unborn,
        "0:00 crm creates
         20:00 crm invites
         20:01 eve reserved
         31:00 clock",
        "0:00 crm created [Staff]
         20:00 crm joined 1 Customer Ann
         20:00 - queued support 0 since 20:00
         20:01 - offered eve until 20:21 [Staff]
         20:21 - offer ended TimedOut [Staff]
         20:01 told Held",
    );
}

#[test]
fn idle_alert_and_calm() {
    check(
        Start::Served,
        "5:00 customer says still here
         15:30 customer reads 5
         16:00 eve says and you
         17:30 clock",
        "5:00 1 : still here
         15:00 - idle alert, closes 17:00
         15:00 - joined 3 Flow Service
         15:00 3 : Are you still there? This chat will be closed soon unless someone writes.
         15:30 1 Read(Seq(5))
         16:00 2 : and you",
    );
}

#[test]
fn idle_close() {
    check(
        Start::Served,
        "12:30 clock",
        "10:02 - idle alert, closes 12:02
         10:02 - joined 3 Flow Service
         10:02 3 : Are you still there? This chat will be closed soon unless someone writes.
         12:02 - closed Idle
         12:02 - left 1 Idle
         12:02 - left 2 Idle
         12:02 - left 3 Idle",
    );
}

#[test]
fn no_idle_alert_in_line() {
    check(Start::Waiting, "29:59 clock", "");
}

#[test]
fn asked() {
    check(
        Start::Served,
        "1:00 customer closes
         1:01 customer closes
         1:02 customer says too late",
        "1:00 1 closed Asked
         1:00 - left 1 Closed
         1:00 - left 2 Closed
         1:02 refused: the chat is closed",
    );
}

#[test]
fn flow_closed_hours() {
    let mut play = Play::at(Start::Unborn);
    play.open = false;
    play.script(
        "0:00 customer creates hi
         0:00 journals answer",
    )
    .assert(
        "0:00 1 created [Staff]
         0:00 1 joined 1 Customer Ann
         0:00 1 : hi
         0:00 - joined 2 Flow Service
         0:00 2 : We are closed at the moment. Please come back during our opening hours.
         0:00 - closed Flow
         0:00 - left 1 Closed
         0:00 - left 2 Closed
         0:00 - stopped Done [Staff]",
    );
}

#[test]
fn flow_full_queue() {
    let mut play = Play::at(Start::Unborn);
    play.waiting = 100;
    play.script("0:00 customer creates hi").assert(
        "0:00 1 created [Staff]
         0:00 1 joined 1 Customer Ann
         0:00 1 : hi
         0:00 - joined 2 Flow Service
         0:00 2 : All lines are busy and the queue is full. Please try again later.
         0:00 - closed Flow
         0:00 - left 1 Closed
         0:00 - left 2 Closed
         0:00 - stopped Done [Staff]",
    );
}

#[test]
fn flow_nobody_signed_in() {
    let mut play = Play::at(Start::Unborn);
    play.staffed = false;
    play.script(
        "0:00 customer creates hi
         0:10 eve reserved",
    )
    .assert(
        "0:00 1 created [Staff]
         0:00 1 joined 1 Customer Ann
         0:00 1 : hi
         0:00 - joined 2 Flow Service
         0:00 2 : No agent is signed in at the moment. You are in line and will be served when one is.
         0:00 - queued support 0 since 0:00
         0:10 - offered eve until 0:30 [Staff]
         0:10 told Held",
    );
}

#[test]
fn offer_times_out() {
    check(
        Start::Waiting,
        "0:01 eve reserved
         0:30 eve accepts
         0:31 adam reserved
         0:32 adam declines
         0:33 eve reserved",
        "0:01 - offered eve until 0:21 [Staff]
         0:21 - offer ended TimedOut [Staff]
         0:31 - offered adam until 0:51 [Staff]
         0:32 adam offer ended Declined [Staff]
         0:33 - offered eve until 0:53 [Staff]
         0:01 told Held
         0:30 refused: there is no such offer, or it has ended
         0:31 told Held
         0:33 told Held",
    );
}

#[test]
fn concluded() {
    check(
        Start::Served,
        "1:00 eve concludes solved all fine
         1:01 journals answer
         1:02 eve notes too late",
        "1:00 2 filed solved [Staff]
         1:00 2 note all fine [Staff]
         1:00 2 concluded eve Done [Staff]
         1:00 2 closed Asked
         1:00 - left 1 Closed
         1:00 - left 2 Closed
         1:01 - stopped Done [Staff]
         1:02 refused: the interaction is over",
    );
}

#[test]
fn wrap_up() {
    check(
        Start::Served,
        "1:00 customer leaves closing
         1:10 eve notes called back
         1:11 eve concludes solved
         1:12 journals answer",
        "1:00 1 left 1 Own
         1:00 - closed AfterLeave
         1:00 - left 2 Closed
         1:10 eve note called back [Staff]
         1:11 eve filed solved [Staff]
         1:11 eve concluded eve Done [Staff]
         1:12 - stopped Done [Staff]",
    );
}

#[test]
fn wrap_up_max() {
    check(
        Start::Served,
        "1:00 customer closes
         20:00 journals answer",
        "1:00 1 closed Asked
         1:00 - left 1 Closed
         1:00 - left 2 Closed
         11:00 - concluded eve TooLong [Staff]
         20:00 - stopped Done [Staff]",
    );
}

#[test]
fn post_max() {
    check(
        Start::Served,
        "1:00 customer closes
         2:00 eve concludes
         24:03:00 clock",
        "1:00 1 closed Asked
         1:00 - left 1 Closed
         1:00 - left 2 Closed
         2:00 eve concluded eve Done [Staff]
         24:02:00 - stopped TooLong [Staff]",
    );
}

/// A takeover or the loss of an edge is not absence: everyone has the whole of `absent_after` again.
#[test]
fn a_takeover_is_not_absence() {
    let mut play = Play::at(Start::Served);
    play.script("0:05 customer disconnects\n 0:24 clock");
    play.take_over();
    play.script("0:43 clock").assert("");
    play.script("1:00 clock").assert("0:44 - away 1\n 0:44 - away 2");
    play.take_over();
    play.script("5:59 clock").assert("0:44 - away 1\n 0:44 - away 2");
}

/// Deadlines are in the state, not in the process that happened to hold it.
#[test]
fn deadlines_survive_a_restart() {
    let mut play = Play::at(Start::Waiting);
    play.script("29:30 eve reserved");
    play.take_over();
    play.script("29:31 customer connects\n 31:00 clock").assert(
        "29:30 - offered eve until 29:50 [Staff]
         29:50 - offer ended TimedOut [Staff]
         30:00 - joined 2 Flow Service
         30:00 2 : We are sorry: no agent became free in time. Please try again later.
         30:00 - closed LongestWait
         30:00 - left 1 Closed
         30:00 - left 2 Closed
         29:30 told Held",
    );
}

/// What came due while nobody owned the session happens at once, and a timer fires once.
#[test]
fn overdue_deadlines_fire_at_once() {
    let mut play = Play::at(Start::Served);
    play.now = play.now.plus(1_000_000);
    play.take_over();
    play.script("17:00 clock").assert(
        "16:42 - idle alert, closes 18:42
         16:42 - joined 3 Flow Service
         16:42 3 : Are you still there? This chat will be closed soon unless someone writes.",
    );
}

/// A clock that went back does not take the session with it.
#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut play = Play::at(Start::Served);
    play.script("5:00 customer says late");
    play.now = crate::words::Time(1_000_000);
    play.ask(
        play.by("eve"),
        crate::session::input::Act::Send { text: "early".into(), audience: crate::words::Audience::All },
    );
    play.assert("5:00 1 : late\n 5:00 2 : early");
}
