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
