//! The hello over an in-memory pipe: both sides prove, strangers learn nothing.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Hello;

const SECRET: &[u8] = b"the secret of the cluster, 32 long";

fn hello(secret: &[u8], node: &str) -> Hello {
    Hello::new(secret, "test", node)
}

#[tokio::test]
async fn both_sides_prove_the_secret() {
    let (mut client, mut server) = tokio::io::duplex(4096);
    let (one, two) = (hello(SECRET, "one"), hello(SECRET, "two"));
    let (asked, answered) = tokio::join!(one.ask(&mut client, [1; 32]), two.answer(&mut server, [2; 32]));
    assert_eq!(asked.expect("proved"), "test/two");
    answered.expect("proved");
}

#[tokio::test]
async fn a_stranger_gets_no_proof() {
    let (mut client, mut server) = tokio::io::duplex(4096);
    let (one, two) = (hello(b"another secret", "one"), hello(SECRET, "two"));
    let answer = async {
        let answered = two.answer(&mut server, [2; 32]).await;
        drop(server);
        answered
    };
    let (asked, answered) = tokio::join!(one.ask(&mut client, [1; 32]), answer);
    assert_eq!(answered.expect_err("refused").kind(), std::io::ErrorKind::PermissionDenied);
    assert_eq!(asked.expect_err("closed").kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_proof_sent_back_to_its_maker_is_refused() {
    // The impostor has no secret: it greets with its own nonce and returns the client's proof as if it were its own.
    let (mut client, mut impostor) = tokio::io::duplex(4096);
    let one = hello(SECRET, "one");
    let reflect = async {
        impostor.write_all(b"HFP1").await?;
        impostor.write_all(&[7; 32]).await?;
        let mut both = [0; 64];
        impostor.read_exact(&mut both).await?;
        impostor.write_all(&both[32..]).await?;
        impostor.write_all(b"\x04test").await
    };
    let (asked, reflected) = tokio::join!(one.ask(&mut client, [1; 32]), reflect);
    reflected.expect("it sent everything");
    assert_eq!(asked.expect_err("refused").kind(), std::io::ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn http_is_no_hello() {
    let (mut client, mut server) = tokio::io::duplex(4096);
    let two = hello(SECRET, "two");
    let ask = async {
        client
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nuser-agent: somebody who is curious\r\n\r\n")
            .await?;
        client.shutdown().await?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = async {
        let answered = two.answer(&mut server, [2; 32]).await;
        drop(server);
        answered
    };
    let (asked, answered) = tokio::join!(ask, answer);
    assert_eq!(asked.expect("read").len(), 36, "greeting and nonce, nothing else");
    assert!(answered.is_err());
}
