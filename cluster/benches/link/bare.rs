//! The floor: one connection, fixed-size messages, an echo that never looks at them.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, BufWriter};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::certificates::Authority;
use crate::{BODY, Run, WARM};

/// Echoes `requests` messages with so many in flight.
pub async fn measure(tls: Option<&Authority>, in_flight: usize, requests: usize) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let acceptor = tls.map(|authority| TlsAcceptor::from(authority.inward()));
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        match acceptor {
            Some(acceptor) => echo(acceptor.accept(socket).await.unwrap()).await,
            None => echo(socket).await,
        }
    });
    let socket = TcpStream::connect(addr).await.unwrap();
    socket.set_nodelay(true).unwrap();
    // A task of its own, as the calls have.
    let mut client = JoinSet::new();
    match tls {
        Some(authority) => {
            let connector = TlsConnector::from(authority.outward());
            let stream = connector.connect(Authority::name(), socket).await.unwrap();
            client.spawn(ask(stream, in_flight, requests));
        }
        None => {
            client.spawn(ask(socket, in_flight, requests));
        }
    }
    client.join_next().await.unwrap().unwrap()
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

async fn ask(stream: impl AsyncRead + AsyncWrite + Unpin, in_flight: usize, requests: usize) -> Run {
    let (reading, writing) = tokio::io::split(stream);
    let (mut reading, mut writing) = (BufReader::new(reading), BufWriter::new(writing));
    let (mut sent, mut each) = (VecDeque::new(), Vec::with_capacity(requests));
    let mut body = [7; BODY];
    let mut began = Instant::now();
    for _ in 0..in_flight {
        sent.push_back(Instant::now());
        writing.write_all(&body).await.unwrap();
    }
    for number in 0..requests + WARM {
        // Whatever was answered together is asked together again.
        if reading.buffer().is_empty() {
            writing.flush().await.unwrap();
        }
        reading.read_exact(&mut body).await.unwrap();
        let at = Instant::now();
        let took = at - sent.pop_front().unwrap();
        if number == WARM {
            began = at;
        }
        if number >= WARM {
            each.push(took);
        }
        sent.push_back(at);
        writing.write_all(&body).await.unwrap();
    }
    Run::new(began.elapsed(), each)
}
