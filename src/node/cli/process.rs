//! `config check`, `config keys` and `version`. Prints; never starts or changes anything.

use std::path::PathBuf;

use super::super::config::{KEYS, Sources, load};
use super::super::exit::Exit;
use super::center;

/// Checks everything and prints each finding on a line of its own.
pub fn check(config: Option<PathBuf>, files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut wrong = 0;
    if let Err(findings) = load(&Sources::of_process(config, super::super::config::Flags::new())) {
        wrong += findings.0.len();
        println!("{findings}");
    }
    if !files.is_empty() {
        match center::read(files) {
            Ok((center, _)) => println!(
                "contact center: {} services, {} queues, {} agents, {} keys",
                center.services.len(),
                center.queues.len(),
                center.agents.len(),
                center.keys.len()
            ),
            Err(findings) => {
                wrong += findings.len();
                println!("{}", findings.join("\n"));
            }
        }
    }
    match wrong {
        0 => println!("ok"),
        1 => println!("1 finding"),
        more => println!("{more} findings"),
    }
    Ok(if wrong == 0 { Exit::Stopped } else { Exit::Usage })
}

/// Prints the table of keys.
pub fn keys() -> anyhow::Result<Exit> {
    for key in &KEYS {
        println!("{} = {}", key.path, if key.default.is_empty() { "(none)" } else { key.default });
        println!("    {}\n    allowed: {}\n    variable: {}", key.help, key.allowed, key.variable());
    }
    Ok(Exit::Stopped)
}

/// Prints the version.
pub fn version() -> anyhow::Result<Exit> {
    println!("holdfast {} ({}-{})", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, std::env::consts::OS);
    Ok(Exit::Stopped)
}
