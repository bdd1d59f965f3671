//! One rule each.

use super::check;

#[test]
fn the_longest_waiting_goes_to_the_longest_idle() {
    check(
        "1 s1 seeks q
         2 s2 seeks q
         3 ann has q free 1 idle 3
         3 bob has q free 1 idle 2
         3 match   => s1 bob, s2 ann
         3 match   => nothing",
    );
}

#[test]
fn a_larger_priority_goes_first_in_its_queue_and_across_queues() {
    check(
        "1 s1 seeks q
         2 s2 seeks q priority 5
         3 s3 seeks r priority 9
         4 ann has q,r free 2 idle 4
         4 match   => s3 ann, s2 ann
         4 place s1 => 2
         5 s2 leaves
         5 place s1 => 1
         5 queue q => 1 waiting, staffed true",
    );
}

#[test]
fn a_place_in_line_is_kept_by_the_time_of_waiting_and_not_of_registering() {
    check(
        "10 s1 seeks q
         11 s2 seeks q since 3
         11 place s2 => 1
         12 ann has q free 1 idle 0
         12 match => s2 ann",
    );
}

#[test]
fn a_proposal_counts_against_capacity_until_it_is_answered_or_too_old() {
    check(
        "0 s1 seeks q
         0 s2 seeks q
         0 ann has q free 1 idle 0
         0 match => s1 ann
         0 wake  => 5
         1 ann has q free 1 idle 0
         1 match => nothing
         5 match => s1 ann
         6 ann stored
         6 s1 leaves
         6 match => nothing
         7 ann has q free 0 idle 0
         7 match => nothing
         9 ann has q free 1 idle 9
         9 match => s2 ann",
    );
}

#[test]
fn a_stored_reservation_keeps_its_session_out_of_the_line_until_the_offer_is_made() {
    check(
        "0 s1 seeks q
         0 ann has q free 1 idle 0
         0 bob has q free 1 idle 1
         0 match => s1 ann
         1 ann stored
         1 ann has q free 0 idle 0
         1 match => nothing
         1 queue q => 1 waiting, staffed true
         5 match => s1 bob",
    );
}

#[test]
fn a_session_that_seeks_again_after_an_offer_does_not_wait_for_the_old_proposal() {
    check(
        "0 s1 seeks q
         0 ann has q free 1 idle 0
         0 bob has q free 1 idle 1
         0 match => s1 ann
         0 ann stored
         1 s1 leaves
         2 s1 seeks q since 0 avoid ann
         2 match => s1 bob
         2 why s1 => bob at 2 of 2, next nobody",
    );
}

#[test]
fn an_agent_who_refused_is_left_alone_for_a_moment() {
    check(
        "0 s1 seeks q
         0 ann has q free 1 idle 0
         0 match => s1 ann
         0 ann refused
         0 match => nothing
         0 wake  => 1
         1 match => s1 ann
         1 ann refused
         1 ann has q free 1 idle 1
         1 match => s1 ann",
    );
}

#[test]
fn who_just_declined_is_asked_again_only_if_nobody_else_is_free_and_after_a_pause() {
    check(
        "0 s1 seeks q avoid ann
         0 ann has q free 1 idle 0
         0 match => nothing
         0 why s1 => AfterDecline
         1 bob has q free 1 idle 1
         1 match => s1 bob
         1 why s1 => bob at 1 of 2, next ann, not ann (declined)
         2 s2 seeks q avoid ann,bob
         3 match => nothing
         3 wake  => 4
         4 match => s2 ann",
    );
}

#[test]
fn a_preferred_agent_is_waited_for_as_long_as_an_offer_lasts() {
    check(
        "0 s1 seeks q prefer bob
         0 ann has q free 1 idle 0
         0 match => nothing
         0 why s1 => waits for bob
         0 wake  => 30
         29 match => nothing
         30 match => s1 ann",
    );
    check(
        "0 s1 seeks q prefer bob
         0 s2 seeks q
         0 ann has q free 1 idle 0
         1 match => s2 ann
         2 bob has r free 1 idle 2
         2 match => s1 bob
         2 why s1 => bob at 2 of 1, next nobody",
    );
}

#[test]
fn a_preferred_agent_who_declined_is_not_waited_for() {
    check(
        "0 s1 seeks q prefer bob avoid bob
         0 ann has q free 1 idle 0
         0 match => s1 ann",
    );
}

#[test]
fn busy_agents_are_staff_and_gone_ones_are_not() {
    check(
        "0 s1 seeks q
         0 queue q => 1 waiting, staffed false
         0 why s1 => NobodySignedIn
         0 ann has q free 0 idle 0
         0 queue q => 1 waiting, staffed true
         0 why s1 => AllBusy { signed_in: 1 }
         0 match => nothing
         1 ann gone
         1 queue q => 1 waiting, staffed false",
    );
}

#[test]
fn an_agent_who_comes_back_is_not_given_more_than_fits_beside_an_open_proposal() {
    check(
        "0 s1 seeks q
         0 s2 seeks q
         0 ann has q free 1 idle 0
         0 match => s1 ann
         1 ann gone
         2 ann has q free 1 idle 0
         2 match => nothing
         5 match => s1 ann",
    );
}

#[test]
fn a_change_of_queues_moves_the_agent() {
    check(
        "0 s1 seeks q
         0 ann has q,r free 1 idle 0
         0 ann has r free 1 idle 0
         0 match => nothing
         0 queue q => 1 waiting, staffed false
         0 queue r => 0 waiting, staffed true",
    );
}

#[test]
fn registering_the_same_again_changes_nothing_and_another_wish_replaces_it() {
    check(
        "0 s1 seeks q prefer bob
         20 s1 seeks q since 0 prefer bob
         20 wake => 30
         21 s1 seeks q since 0
         21 wake => never
         21 s1 seeks r since 0
         21 queue q => 0 waiting, staffed false
         21 queue r => 1 waiting, staffed false",
    );
}

#[test]
fn a_decision_is_explained_after_the_session_has_left_the_line() {
    check(
        "0 s1 seeks q
         0 ann has q free 1 idle 0
         0 bob has q free 1 idle 4
         0 eve has q free 0 idle 0
         0 match => s1 ann
         1 s1 leaves
         9 why s1 => ann at 0 of 3, next bob
         9 why s2 => unknown",
    );
}
