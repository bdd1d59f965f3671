//! The same through the peer port: hello, frames, call numbers, handler tasks.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use holdfast_cluster::link::{
    Addressee, Calls, Dialer, DialerTls, Handler, Identity, Lane, LinkCounters, PeerId, Port, Push, Refused,
    Services,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::certificates::Authority;
use crate::{BODY, Run, WARM};

struct Echo;

impl Handler for Echo {
    fn call(&self, _from: PeerId, _method: u16, body: Bytes) -> BoxFuture<'_, Result<Bytes, Refused>> {
        Box::pin(std::future::ready(Ok(body)))
    }

    fn stream(&self, _from: PeerId, _method: u16, _body: Bytes, _push: Push) -> BoxFuture<'_, u16> {
        Box::pin(std::future::ready(0))
    }
}

/// Makes `requests` calls with so many in flight.
pub async fn measure(tls: Option<&Authority>, in_flight: usize, requests: usize) -> Run {
    let counters = Arc::<LinkCounters>::default();
    let identity = |name| Identity::new("bench", name, b"secret").unwrap();
    let services = Services { calls: Some(Arc::new(Echo)), ..Services::default() };
    let port = Port::new(identity("b"), services, tls.map(Authority::inward), Arc::clone(&counters));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    port.serve(listener);
    let outward = tls.map(|authority| DialerTls::new(authority.outward(), Some(Authority::name())));
    let dialer = Dialer::new(identity("a"), outward, Arc::clone(&counters));
    let connection = dialer.dial(&addr, Addressee::Node("b".to_owned()), Lane::Calls).await.unwrap();
    let calls = Calls::start(connection, &counters).unwrap();
    ask(&calls, in_flight, WARM).await;
    let began = Instant::now();
    let each = ask(&calls, in_flight, requests).await;
    let run = Run::new(began.elapsed(), each);
    port.stop().await;
    run
}

async fn ask(calls: &Calls, in_flight: usize, requests: usize) -> Vec<Duration> {
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        callers.spawn(caller(calls.clone(), requests / in_flight));
    }
    callers.join_all().await.concat()
}

async fn caller(calls: Calls, requests: usize) -> Vec<Duration> {
    let body = Bytes::from_static(&[7; BODY]);
    let mut each = Vec::with_capacity(requests);
    for _ in 0..requests {
        let began = Instant::now();
        calls.call(1, body.clone(), Duration::from_secs(10)).await.unwrap();
        each.push(began.elapsed());
    }
    each
}
