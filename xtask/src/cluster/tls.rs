//! Certificates of a cluster that speaks TLS between its nodes: an authority made for it, and one certificate for each
//! process, for the address of this machine. Never leaves the build folder, and never for real customers.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Where a process finds what it shows and whom it believes.
#[derive(Debug, Clone)]
pub struct Files {
    /// Its certificate.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// The authority.
    pub ca: PathBuf,
}

impl Files {
    fn of(folder: &Path, name: &str) -> Self {
        let file = |name: String| folder.join(name);
        Self {
            certificate: file(format!("{name}.pem")),
            key: file(format!("{name}.key")),
            ca: file("ca.pem".into()),
        }
    }

    /// What a process is told of them.
    pub fn variables(&self) -> [(&'static str, &Path); 3] {
        [
            ("HOLDFAST_LISTEN__PEER__TLS_CERTIFICATE", &self.certificate),
            ("HOLDFAST_LISTEN__PEER__TLS_KEY", &self.key),
            ("HOLDFAST_LISTEN__PEER__TLS_CA", &self.ca),
        ]
    }
}

/// The files of a process, made where they are missing.
pub fn ensure(folder: &Path, name: &str) -> anyhow::Result<Files> {
    std::fs::create_dir_all(folder)?;
    let (files, ca_key) = (Files::of(folder, name), folder.join("ca.key"));
    if !files.ca.is_file() {
        let key = KeyPair::generate()?;
        write(&ca_key, &key.serialize_pem())?;
        write(&files.ca, &authority()?.self_signed(&key)?.pem())?;
    }
    if !files.certificate.is_file() {
        let signs = std::fs::read_to_string(&ca_key).context("the key of the authority")?;
        let issuer = Issuer::new(authority()?, KeyPair::from_pem(&signs)?);
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        write(&files.key, &key.serialize_pem())?;
        write(&files.certificate, &params.signed_by(&key, &issuer)?.pem())?;
    }
    Ok(files)
}

fn authority() -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "holdfast xtask cluster");
    Ok(params)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let opened = std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(file);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = std::env::temp_dir().join(format!("holdfast-xtask-tls-{}", std::process::id()));
        let read = |file: &Path| std::fs::read_to_string(file).unwrap();
        let first = ensure(&folder, "n1").unwrap();
        let (ca, own) = (read(&first.ca), read(&first.certificate));
        let other = ensure(&folder, "n2").unwrap();
        assert_eq!(read(&ensure(&folder, "n1").unwrap().certificate), own);
        assert_eq!(read(&other.ca), ca);
        assert_ne!(read(&other.certificate), own);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
