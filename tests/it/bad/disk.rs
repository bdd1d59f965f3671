//! A full disk: sends are refused by name, reads go on, it recovers by itself, and nothing acknowledged is lost. The disk
//! is a small file system in memory, which only root can mount.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::input::refused;
use crate::support::customer::texts;
use crate::support::http::{Answer, ask};
use crate::support::node::{Plan, center};
use crate::support::wait::until;
use crate::support::{Customer, Node, Socket};

/// Size of the disk, MiB: the store's own files, the reserve, and some room.
const DISK: u64 = 160;

/// A disk of its own, until it is dropped.
struct Disk(PathBuf);

impl Disk {
    /// Mounts it; `None`, said loudly, when that is not allowed.
    fn mount() -> Option<Self> {
        let at = tempfile::tempdir().expect("a directory").keep();
        let options = format!("size={DISK}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&at).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(at));
        }
        let _ = std::fs::remove_dir(&at);
        eprintln!("SKIPPED: only root can mount the small disk that this test fills");
        None
    }

    /// Takes space until only `left` bytes are free.
    fn fill(&self, left: u64) {
        let free = free(&self.0);
        let filler = std::fs::File::create(self.0.join("filler")).expect("a file");
        let take = free.saturating_sub(left);
        if rustix::fs::fallocate(&filler, rustix::fs::FallocateFlags::empty(), 0, take).is_err() {
            eprintln!("the disk was filled as far as it goes");
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).expect("removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn free(at: &Path) -> u64 {
    let stat = rustix::fs::statvfs(at).expect("the file system tells");
    stat.f_bavail * stat.f_frsize
}

/// A node whose store is on the disk.
async fn node_on(disk: &Disk) -> Node {
    let unlimited = "[service.support.limits]\nevents_per_second = 0\nburst = 0\n";
    let plan = Plan::new().center(&format!("{}\n{unlimited}", center()));
    let plan = plan.set("HOLDFAST_STORE__RESERVE", "32MiB");
    let store = disk.0.join("data");
    std::fs::create_dir(&store).expect("a directory");
    std::os::unix::fs::symlink(store, plan.data()).expect("a link");
    plan.start().await
}

/// What a conversation has had acknowledged, and how much was tried.
struct Acknowledged(Vec<String>, u32);

impl Acknowledged {
    /// Sends one more; answers the refusal, if it is one. A text that was refused or is unknown is not sent again.
    async fn send(&mut self, customer: &Customer, text: &str) -> Option<Answer> {
        self.1 += 1;
        let id = format!("m{}", self.1);
        let text = format!("{id} {text}");
        let answer = customer.send(&id, &text).await;
        if answer.status == 200 {
            self.0.push(text);
            return None;
        }
        Some(answer)
    }

    /// The first one again, under its id: the first result again.
    async fn repeat_first(&self, customer: &Customer) {
        let text = self.0.first().expect("something was acknowledged");
        let answer = customer.send("m1", text).await.good();
        assert_eq!(answer["repeated"], true, "{answer}");
    }

    /// All of it is there, in order, whatever else is.
    async fn is_there(&self, customer: &Customer) {
        let seen = texts(&customer.events().await);
        let kept: Vec<&String> = seen.iter().filter(|text| self.0.contains(text)).collect();
        assert_eq!(kept, self.0.iter().collect::<Vec<_>>());
    }
}

/// Sends that are under way while the disk fills.
const UNDER_WAY: usize = 48;

fn burst(number: usize) -> String {
    format!("burst {number} {}", "y".repeat(30 * 1024))
}

/// Begins to send more than the disk may take.
async fn begin_burst(customer: &Customer) -> Socket {
    let mut page = customer.socket(0).await.expect("a socket");
    for number in 0..UNDER_WAY {
        let frame = json!({"op": "send", "id": format!("b{number}"), "text": burst(number)});
        assert!(page.send(&frame).await);
    }
    page
}

/// What came of them: the texts that were acknowledged.
async fn end_burst(page: &mut Socket) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for _ in 0..UNDER_WAY {
        let answer = |frame: &Value| ["ack", "refused"].iter().find_map(|kind| frame.get(*kind).cloned());
        let answer = page.find(answer).await;
        if answer["seq"].is_u64() {
            let number = answer["id"].as_str().and_then(|id| id.strip_prefix('b')?.parse().ok());
            acknowledged.push(burst(number.expect("one of ours")));
        } else {
            assert!(
                ["store_full", "unknown"].contains(&answer["code"].as_str().unwrap_or_default()),
                "{answer}"
            );
        }
    }
    acknowledged
}

/// Each of these was said once.
async fn are_there_once(burst: &[String], customer: &Customer) {
    let seen = texts(&customer.events().await);
    for text in burst {
        assert_eq!(seen.iter().filter(|seen| *seen == text).count(), 1, "{}", &text[..9]);
    }
}

/// Fills the disk until `left` bytes are free, sees what everybody gets, and makes room again.
async fn full_and_room_again(left: u64) {
    let Some(disk) = Disk::mount() else { return };
    let mut node = node_on(&disk).await;
    let customer = Customer::create(&node, "support").await;
    let mut said = Acknowledged(Vec::new(), 0);
    for _ in 0..5 {
        assert!(said.send(&customer, "before").await.is_none());
    }
    let mut under_way = begin_burst(&customer).await;
    disk.fill(left);
    let mut last = None;
    for _ in 0..2_000 {
        last = said.send(&customer, &"x".repeat(16 * 1024)).await;
        if last.is_some() {
            break;
        }
    }
    let refusal = last.expect("a full disk refuses");
    refused(&refusal, 503, "store_full");
    assert!(refusal.retry.is_some());
    refused(&said.send(&customer, "again").await.expect("a refusal"), 503, "store_full");
    let create = json!({"service": "support"});
    let create = ask("POST", &format!("{}/v1/sessions", node.public())).json(&create).send().await;
    refused(&create, 503, "store_full");

    // What the store holds already is answered all the same: a repeat needs no place.
    said.repeat_first(&customer).await;
    said.is_there(&customer).await;
    let page = customer.ask("GET", "/events?from=0").send().await.good();
    assert!(page["events"].as_array().is_some_and(|events| events.len() > 5), "reads go on");
    assert_eq!(ask("GET", &format!("{}/readyz", node.ops())).send().await.status, 200);
    let metrics = ask("GET", &format!("{}/metrics", node.ops())).send().await.text;
    assert!(left == 0 || metrics.contains("holdfast_store_full 1"), "{metrics}");

    disk.empty();
    until("sends to be taken again", || async {
        customer.send("room", "room again").await.json()["seq"].is_u64().then_some(())
    })
    .await;
    assert!(said.send(&customer, "after").await.is_none());
    let burst = end_burst(&mut under_way).await;
    said.is_there(&customer).await;
    node.kill();
    node.start_again().await;
    said.is_there(&customer).await;
    are_there_once(&burst, &customer).await;
    assert!(said.send(&customer, "after the kill").await.is_none());
    said.is_there(&customer).await;
    let failed = node.log().lines().filter(|line| line.contains("store.access failed")).count();
    println!(
        "{left} bytes left: {} sends and {} of {UNDER_WAY} under way acknowledged, all there; {failed} writes failed",
        said.0.len(),
        burst.len()
    );
    assert!(node.stop().await.success());
}

#[tokio::test]
async fn below_the_reserve_sends_are_refused_and_nothing_is_lost() {
    full_and_room_again(16 << 20).await;
}

#[tokio::test]
async fn with_no_byte_left_sends_are_refused_and_nothing_is_lost() {
    full_and_room_again(0).await;
}
