//! What is exported parses to the same configuration, and differences are told in words.

use proptest::prelude::*;

use super::super::*;
use super::good;

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9-]{1,8}"
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,5}", "[ \\PC\n\t\"'\\\\]{0,20}x"]
}

fn millis() -> impl Strategy<Value = u64> {
    prop_oneof![1_000..=100_000_u64, (1..=48_u64).prop_map(|hours| hours * 3_600_000)]
}

fn roles() -> impl Strategy<Value = Vec<StaffRole>> {
    let all = vec![StaffRole::Agent, StaffRole::Supervisor, StaffRole::Admin];
    prop::sample::subsequence(all, 1..=3)
}

fn hours() -> impl Strategy<Value = Hours> {
    let range = (1..=7_u8, 0..1_000_u16, 1..=440_u16).prop_map(|(day, from, long)| (day, from, from + long));
    (
        prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata"]),
        prop::collection::btree_set(range, 0..4),
    )
        .prop_map(|(zone, open)| Hours {
            zone: zone.into(),
            open: open.into_iter().collect(),
            closed: vec!["2026-12-25".into()],
        })
}

fn timers() -> impl Strategy<Value = Timers> {
    (millis(), millis(), millis(), millis()).prop_map(|(one, two, three, four)| Timers {
        absent_after: one,
        leave_after: one + two,
        longest_wait: three,
        idle_alert_after: four,
        idle_close_after: two,
        wrap_up_max: three,
        post_max: three + four,
    })
}

fn texts() -> impl Strategy<Value = Texts> {
    (text(), text()).prop_map(|(closed, idle)| Texts { closed, idle, ..Texts::default() })
}

fn rate() -> impl Strategy<Value = Rate> {
    (0..=1_000_000_u32, 0..=1_000_000_u32)
        .prop_map(|(events_per_second, burst)| Rate { events_per_second, burst })
}

/// What a service is made of, apart from what it refers to.
type Parts = (Option<String>, Vec<String>, bool, (Timers, Rate), Texts, Option<String>);

fn service() -> impl Strategy<Value = Parts> {
    let codes =
        prop::collection::btree_set("[a-z ]{0,5}x", 0..3).prop_map(|codes| codes.into_iter().collect());
    (prop::option::of(text()), codes, any::<bool>(), (timers(), rate()), texts(), prop::option::of(text()))
}

prop_compose! {
    fn center()(
        units in prop::collection::btree_map(name(), text().prop_map(|title| Unit { title }), 1..3),
        hours in prop::collection::btree_map(name(), hours(), 0..3),
    )(
        units in Just(units.clone()),
        hours in Just(hours.clone()),
        queues in prop::collection::btree_map(
            name(), (prop::sample::select(units.keys().cloned().collect::<Vec<_>>()), 1_000..3_600_000_u64, 1..1_000_u32, -5..5_i32), 1..3),
        services in prop::collection::btree_map(name(), service(), 0..3),
        agents in prop::collection::btree_map("[a-z0-9._@-]{1,8}", (text(), roles(), 0..9_u32), 0..3),
        keys in prop::collection::btree_map(name(), ("[0-9a-f]{64}", roles()), 0..2),
    ) -> Center {
        let unit = units.keys().next().unwrap().clone();
        let queue = queues.keys().next().unwrap().clone();
        let queues = queues.into_iter().map(|(name, (unit, offer_timeout, limit, priority))| {
            (name, Queue { unit, offer_timeout, limit, priority })
        }).collect();
        let services = services.into_iter().map(|(name, (greeting, dispositions, anonymous, (timers, rate), texts, identity_key))| {
            let hours = hours.keys().next().cloned();
            let (unit, queue) = (unit.clone(), queue.clone());
            (name, Service { unit, queue, greeting, hours, dispositions, anonymous, timers, texts, rate, identity_key })
        }).collect();
        let agents = agents.into_iter().map(|(id, (nick, roles, capacity))| {
            let password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned();
            (AgentId(id), Agent { nick, units: vec![unit.clone()], roles, queues: vec![queue.clone()], capacity, password })
        }).collect();
        let keys = keys.into_iter().map(|(name, (hash, roles))| (name, ApiKey { hash, roles, units: vec![unit.clone()] })).collect();
        Center { version: 0, units, services, queues, agents, hours, keys }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn an_export_parses_to_the_same(center in center()) {
        let text = export(&center);
        let again = good(&text);
        prop_assert_eq!(&again, &center);
        prop_assert_eq!(export(&again), text);
        prop_assert!(diff(&center, &again).is_empty());
    }

    #[test]
    fn a_difference_is_told_exactly_when_there_is_one(one in center(), two in center()) {
        prop_assert_eq!(diff(&one, &two).is_empty(), one == two);
    }
}

#[test]
fn differences_in_words_and_no_secret_among_them() {
    let old = good(
        "[unit.shop]\ntitle = \"Shop\"\n[queue.web]\nunit = \"shop\"\nlimit = 5\n[agent.ann]\nnick = \"Ann\"\nunits = [\"shop\"]\n\
         roles = [\"agent\"]\npassword_hash = \"$argon2id$v=19$m=1$c2FsdA$b25l\"\n",
    );
    let new = good(
        "[unit.shop]\ntitle = \"Shop\"\n[queue.mail]\nunit = \"shop\"\n[queue.web]\nunit = \"shop\"\nlimit = 6\n[agent.ann]\n\
         nick = \"Ann\"\nunits = [\"shop\"]\nroles = [\"agent\", \"admin\"]\npassword_hash = \"$argon2id$v=19$m=1$c2FsdA$dHdv\"\n",
    );
    let told = |old, new| diff(old, new).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        told(&old, &new),
        [
            "+ queue.mail",
            "~ queue.web.limit: 5 -> 6",
            "~ agent.ann.roles: [\"agent\"] -> [\"agent\", \"admin\"]",
            "~ agent.ann.password_hash: changed (not shown)",
        ]
    );
    assert_eq!(told(&new, &old)[0], "- queue.mail");
}

#[test]
fn durations_have_a_shortest_form() {
    let text = |timeout| {
        format!("[unit.u]\ntitle = \"U\"\n[queue.q]\nunit = \"u\"\noffer_timeout = \"{timeout}\"\n")
    };
    for (written, exported) in
        [("90s", "90s"), ("1h", "1h"), ("1m30s", "90s"), ("1500ms", "1500ms"), ("0h5m", "5m")]
    {
        let center = good(&text(written));
        assert!(export(&center).contains(&format!("offer_timeout = \"{exported}\"")), "{written}");
    }
    for wrong in ["", "5", "5 m", "m", "-5m", "5w", "99999999999999999999d", "2h"] {
        assert!(super::mistakes(&text(wrong)).contains("offer_timeout"), "{wrong}");
    }
}
