//! The certificate of a cluster that speaks TLS: made for it, trusted by nobody else. Never leaves the build folder.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::settings::Place;

/// Its password protects nothing: who can read the file can read this.
const PASSWORD: &str = "holdfast-dev";

/// The certificate that clients have to trust, PEM.
pub fn certificate(place: Place) -> PathBuf {
    place.folder().join("tls").join("ca.pem")
}

fn keystore(place: Place) -> PathBuf {
    place.folder().join("tls").join("server.p12")
}

/// Makes key and certificate for all addresses of the place, unless they are there.
pub fn ensure(place: Place) -> anyhow::Result<()> {
    if certificate(place).is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(place.folder().join("tls"))?;
    let addresses: Vec<String> = (1..=3).map(|node| format!("ip:{}", place.ip(node))).collect();
    let san = format!("san=dns:localhost,{}", addresses.join(","));
    let mut make = keytool(place);
    make.args(["-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "365"]);
    run(make.args(["-dname", "CN=holdfast-dev", "-ext", &san]))?;
    run(keytool(place).args(["-exportcert", "-rfc", "-file"]).arg(certificate(place)))
}

fn keytool(place: Place) -> Command {
    let beside = super::artifacts::java().map(|java| java.with_file_name("keytool"));
    let mut keytool = Command::new(beside.filter(|tool| tool.is_file()).unwrap_or_else(|| "keytool".into()));
    keytool.args(["-storetype", "PKCS12", "-storepass", PASSWORD, "-alias", "server", "-keystore"]);
    keytool.arg(keystore(place));
    keytool
}

fn run(keytool: &mut Command) -> anyhow::Result<()> {
    let said = keytool.stdin(Stdio::null()).output().context("keytool cannot be run")?;
    ensure!(said.status.success(), "keytool failed: {}", String::from_utf8_lossy(&said.stdout));
    Ok(())
}

/// The part of `cassandra.yaml`.
pub fn yaml(place: Place) -> String {
    let keystore = std::path::absolute(keystore(place)).unwrap_or_else(|_| keystore(place));
    format!(
        "client_encryption_options:\n  enabled: true\n  optional: false\n  keystore: \"{}\"\n  keystore_password: \
         {PASSWORD}\n  store_type: PKCS12\n",
        keystore.display()
    )
}
