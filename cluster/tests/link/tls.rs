//! Mutual TLS under the hello.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use holdfast_cluster::link::{DialError, Dialer, DialerTls, HelloError, Lane, PipeLane, Pushed, TlsFault};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::support::{
    COUNT, ECHO, HANG, Node, PATIENCE, WHO, calls_through, dialer, soon, tls_dialer, to, until,
};
use super::watched::Watched;

/// The name that every node's certificate is issued for.
const NAME: &str = "peer.holdfast";

/// An authority, and what it issues.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    roots: Arc<RootCertStore>,
}

type Issued = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(params.self_signed(&key).unwrap().der().clone()).unwrap();
        Self { issuer: Issuer::new(params, key), roots: Arc::new(roots) }
    }

    fn issue(&self) -> Issued {
        self.issue_until(CertificateParams::default().not_after)
    }

    fn issue_until(&self, end: time::OffsetDateTime) -> Issued {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        params.not_after = end;
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    /// A port that asks for the client's certificate.
    pub fn inward(&self) -> Arc<ServerConfig> {
        self.inward_with(self.issue())
    }

    fn inward_with(&self, (chain, key): Issued) -> Arc<ServerConfig> {
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&self.roots), Arc::clone(&provider));
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_client_cert_verifier(verifier.build().unwrap());
        Arc::new(config.with_single_cert(chain, key).unwrap())
    }

    /// A dialer that believes `self`, with a certificate of `own`.
    fn outward_of(&self, own: Option<&Self>) -> Arc<DialerTls> {
        self.outward_with(own.map(Self::issue), Some(NAME))
    }

    /// A dialer that believes `self` and looks for this name, or for the address.
    fn outward_with(&self, own: Option<Issued>, name: Option<&'static str>) -> Arc<DialerTls> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(Arc::clone(&self.roots));
        let config = match own {
            Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
            None => config.with_no_client_auth(),
        };
        DialerTls::new(Arc::new(config), name.map(|name| name.try_into().unwrap()))
    }

    pub fn outward(&self) -> Arc<DialerTls> {
        self.outward_of(Some(self))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_streams_and_pipes_pass_through_mutual_tls() {
    let authority = Authority::new();
    let b = Node::start_tls("b", authority.inward()).await;
    let dialer = tls_dialer("a", "secret", authority.outward());
    let calls = calls_through(&dialer, &b).await;
    assert_eq!(calls.call(WHO, Bytes::new(), PATIENCE).await, Ok("a#0".into()));
    let large = Bytes::from(vec![3; 700_000]);
    assert_eq!(calls.call(ECHO, large.clone(), PATIENCE).await, Ok(large));
    let ask: Bytes = [1000_u32.to_be_bytes(), 500_u32.to_be_bytes()].concat().into();
    let items: Vec<Bytes> = soon(calls.open(COUNT, ask).unwrap().into_stream().collect()).await;
    assert_eq!(items.len(), 1000);
    let mut pipe = dialer.pipe(&b.addr.to_string(), to("b"), PipeLane::Append).await.unwrap();
    pipe.send("x".into()).await.unwrap();
    assert_eq!(soon(pipe.recv()).await.unwrap(), "Append x");
    let mut quiet = calls.open(HANG, Bytes::from(vec![0; 8])).unwrap();
    assert_eq!(soon(quiet.recv()).await, Pushed::End(u16::MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_asked_for_under_tls_too() {
    let authority = Authority::new();
    let b = Node::start_tls("b", authority.inward()).await;
    let dialer = tls_dialer("a", "guess", authority.outward());
    let dialed = dialer.dial(&b.addr.to_string(), to("b"), Lane::Calls).await;
    assert!(matches!(dialed, Err(DialError::Hello(HelloError::Secret))), "{dialed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_certificate_of_the_authority_is_not_let_in() {
    let (authority, other) = (Authority::new(), Authority::new());
    let b = Node::start_tls("b", authority.inward()).await;
    let addr = b.addr.to_string();
    let old = authority.issue_until(time::OffsetDateTime::now_utc() - time::Duration::days(1));
    for own in [None, Some(other.issue()), Some(old)] {
        let dialer = tls_dialer("a", "secret", authority.outward_with(own, Some(NAME)));
        assert!(matches!(fault(&dialer, &addr).await, TlsFault::Refused(_)));
    }
    // And a server of another authority is not believed.
    let dialer = tls_dialer("a", "secret", other.outward_of(Some(&authority)));
    assert_eq!(fault(&dialer, &addr).await, TlsFault::Issuer);
    until("all are counted", || b.figures().refused_tls == 4).await;
    assert_eq!(b.figures().welcomed, 0);
}

/// What TLS says of an attempt that must fail.
async fn fault(dialer: &Dialer, addr: &str) -> TlsFault {
    match soon(dialer.dial(addr, to("b"), Lane::Calls)).await {
        Err(DialError::Hello(HelloError::Tls(fault))) => fault,
        other => panic!("not a fault of TLS: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_s_certificate_must_be_good_now_and_for_its_host() {
    let authority = Authority::new();
    let old = authority.issue_until(time::OffsetDateTime::now_utc() - time::Duration::days(1));
    let b = Node::start_tls("b", authority.inward_with(old)).await;
    let dialer = tls_dialer("a", "secret", authority.outward());
    assert_eq!(fault(&dialer, &b.addr.to_string()).await, TlsFault::Expired);
    let b = Node::start_tls("b", authority.inward()).await;
    let by_address = authority.outward_with(Some(authority.issue()), None);
    let dialer = tls_dialer("a", "secret", by_address);
    assert_eq!(fault(&dialer, &b.addr.to_string()).await, TlsFault::Name);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_says_why_it_waits() {
    let (authority, other) = (Authority::new(), Authority::new());
    let b = Node::start_tls("b", authority.inward()).await;
    let dialer = tls_dialer("a", "secret", other.outward());
    assert_eq!(fault(&dialer, &b.addr.to_string()).await, TlsFault::Issuer);
    let again = dialer.dial(&b.addr.to_string(), to("b"), Lane::Beats).await.unwrap_err();
    assert!(matches!(again, DialError::HeldBack { .. }), "{again:?}");
    assert!(again.to_string().contains("no authority in this node's tls_ca"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_and_tls_do_not_mix() {
    let authority = Authority::new();
    let b = Node::start_tls("b", authority.inward()).await;
    assert_eq!(fault(&dialer("a"), &b.addr.to_string()).await, TlsFault::Wanted);
    until("the port knows why, too", || b.figures().refused_tls == 1).await;
    let c = Node::start("c").await;
    let dialer = tls_dialer("a", "secret", authority.outward());
    assert_eq!(fault(&dialer, &c.addr.to_string()).await, TlsFault::Plain);
    until("the other side knows why, too", || c.figures().refused_tls == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_replaced_while_links_go_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let b = Node::start_tls("b", old.inward()).await;
    let addr = b.addr.to_string();
    let outward = old.outward();
    let dialer = tls_dialer("a", "secret", Arc::clone(&outward));
    let before = calls_through(&dialer, &b).await;
    b.port.replace_tls(new.inward());
    assert_eq!(fault(&dialer, &addr).await, TlsFault::Issuer);
    dialer.release(&addr, &to("b"), Lane::Calls);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let (chain, key) = new.issue();
    let config = config.with_root_certificates(Arc::clone(&new.roots)).with_client_auth_cert(chain, key);
    outward.replace(Arc::new(config.unwrap()));
    let after = calls_through(&dialer, &b).await;
    for calls in [before, after] {
        assert_eq!(calls.call(ECHO, "on".into(), PATIENCE).await, Ok("on".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_move_to_the_detector_s_thread_under_tls() {
    let authority = Authority::new();
    let tls = || Some((authority.inward(), authority.outward()));
    let (a, b) = (Watched::start_with("a", 1, tls()).await, Watched::start_with("b", 2, tls()).await);
    a.know(&[b.peer()]);
    b.know(&[a.peer()]);
    a.hear(20).await;
    b.hear(20).await;
    assert!(a.suspects_nobody() && b.suspects_nobody());
    assert!(soon(a.links.connected("b")).await);
    b.die().await;
    until("it is suspected", || a.suspects(2).is_some()).await;
}
