//! Pipes of those who are no members, or who mean somebody else: they are closed, and the member goes on.

use bytes::Bytes;
use holdfast_cluster::contract::{WAIT, insist, join_of};
use holdfast_cluster::transport::local::Network;
use holdfast_cluster::transport::{Lane, Pipe};
use tokio::time::timeout;

use crate::ground::{Members, Wire};

/// A greeting as it is sent: version, cluster, member, purpose (0 entries, 1 snapshot, 2 calls).
fn greeting(cluster: Option<u128>, to: Option<u64>, purpose: u8) -> Bytes {
    postcard::to_extend(&(cluster, to, purpose), vec![1]).unwrap().into()
}

async fn pipe(network: &Network, members: &Members) -> Box<dyn Pipe> {
    network.transport("stranger").connect(&members.peer(0), Lane::Ask).await.unwrap()
}

/// Whether the member closes a pipe after these frames, without an answer.
async fn closes(network: &Network, members: &Members, frames: &[Bytes]) -> bool {
    let mut pipe = pipe(network, members).await;
    for frame in frames {
        if pipe.send(frame.clone()).await.is_err() {
            return true;
        }
    }
    timeout(WAIT, pipe.recv()).await.expect("neither an answer nor an end").is_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_means_another_member_or_sends_what_is_not_understood_is_hung_up_on() {
    let network = Network::default();
    let members = Members::new(Wire::Local(network.clone()), 1).founded_by_one(16).await;
    let me = members.cluster(0).status().member;
    let (newer, empty) = (Bytes::from_static(&[2, 0, 0, 2]), Bytes::new());
    let vote = Bytes::from_static(&[1, 7, 1]);
    let garbage = Bytes::from(vec![0xa5; 500]);
    for frames in [
        vec![garbage.clone()],
        vec![empty],
        vec![newer],
        vec![greeting(None, Some(me ^ 1), 2)],
        vec![greeting(Some(99), None, 2)],
        vec![greeting(Some(99), Some(me), 0)],
        vec![greeting(None, Some(me), 0)],
        vec![greeting(None, Some(me), 1)],
        vec![greeting(None, None, 2), garbage],
        vec![greeting(None, None, 2), vote],
    ] {
        assert!(closes(&network, &members, &frames).await, "{frames:?}");
    }
    insist(&members, 0, &join_of(0, 1)).await;
    members.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_belongs_nowhere_yet_takes_no_mail_of_another() {
    let network = Network::default();
    let members = Members::new(Wire::Local(network.clone()), 1);
    members.open(0).await;
    let me = members.cluster(0).status().member;
    for purpose in [0, 1] {
        let stranger = greeting(Some(99), Some(me ^ 1), purpose);
        assert!(closes(&network, &members, &[stranger]).await, "purpose {purpose}");
    }
    members.cluster(0).bootstrap(7, 16, WAIT).await.unwrap();
    members.end().await;
}
