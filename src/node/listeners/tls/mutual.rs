//! Mutual TLS between nodes: one certificate for both directions, and the authorities whose certificates the other side must
//! show. Connections that are there go on when the files change; the next ones use what is new. Never prints a key.

use std::sync::Arc;
use std::time::SystemTime;

use holdfast_cluster::link::{DialerTls, Port};
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::super::super::config::PeerTls;
use super::{Renew, TlsError, certificates, changed_at, pair, problem};

/// When the files were changed last: certificate, key, authorities.
type Changed = [Option<SystemTime>; 3];

/// Both directions of one node.
#[derive(Debug)]
pub struct Mutual {
    files: PeerTls,
    seen: Mutex<Changed>,
    /// For whoever connects to this node.
    inward: Mutex<Arc<ServerConfig>>,
    /// For connections to other nodes.
    outward: Arc<DialerTls>,
    /// What serves, once something does.
    port: Mutex<Option<Arc<Port>>>,
}

impl Mutual {
    /// Reads the files.
    pub fn open(files: PeerTls) -> Result<Self, TlsError> {
        let seen = Mutex::new(changed(&files));
        let (inward, outward) = read(&files)?;
        let name = files.name.clone().map(ServerName::try_from).transpose();
        let name = name.map_err(|error| TlsError::Name(error.to_string()))?;
        let outward = DialerTls::new(outward, name);
        Ok(Self { files, seen, inward: Mutex::new(inward), outward, port: Mutex::default() })
    }

    /// For a port, as it is now.
    pub fn inward(&self) -> Arc<ServerConfig> {
        self.inward.lock().clone()
    }

    /// For a dialer; follows the files.
    pub fn outward(&self) -> Arc<DialerTls> {
        self.outward.clone()
    }

    /// The port that follows the files from now on.
    pub fn serves(&self, port: Arc<Port>) {
        port.replace_tls(self.inward());
        *self.port.lock() = Some(port);
    }
}

impl Renew for Mutual {
    fn reload(&self) -> Result<bool, TlsError> {
        let now = changed(&self.files);
        if *self.seen.lock() == now {
            return Ok(false);
        }
        let (inward, outward) = read(&self.files)?;
        *self.inward.lock() = inward.clone();
        self.outward.replace(outward);
        if let Some(port) = &*self.port.lock() {
            port.replace_tls(inward);
        }
        *self.seen.lock() = now;
        Ok(true)
    }
}

fn changed(files: &PeerTls) -> Changed {
    [&files.certificate, &files.key, &files.ca].map(|file| changed_at(file))
}

fn read(files: &PeerTls) -> Result<(Arc<ServerConfig>, Arc<ClientConfig>), TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for authority in certificates(&files.ca)? {
        roots.add(authority).map_err(|error| problem(&files.ca, &error))?;
    }
    let roots = Arc::new(roots);
    let (chain, key) = pair(&files.certificate, &files.key)?;
    let theirs = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let theirs = theirs.build().map_err(|error| problem(&files.ca, &error))?;
    let inward =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let inward = inward.with_client_cert_verifier(theirs).with_single_cert(chain.clone(), key.clone_key())?;
    let outward = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let outward = outward.with_root_certificates(roots).with_client_auth_cert(chain, key)?;
    Ok((Arc::new(inward), Arc::new(outward)))
}
