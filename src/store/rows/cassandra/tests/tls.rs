//! Whom a connection trusts, by handshakes with a server at an address, as the driver makes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::super::connect::tls::config;
use super::super::options::Tls;

/// The files of a certificate that signs itself.
struct Signed {
    chain: PathBuf,
    key: PathBuf,
}

fn signed(directory: &Path, file: &str, name: &str) -> Signed {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
    let (chain, key) = (directory.join(format!("{file}.pem")), directory.join(format!("{file}.key")));
    std::fs::write(&chain, made.cert.pem()).expect("written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
    Signed { chain, key }
}

fn read(pair: &Signed) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let chain = CertificateDer::from_pem_file(&pair.chain).expect("a certificate");
    (chain, PrivateKeyDer::from_pem_file(&pair.key).expect("a key"))
}

fn server(own: &Signed, clients: Option<&Signed>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(read(clients).0).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let (chain, key) = read(own);
    builder.with_single_cert(vec![chain], key).expect("a pair")
}

/// Whether both sides come to terms; the client knows the server by its address only.
async fn agree(server: ServerConfig, tls: &Tls) -> bool {
    let (near, far) = tokio::io::duplex(64 << 10);
    let connector = TlsConnector::from(config(tls).expect("the files are good"));
    let name = ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into());
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let (client, server) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
    client.is_ok() && server.is_ok()
}

#[tokio::test]
async fn who_is_trusted() {
    let directory = tempfile::tempdir().expect("a directory");
    let by_address = signed(directory.path(), "address", "127.0.0.1");
    let by_name = signed(directory.path(), "name", "cassandra-1.example");
    let us = signed(directory.path(), "us", "holdfast");
    let trust = |ca: &Signed, any_name| Tls { ca: ca.chain.clone(), identity: None, any_name };
    assert!(agree(server(&by_address, None), &trust(&by_address, false)).await, "signed, and its address");
    assert!(!agree(server(&by_name, None), &trust(&by_name, false)).await, "signed, and another name");
    assert!(agree(server(&by_name, None), &trust(&by_name, true)).await, "any name will do");
    assert!(!agree(server(&by_name, None), &trust(&by_address, true)).await, "but not any signature");
    assert!(!agree(server(&by_address, None), &trust(&by_name, false)).await, "nor its address alone");

    let asks = || server(&by_address, Some(&us));
    assert!(!agree(asks(), &trust(&by_address, false)).await, "a server that asks who we are");
    let known = Tls { identity: Some((us.chain.clone(), us.key.clone())), ..trust(&by_address, false) };
    assert!(agree(asks(), &known).await, "and is told");
}

/// An unusable file is named.
#[test]
fn files_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = directory.path().join("missing.pem");
    let error = config(&Tls { ca: missing, ..Tls::default() }).expect_err("no such file").to_string();
    assert!(error.contains("missing.pem"), "{error}");
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").expect("written");
    let error = config(&Tls { ca: empty, ..Tls::default() }).expect_err("nothing in it").to_string();
    assert!(error.contains("empty.pem") && error.contains("no certificate"), "{error}");
}
