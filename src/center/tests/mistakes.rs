//! Every mistake is named with file, line, key and what is allowed.

use super::*;
use crate::limits;

#[test]
fn a_file_that_is_not_toml() {
    let found = mistakes("[unit.shop]\ntitle = \"Shop\n");
    assert!(found.starts_with("c.toml:2: this is not TOML: "), "{found}");
}

#[test]
fn an_unknown_key_and_the_nearest_allowed_one() {
    let text = "[unit.shop]\ntitle = \"Shop\"\n[queue.shop]\nunit = \"shop\"\nlimt = 5\n[servise.x]\n";
    assert_eq!(
        mistakes(text),
        "c.toml:5: queue.shop.limt: unknown key; did you mean `limit`? Allowed: limit, offer_timeout, priority, unit\n\
         c.toml:6: servise: unknown key; did you mean `service`? Allowed: agent, hours, key, queue, service, unit"
    );
}

#[test]
fn a_name_that_points_nowhere() {
    let text = "[unit.shop]\ntitle = \"Shop\"\n\n[service.web]\nunit = \"shpo\"\nqueue = \"web\"\n";
    assert_eq!(
        mistakes(text),
        "c.toml:5: service.web.unit: there is no unit `shpo`; did you mean `shop`? (defined: shop)\n\
         c.toml:6: service.web.queue: there is no queue `web` (none are defined; add a [queue.web] table)"
    );
}

#[test]
fn missing_wrong_and_impossible_values() {
    let text = "
[queue.q]
offer_timeout = \"30 seconds\"
limit = 0
priority = \"high\"
unit = 3

[hours.office]
zone = \"Europe/Berlim\"
open = [\"mon-fri 9-17\", 5]
closed = [2026-12-25, \"2026-02-30\"]

[service.s.timers]
absent_after = \"5m\"
leave_after = \"1m\"
[service.s.limits]
burst = 1000001
";
    assert_eq!(
        mistakes(text),
        "c.toml:3: queue.q.offer_timeout: wants a duration from 1s to 1h, such as \"30s\", \"5m\", \"24h\" or \"1h30m\"\n\
         c.toml:4: queue.q.limit: wants a whole number from 1 to 100000\n\
         c.toml:5: queue.q.priority: wants a whole number from -1000000 to 1000000\n\
         c.toml:6: queue.q.unit: wants a text in quotes, not an integer\n\
         c.toml:9: hours.office.zone: wants an IANA time zone such as \"Europe/Berlin\" or \"UTC\"\n\
         c.toml:10: hours.office.open: wants texts in the list, not an integer\n\
         c.toml:10: hours.office.open: wants ranges such as \"mon-fri 09:00-17:30\"\n\
         c.toml:11: hours.office.closed: wants dates such as \"2026-12-25\"\n\
         c.toml:13: service.s.unit: is missing\n\
         c.toml:13: service.s.queue: is missing\n\
         c.toml:15: service.s.timers.leave_after: wants to be longer than absent_after\n\
         c.toml:17: service.s.limits.burst: wants a whole number from 0 to 1000000"
    );
}

#[test]
fn an_agent_with_everything_wrong_and_no_secret_repeated() {
    let text = "[agent.ann]\nnick = \"\"\nroles = [\"agnet\"]\npassword_hash = \"hunter2\"\npassword = \"hunter2\"\n";
    let found = mistakes(text);
    assert!(!found.contains("hunter2"));
    assert_eq!(
        found,
        "c.toml:1: agent.ann.units: wants at least one unit; the first is their home\n\
         c.toml:2: agent.ann.nick: wants 1 to 128 bytes of text\n\
         c.toml:3: agent.ann.roles: allows only agent, supervisor, admin; did you mean `agent`?\n\
         c.toml:3: agent.ann.roles: wants at least one of agent, supervisor, admin\n\
         c.toml:4: agent.ann.password_hash: wants an argon2id hash in PHC form, `$argon2id$v=19$m=…`, never a password; make one with `holdfast hash-password`\n\
         c.toml:5: agent.ann.password: unknown key. Allowed: capacity, nick, password_hash, queues, roles, units"
    );
}

#[test]
fn names_have_one_form() {
    let found = mistakes("[unit.\"Shop 1\"]\ntitle = \"x\"\n[agent.\"Ann\"]\nnick = \"x\"\n");
    assert_eq!(
        found,
        "c.toml:1: unit.Shop 1: wants a name of 1 to 64 characters a-z, 0-9, -\n\
         c.toml:3: agent.Ann: wants a name of 1 to 64 characters a-z, 0-9, - and . _ @"
    );
}

#[test]
fn several_files_are_one_configuration_and_nothing_is_defined_twice() {
    let one = Source { name: "units.toml", text: "[unit.shop]\ntitle = \"Shop\"\n" };
    let two = Source { name: "queues.toml", text: "[queue.web]\nunit = \"shop\"\n" };
    let center = parse(&[one, two]).unwrap();
    assert_eq!(center.queues["web"].unit, "shop");
    let again = Source { name: "more.toml", text: "\n[unit.shop]\ntitle = \"Shop\"\n" };
    let found = parse(&[one, again]).unwrap_err();
    assert_eq!(found[0].to_string(), "more.toml:2: unit.shop: is defined already in units.toml line 1");
}

#[test]
fn the_number_of_mistakes_shown_is_bounded() {
    let text = "x1 = 1\n".to_owned() + &(2..500).map(|n| format!("x{n} = 1\n")).collect::<String>();
    let found = parse(&[Source { name: "c.toml", text: &text }]).unwrap_err();
    assert_eq!(found.len(), limits::PROBLEMS_MAX);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "([a-z.\\[\\]= \"0-9\n]|unit|queue|agent|hours|\\[unit.a\\]\n|\\[hours.b\\]\nopen=){0,60}") {
        let _ = parse(&[Source { name: "c.toml", text: &text }]);
    }
}
