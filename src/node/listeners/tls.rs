//! Certificates that can be swapped while running: the files are read again when they change, and a pair that does not
//! work leaves the old one in force. Never prints a key.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or holds no PEM.
    #[error("{file}: {problem}")]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The two do not fit together.
    #[error("certificate and key do not work together: {0}")]
    Pair(#[from] rustls::Error),
}

/// When the two files were changed last.
type Changed = (Option<SystemTime>, Option<SystemTime>);

/// TLS of one listener.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: ArcSwap<ServerConfig>,
    seen: Mutex<Changed>,
}

impl Tls {
    /// Reads both files.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let seen = changed(certificate, key);
        let config = ArcSwap::from(read(certificate, key)?);
        Ok(Self { certificate: certificate.into(), key: key.into(), config, seen: Mutex::new(seen) })
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }

    /// Reads the files again if they changed; `true` when a new pair is in force.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let now = changed(&self.certificate, &self.key);
        if *self.seen.lock() == now {
            return Ok(false);
        }
        self.config.store(read(&self.certificate, &self.key)?);
        *self.seen.lock() = now;
        Ok(true)
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    let of = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    (of(certificate), of(key))
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let problem = |file: &Path, problem: &dyn std::fmt::Display| TlsError::File {
        file: file.into(),
        problem: problem.to_string(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| problem(certificate, &error))?;
    if chain.is_empty() {
        return Err(problem(certificate, &"holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| problem(key, &error))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
