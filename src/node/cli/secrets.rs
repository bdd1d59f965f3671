//! `hash-password` and `hash-key`: secrets in, hashes out. A password is read without echo and never printed.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::bail;
use argon2::password_hash::PasswordHasher as _;
use aws_lc_rs::digest::{SHA256, digest};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::super::exit::Exit;
use super::Wrong;

/// Shortest password that is hashed, characters.
const SHORTEST: usize = 8;

/// Reads a password and prints its hash.
pub fn hash_password() -> anyhow::Result<Exit> {
    let password = read_password()?;
    if password.chars().count() < SHORTEST {
        bail!(Wrong(format!("a password has at least {SHORTEST} characters")));
    }
    println!("{}", hash(&password)?);
    Ok(Exit::Stopped)
}

/// The hash of a password as the contact center's configuration holds it: argon2id in PHC form.
pub fn hash(password: &str) -> anyhow::Result<String> {
    let hash = argon2::Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("the password cannot be hashed: {error}"))
}

/// Makes a key, prints it and its hash.
pub fn hash_key() -> anyhow::Result<Exit> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| anyhow::anyhow!("the system's random source does not answer"))?;
    let key = format!("hk_{}", hex(&random));
    eprintln!("The key, shown this once; give it to the program that will use it:");
    println!("{key}");
    eprintln!("Its hash, for the contact center's configuration:");
    println!("{}", hex(digest(&SHA256, key.as_bytes()).as_ref()));
    Ok(Exit::Stopped)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_password() -> anyhow::Result<String> {
    let input = std::io::stdin();
    let before = if input.is_terminal() { Some(tcgetattr(&input)?) } else { None };
    if let Some(before) = &before {
        eprint!("Password: ");
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Flush, &silent)?;
    }
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if let Some(before) = &before {
        eprintln!();
        tcsetattr(&input, OptionalActions::Flush, before)?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
