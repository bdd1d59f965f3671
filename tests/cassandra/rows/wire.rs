//! A wire between the store and one Cassandra node that a test can cut and mend. It forwards bytes and knows no CQL.

use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A wire to one node.
pub struct Wire {
    /// Where the store connects.
    pub address: String,
    whole: Arc<watch::Sender<bool>>,
}

impl Wire {
    /// A wire that is cut at first: connections are closed as soon as they come.
    pub async fn cut_to(node: &str) -> Self {
        // On the node's own address: the driver learns that from the node, and keeps the port it came by.
        let (host, _) = node.rsplit_once(':').expect("host and port");
        let listener = TcpListener::bind((host, 0)).await.expect("a free port on the node's address");
        let address = listener.local_addr().expect("it is bound").to_string();
        let whole = Arc::new(watch::Sender::new(false));
        spawn(serve(listener, node.to_owned(), whole.clone()));
        Self { address, whole }
    }

    /// Lets connections through.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }

    /// Ends all connections, and those that come.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }
}

async fn serve(listener: TcpListener, node: String, whole: Arc<watch::Sender<bool>>) {
    while let Ok((near, _)) = listener.accept().await {
        let mut state = whole.subscribe();
        if !*state.borrow_and_update() {
            continue;
        }
        let node = node.clone();
        spawn(async move { carry(near, &node, state).await });
    }
}

async fn carry(mut near: TcpStream, node: &str, mut state: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(node).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = state.wait_for(|whole| !whole) => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "a test owns its runtime")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}
