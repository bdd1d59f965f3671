//! The files that a server reads, written from templates. Never touches its data.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cassandra::settings::{CommitLog, Place, Settings, Switch, write};
use crate::cassandra::{artifacts, tls};

const YAML: &str = include_str!("../templates/cassandra.yaml");
const LOGBACK: &str = include_str!("../templates/logback.xml");
const MODULES: &str = include_str!("../templates/modules.args");
const SERVER: &str = include_str!("../templates/server.args");
const NODETOOL: &str = include_str!("../templates/nodetool.args");

/// Writes all that node `node` reads; tells nothing of the folder's data.
pub fn write_all(place: Place, node: u8, settings: &Settings, library: &Path) -> anyhow::Result<()> {
    let folder = std::path::absolute(place.node(node))?;
    std::fs::create_dir_all(folder.join("tmp"))
        .with_context(|| format!("cannot create {}", folder.display()))?;
    write(&folder.join("cassandra.yaml"), &yaml(place, node, settings))?;
    write(&folder.join("logback.xml"), &logback("System.out", "INFO"))?;
    write(&folder.join("nodetool.xml"), &logback("System.err", "WARN"))?;
    let jars = artifacts::jars(library)?;
    let fill = |template: &str| {
        let filled = template
            .replace("%FOLDER%", &folder.to_string_lossy())
            .replace("%CLASSPATH%", &classpath(&jars))
            .replace("%JAMM%", &jamm(&jars))
            .replace("%JMX%", &place.jmx(node).port().to_string())
            .replace("%HEAP%", &settings.heap);
        format!("{MODULES}{filled}")
    };
    write(&folder.join("server.args"), &fill(SERVER))?;
    write(&folder.join("nodetool.args"), &fill(NODETOOL))
}

fn classpath(jars: &[PathBuf]) -> String {
    jars.iter().map(|jar| jar.to_string_lossy()).collect::<Vec<_>>().join(":")
}

/// The agent that measures objects; the server's figures of its memtables need it.
fn jamm(jars: &[PathBuf]) -> String {
    let named =
        |jar: &&PathBuf| jar.file_name().is_some_and(|name| name.to_string_lossy().starts_with("jamm-"));
    jars.iter().find(named).map_or(String::new(), |jar| jar.to_string_lossy().into_owned())
}

fn logback(target: &str, level: &str) -> String {
    LOGBACK.replace("%TARGET%", target).replace("%LEVEL%", level)
}

fn yaml(place: Place, node: u8, settings: &Settings) -> String {
    let seeds: Vec<String> = (1..=settings.nodes).map(|node| place.ip(node).to_string()).collect();
    YAML.replace("%FIRST%", &place.first.to_string())
        .replace("%TOKEN%", &token(node, settings.nodes).to_string())
        .replace("%ADDRESS%", &place.ip(node).to_string())
        .replace("%SEEDS%", &seeds.join(","))
        .replace("%HINTS%", if settings.hints == Switch::On { "true" } else { "false" })
        .replace(
            "%AUTHENTICATOR%",
            if settings.auth { "PasswordAuthenticator" } else { "AllowAllAuthenticator" },
        )
        .replace("%COMMITLOG%", commitlog(settings.commitlog))
        .replace("%TLS%", &if settings.tls { tls::yaml(place) } else { String::new() })
}

fn commitlog(mode: CommitLog) -> &'static str {
    match mode {
        CommitLog::Periodic => "commitlog_sync: periodic\ncommitlog_sync_period: 10s",
        CommitLog::Group => "commitlog_sync: group\ncommitlog_sync_group_window: 10ms",
    }
}

/// Tokens share the ring evenly.
fn token(node: u8, nodes: u8) -> i128 {
    let ring = 1_i128 << 64;
    i128::from(i64::MIN) + i128::from(node - 1) * (ring / i128::from(nodes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cassandra::settings::Version;

    #[test]
    fn three_tokens_share_the_ring() {
        let tokens = [1, 2, 3].map(|node| token(node, 3));
        assert_eq!(tokens, [-9223372036854775808, -3074457345618258603, 3074457345618258602]);
        assert_eq!(token(1, 1), i128::from(i64::MIN));
    }

    #[test]
    fn no_placeholder_is_left() {
        for (auth, tls) in [(false, false), (true, true)] {
            let settings = Settings { auth, tls, ..Settings::of(3, Version::V5_0) };
            let text = yaml(Place { first: 4 }, 2, &settings);
            assert!(!text.contains('%'), "{text}");
            assert!(text.contains("listen_address: 127.0.0.5\n"), "{text}");
            assert!(text.contains("\"127.0.0.4,127.0.0.5,127.0.0.6\""), "{text}");
            assert_eq!(text.contains("PasswordAuthenticator"), auth);
            assert_eq!(text.contains("client_encryption_options"), tls);
        }
    }
}
