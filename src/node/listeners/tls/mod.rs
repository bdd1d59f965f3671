//! Certificates that can be swapped while running: the files are read again when they change, and a pair that does not
//! work leaves the old one in force. [`Tls`] is that of a listener, [`Mutual`] that between nodes. Never prints a key.

mod mutual;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

pub use mutual::Mutual;

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
    /// What certificates of nodes shall be issued for is no name.
    #[error("tls_name: {0}")]
    Name(String),
}

/// What is read from files again when they change.
pub trait Renew: Send + Sync {
    /// Reads the files again if they changed; `true` when what is new is in force.
    fn reload(&self) -> Result<bool, TlsError>;
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
}

impl Renew for Tls {
    fn reload(&self) -> Result<bool, TlsError> {
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
    (changed_at(certificate), changed_at(key))
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let (chain, private) = pair(certificate, key)?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn problem(file: &Path, problem: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { file: file.into(), problem: problem.to_string() }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| problem(file, &error))?;
    if all.is_empty() { Err(problem(file, &"holds no certificate")) } else { Ok(all) }
}

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pair(certificate: &Path, key: &Path) -> Result<Pair, TlsError> {
    let chain = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| problem(key, &error))?;
    Ok((chain, private))
}
