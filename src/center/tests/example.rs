//! The example that people start from: it parses, and its demo passwords are the ones it names.

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;

use super::good;

const EXAMPLE: &str = include_str!("../../../config/center.example.toml");

#[test]
fn the_example_parses() {
    let center = good(EXAMPLE);
    assert_eq!((center.units.len(), center.services.len(), center.agents.len()), (2, 2, 3));
    assert!(center.hours.contains_key("office"));
}

#[test]
fn the_demo_password_of_every_agent_is_the_one_the_example_names() {
    let center = good(EXAMPLE);
    for (id, agent) in &center.agents {
        let hash = PasswordHash::new(&agent.password).expect("a hash in PHC form");
        let verified = argon2::Argon2::default().verify_password(b"holdfast-demo", &hash);
        assert!(verified.is_ok(), "the demo password of {} does not fit", id.0);
    }
}
