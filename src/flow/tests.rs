//! The built-in flow, driven by hand: position and facts in, commands out.

use super::*;

fn world(
    service: &Service,
    queue: &Queue,
    change: impl FnOnce(&mut World<'_>),
    check: impl FnOnce(&World<'_>),
) {
    let mut world = World { service, queue, open: true, staffed: true, waiting: 0 };
    change(&mut world);
    check(&world);
}

fn parts() -> (Service, Queue) {
    let service = Service {
        unit: "main".into(),
        queue: "support".into(),
        greeting: Some("Welcome".into()),
        hours: None,
        dispositions: Vec::new(),
        anonymous: true,
        timers: crate::center::Timers::default(),
        texts: crate::center::Texts::default(),
        rate: crate::center::Rate::default(),
        identity_key: None,
    };
    (service, Queue { unit: "main".into(), offer_timeout: 20_000, limit: 2, priority: 3 })
}

const HERE: Facts = Facts {
    online: true,
    customer: true,
    queued: false,
    resumed: false,
    served: false,
    assigned: false,
    settled: true,
};

fn at(step: &str, begun: bool, said: bool) -> Option<At<'_>> {
    Some(At { step, begun, said })
}

#[test]
fn greets_once_and_queues() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |_| {},
        |world| {
            assert_eq!(next(None, HERE, world), Some(Command::Begin("greet")));
            assert_eq!(next(at("greet", true, false), HERE, world), Some(Command::Say("Welcome")));
            assert_eq!(next(at("greet", true, true), HERE, world), Some(Command::Done("greeted")));
            assert_eq!(next(at("greet", false, false), HERE, world), Some(Command::Begin("queue")));
            let enter = Command::Queue { queue: "support", priority: 3 };
            assert_eq!(next(at("queue", true, false), HERE, world), Some(enter));
            assert_eq!(next(at("queue", true, false), Facts { queued: true, ..HERE }, world), None);
        },
    );
}

#[test]
fn waits_for_a_customer() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |_| {},
        |world| {
            assert_eq!(next(None, Facts { customer: false, ..HERE }, world), None);
        },
    );
}

#[test]
fn says_closed_and_closes() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |world| world.open = false,
        |world| {
            let closed = &service.texts.closed;
            assert_eq!(next(at("greet", true, false), HERE, world), Some(Command::Say(closed)));
            assert_eq!(next(at("greet", true, true), HERE, world), Some(Command::Close));
        },
    );
}

#[test]
fn says_full_and_closes_but_never_turns_away_who_has_waited() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |world| world.waiting = 2,
        |world| {
            assert_eq!(next(at("queue", true, false), HERE, world), Some(Command::Say(&service.texts.full)));
            assert_eq!(next(at("queue", true, true), HERE, world), Some(Command::Close));
            let back = Facts { resumed: true, ..HERE };
            assert!(matches!(next(at("queue", true, false), back, world), Some(Command::Queue { .. })));
        },
    );
}

#[test]
fn says_nobody_and_queues_all_the_same() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |world| world.staffed = false,
        |world| {
            assert_eq!(
                next(at("queue", true, false), HERE, world),
                Some(Command::Say(&service.texts.nobody))
            );
            assert!(matches!(next(at("queue", true, true), HERE, world), Some(Command::Queue { .. })));
        },
    );
}

#[test]
fn queues_again_when_the_agent_is_gone() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |_| {},
        |world| {
            assert_eq!(next(at("agent", true, false), Facts { served: true, ..HERE }, world), None);
            assert_eq!(next(at("agent", true, false), HERE, world), Some(Command::Done("again")));
            assert_eq!(next(at("agent", false, false), HERE, world), Some(Command::Begin("queue")));
        },
    );
}

#[test]
fn stops_when_the_work_is_done_and_answered() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |_| {},
        |world| {
            let over = Facts { online: false, customer: false, ..HERE };
            let wrapping = Facts { assigned: true, ..over };
            assert_eq!(next(at("agent", true, false), wrapping, world), Some(Command::Done("closed")));
            assert_eq!(
                next(at("agent", false, false), wrapping, world),
                Some(Command::Begin("post-process"))
            );
            assert_eq!(next(at("post-process", true, false), wrapping, world), None);
            assert_eq!(next(at("post-process", true, false), over, world), Some(Command::Done("done")));
            assert_eq!(next(at("post-process", false, false), over, world), Some(Command::Begin("stop")));
            assert_eq!(next(at("stop", true, false), Facts { settled: false, ..over }, world), None);
            assert_eq!(next(at("stop", true, false), over, world), Some(Command::Stop));
        },
    );
}

#[test]
fn leaves_a_step_of_a_later_release_when_the_chat_is_over() {
    let (service, queue) = parts();
    world(
        &service,
        &queue,
        |_| {},
        |world| {
            assert_eq!(next(at("survey", true, false), HERE, world), None);
            let over = Facts { online: false, ..HERE };
            assert_eq!(next(at("survey", true, false), over, world), Some(Command::Done("closed")));
            assert_eq!(next(at("survey", false, false), over, world), Some(Command::Begin("post-process")));
        },
    );
}
