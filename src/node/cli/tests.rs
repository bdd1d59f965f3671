//! The command line as people meet it.

use clap::{CommandFactory as _, Parser as _};

use super::*;

#[test]
fn every_command_teaches() {
    let mut cli = Cli::command();
    cli.build();
    for command in cli.get_subcommands() {
        assert!(command.get_about().is_some(), "{} has no help", command.get_name());
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{} {} has no help",
                command.get_name(),
                argument.get_id()
            );
        }
    }
    cli.debug_assert();
}

#[test]
fn the_exit_codes_in_the_help_are_the_table() {
    for (_, code, words) in Exit::ALL {
        assert!(EXIT_CODES.contains(&format!("{code:>4}  {words}")), "{code} {words}");
    }
}

#[test]
fn apply_wants_files_or_a_version() {
    assert!(Cli::try_parse_from(["holdfast", "apply"]).is_err());
    assert!(Cli::try_parse_from(["holdfast", "apply", "--version", "3"]).is_ok());
    assert!(Cli::try_parse_from(["holdfast", "apply", "a.toml", "b.toml"]).is_ok());
    assert!(Cli::try_parse_from(["holdfast", "apply", "a.toml", "--version", "3"]).is_err());
}

#[test]
fn a_hash_verifies_its_password_and_no_other() {
    use argon2::password_hash::PasswordVerifier as _;
    let hash = secrets::hash("correct horse").expect("hashed");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let hash = argon2::password_hash::phc::PasswordHash::new(&hash).expect("PHC");
    assert!(argon2::Argon2::default().verify_password(b"correct horse", &hash).is_ok());
    assert!(argon2::Argon2::default().verify_password(b"battery staple", &hash).is_err());
}

#[test]
fn the_demo_center_holds_together() {
    let sources = [crate::center::Source { name: "demo.toml", text: demo::CENTER }];
    let center = crate::center::parse(&sources).expect("it parses");
    assert!(center.services.contains_key("support") && center.services.contains_key("sales"));
    let text = demo::greeting(&crate::node::addresses::Addresses {
        public: "http://p".into(),
        staff: "http://s".into(),
        ops: "http://o".into(),
        peer: "e".into(),
        pid: 1,
    });
    for agent in center.agents.keys() {
        assert!(text.contains(&agent.0), "{} is not in the greeting", agent.0);
    }
}
