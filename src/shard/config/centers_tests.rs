//! What of a configuration stays with a session for its life, and what does not.

use super::centers::Centers;
use crate::center::Center;
use crate::center::{Source, parse};
use crate::words::AgentId;
use crate::words::Time;

fn version(version: u64, nick: &str, limit: u32, more: &str) -> Center {
    let text = format!(
        "[unit.u]\ntitle = \"U\"\n[queue.q]\nunit = \"u\"\nlimit = {limit}\n[service.s]\nunit = \"u\"\nqueue = \"q\"\n\
         [service.s.limits]\nburst = {limit}\n[agent.ann]\nnick = \"{nick}\"\nunits = [\"u\"]\nroles = [\"agent\"]\n\
         password_hash = \"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA\"\n{more}"
    );
    let mut center = parse(&[Source { name: "c.toml", text: &text }]).expect("a center");
    center.version = version;
    center
}

#[test]
fn service_and_queue_are_pinned_and_people_are_not() {
    let centers = Centers::empty();
    centers.add(version(1, "Ann", 5, ""));
    centers.add(version(2, "Anna", 9, "[queue.new]\nunit = \"u\"\n"));
    let place = centers.place(Some(1), "s", Time(0)).expect("a place");
    assert_eq!((place.queue().limit, place.service().rate.burst), (5, 5));
    assert_eq!(place.center().agents[&AgentId("ann".into())].nick, "Anna");
    assert!(place.center().queues.contains_key("new"), "a later version's queue can be sent on to");
}

#[test]
fn a_version_that_is_gone_is_replaced_by_the_latest_that_has_the_service() {
    let centers = Centers::empty();
    centers.add(version(3, "Ann", 5, ""));
    centers.add(Center { version: 4, ..Center::default() });
    assert_eq!(centers.place(Some(1), "s", Time(0)).expect("a place").queue().limit, 5);
    assert!(centers.place(None, "s", Time(0)).is_none(), "nobody begins what is not offered any more");
}
