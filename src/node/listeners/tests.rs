//! A listener over real sockets: its bound, its answer past it, and its drain.

use std::io;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::node::config::Listen;
use crate::runtime::Real;

fn open(connections: usize) -> Listener {
    let mut door = Listen::default().public;
    door.address.set_port(0);
    door.connections = connections;
    Listener::bind("public", &door).expect("it opens")
}

fn serve(listener: Listener) -> (SocketAddr, Closing, tokio::sync::oneshot::Receiver<()>) {
    let (address, closing) = (listener.address(), Closing::default());
    let runtime = Real::start();
    let app = App::Http(Router::new().route("/", get(|| async { "hello" })));
    let (ended, end) = tokio::sync::oneshot::channel();
    let serving = listener.serve(app, Arc::clone(&runtime), closing.clone());
    runtime.spawn(Box::pin(async move {
        serving.await;
        let _ = ended.send(());
    }));
    (address, closing, end)
}

/// Asks for the page and answers the first line; an error when the connection is cut.
async fn ask(stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await?;
    let mut buffer = vec![0; 4096];
    let read = stream.read(&mut buffer).await?;
    let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn past_its_bound_a_connection_is_told_so_and_a_place_comes_back() {
    let (address, closing, end) = serve(open(1));
    let mut first = TcpStream::connect(address).await.expect("connected");
    assert_eq!(ask(&mut first).await.expect("answered"), "HTTP/1.1 200 OK");
    let mut second = TcpStream::connect(address).await.expect("connected");
    let mut answer = String::new();
    let _ = second.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{answer}");
    drop(first);
    // The place is free once the server has seen the end of the first connection.
    loop {
        let mut third = TcpStream::connect(address).await.expect("connected");
        if ask(&mut third).await.is_ok_and(|line| line == "HTTP/1.1 200 OK") {
            break;
        }
    }
    closing.gently.cancel();
    end.await.expect("it ends");
}

#[tokio::test]
async fn a_gentle_close_ends_idle_connections_and_frees_the_address() {
    let (address, closing, end) = serve(open(10));
    let mut idle = TcpStream::connect(address).await.expect("connected");
    assert_eq!(ask(&mut idle).await.expect("answered"), "HTTP/1.1 200 OK");
    closing.gently.cancel();
    end.await.expect("it ends");
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.expect("a clean end");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let first = open(1);
    let mut door = Listen::default().public;
    door.address = first.address();
    let error = Listener::bind("public", &door).err().expect("taken").to_string();
    assert!(error.starts_with("listen.public.address: cannot listen on 127.0.0.1:"), "{error}");
}

/// Writes a fresh self-signed pair over the two files and answers the certificate.
fn certify(directory: &std::path::Path) -> rustls::pki_types::CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(directory.join("chain.pem"), made.cert.pem()).expect("written");
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    made.cert.der().clone()
}

/// Whether a client that trusts only this certificate gets an answer.
async fn trusts(address: SocketAddr, certificate: &rustls::pki_types::CertificateDer<'static>) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).expect("a root");
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await.expect("connected");
    let Ok(mut stream) = connector.connect("localhost".try_into().expect("a name"), stream).await else {
        return false;
    };
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer.starts_with("HTTP/1.1 200 OK")
}

#[tokio::test]
async fn a_certificate_is_swapped_while_running_and_a_bad_one_is_not() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let directory = tempfile::tempdir().expect("a directory");
    let first = certify(directory.path());
    let mut door = Listen::default().staff;
    door.address.set_port(0);
    door.tls_certificate = Some(directory.path().join("chain.pem"));
    door.tls_key = Some(directory.path().join("key.pem"));
    let listener = Listener::bind("staff", &door).expect("it opens");
    let tls = listener.tls().expect("TLS is on");
    let (address, closing, end) = serve(listener);
    assert!(trusts(address, &first).await);
    assert!(!tls.reload().expect("nothing changed"));

    let second = certify(directory.path());
    assert!(tls.reload().expect("a good pair"));
    assert!(trusts(address, &second).await && !trusts(address, &first).await);

    std::fs::write(directory.path().join("key.pem"), "no key at all").expect("written");
    let error = tls.reload().expect_err("a bad pair").to_string();
    assert!(error.contains("key.pem"), "{error}");
    assert!(trusts(address, &second).await);
    closing.gently.cancel();
    end.await.expect("it ends");
}
