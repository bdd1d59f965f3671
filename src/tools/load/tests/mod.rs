//! The load tool against a pretended server that keeps its promises, and loses connections, answers and whole nodes.

mod fake;
mod pieces;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::part::micros;
use super::run::Run;
use super::{Content, Credential, Options, Pace, Transport, check_file, finish, play, run};
use crate::limits::{LOAD_ANSWER_WAIT, LOAD_GLANCE};
use crate::tools::clock::Clock;
use crate::tools::corpus::{Conversation, Turn};
use crate::tools::history::Side;
use fake::{Fake, Faults};

fn conversation(id: usize) -> Conversation {
    let sides = [Side::Customer, Side::Customer, Side::Agent, Side::Customer, Side::Agent, Side::Agent];
    let turn = |(n, side): (usize, Side)| Turn {
        side,
        at_ms: n as u64 * 10,
        text: format!("turn {n} of {id} \u{1F469}\u{200D}\u{1F680} \"שלום\"\\"),
    };
    Conversation { id: id.to_string(), turns: sides.into_iter().enumerate().map(turn).collect() }
}

fn options(fake: &Fake, history: &tempfile::TempDir) -> Options {
    let agent = |n| Credential { agent: format!("load-{n}"), password: "secret".into() };
    Options {
        urls: fake.urls(),
        staff_urls: fake.urls(),
        agents: (1..=2).map(agent).collect(),
        service: "default".into(),
        disposition: "resolved".into(),
        transport: Transport::Ws,
        pace: Pace::Fast,
        content: Content::Corpus((0..5).map(conversation).collect()),
        sessions: 4,
        conversations: 10,
        duration: None,
        ramp: Duration::ZERO,
        patience: Duration::from_secs(20),
        history: history.path().join("history.jsonl"),
        expect: 60.into(),
        progress: false,
    }
}

async fn ok(faults: Faults, change: impl FnOnce(&mut Options)) -> super::Report {
    ok_on(&Fake::start(2, faults).await, change).await
}

async fn ok_on(fake: &Fake, change: impl FnOnce(&mut Options)) -> super::Report {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(fake, &folder);
    change(&mut options);
    let report = run(options).await.unwrap();
    assert!(report.verdict.is_ok(), "{} {:#?}", report.verdict, report.findings);
    report
}

#[tokio::test]
async fn conversations_are_played_whole() {
    let report = ok(Faults::NONE, |_| {}).await;
    assert_eq!((report.verdict.typed, report.verdict.retried, report.figures.sessions), (60, 0, 10));
}

#[tokio::test]
async fn requests_with_server_sent_events_serve_as_well() {
    ok(Faults::NONE, |options| options.transport = Transport::Sse).await;
}

#[tokio::test]
async fn requests_with_long_polls_serve_as_well() {
    ok(Faults::NONE, |options| options.transport = Transport::Poll).await;
}

#[tokio::test]
async fn nodes_that_say_they_stop_are_left_before_anything_is_lost() {
    let fake = Fake::start(2, Faults { leave_every: 4, ..Faults::NONE }).await;
    let report = ok_on(&fake, |_| {}).await;
    assert_eq!((report.verdict.typed, report.verdict.retried), (60, 0));
    assert!(fake.sockets() >= 12 + 15, "{} for 10 customers and 2 agents, told 15 times", fake.sockets());
}

#[tokio::test]
async fn lost_answers_and_connections_are_survived_by_repeating() {
    let faults = Faults { lose_answer_every: 7, lose_send_every: 5, busy_every: 11, ..Faults::NONE };
    let report = ok(faults, |_| {}).await;
    assert!(report.verdict.retried >= 10, "{}", report.verdict);
}

#[tokio::test]
async fn lost_answers_are_survived_without_a_socket_too() {
    let faults = Faults { lose_answer_every: 7, lose_send_every: 5, busy_every: 11, ..Faults::NONE };
    ok(faults, |options| options.transport = Transport::Poll).await;
}

#[tokio::test]
async fn a_dead_node_among_the_addresses_is_passed_over() {
    ok(Faults::NONE, |options| {
        options.urls.insert(0, "http://127.0.0.1:9".into());
        options.staff_urls.insert(1, "http://127.0.0.1:9".into());
    })
    .await;
}

/// A node that was stopped: the kernel takes connections for it, and nobody answers.
#[tokio::test]
async fn a_silent_node_among_the_addresses_is_passed_over() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let play = |transport| {
        let url = url.clone();
        ok(Faults::NONE, move |options| {
            options.urls.insert(1, url);
            options.transport = transport;
            options.conversations = 4;
            options.expect = 24.into();
        })
    };
    let began = Clock::start();
    futures_util::join!(play(Transport::Ws), play(Transport::Sse), play(Transport::Poll));
    // A creation and a connection are given up; with the wait for an ordinary answer it would take far longer.
    assert!(began.micros() < micros(LOAD_ANSWER_WAIT), "{} us", began.micros());
}

#[tokio::test]
async fn a_run_that_is_told_to_end_judges_what_was_said() {
    let fake = Fake::start(1, Faults::NONE).await;
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&fake, &folder);
    options.content = Content::Synthetic { size: 100, outstanding: 1, talkers: usize::MAX };
    (options.duration, options.conversations, options.expect) =
        (Some(Duration::from_secs(3_600)), 4, 20.into());
    let run = Arc::new(Run::new(options.clone()).unwrap());
    let told = async {
        while run.counts.acked.load(Ordering::Relaxed) < 20 {
            Clock::sleep(LOAD_GLANCE).await;
        }
        run.end();
    };
    let (played, ()) = futures_util::join!(play(&run), told);
    played.unwrap();
    finish(run).await.unwrap();
    let report = check_file(&options.history, options.expect).unwrap();
    assert!(report.verdict.is_ok(), "{} {:#?}", report.verdict, report.findings);
}

#[tokio::test]
async fn each_pace_plays_everything() {
    ok(Faults::NONE, |options| options.pace = Pace::Recorded(2.0)).await;
    let report = ok(Faults::NONE, |options| options.pace = Pace::Rate(200.0)).await;
    assert!(report.figures.sends_per_second < 260.0, "{}", report.figures);
}

#[tokio::test]
async fn a_recorded_pause_is_no_standstill_and_the_duration_ends_it() {
    let report = ok(Faults::NONE, |options| {
        let Content::Corpus(conversations) = &mut options.content else { return };
        for conversation in conversations {
            conversation.turns[3].at_ms = 3_600_000;
            conversation.turns[4].at_ms = 3_600_000;
            conversation.turns[5].at_ms = 3_600_000;
        }
        options.pace = Pace::Recorded(1.0);
        options.patience = Duration::from_millis(200);
        options.duration = Some(Duration::from_secs(1));
        options.expect = 12.into();
    })
    .await;
    assert_eq!((report.verdict.typed, report.figures.sessions), (12, 4));
}

#[tokio::test]
async fn synthetic_senders_stop_by_the_clock() {
    let report = ok(Faults { lose_answer_every: 97, ..Faults::NONE }, |options| {
        options.content = Content::Synthetic { size: 100, outstanding: 4, talkers: usize::MAX };
        options.duration = Some(Duration::from_millis(600));
        options.conversations = 4;
    })
    .await;
    assert!(report.verdict.acknowledged > 60);
}

#[tokio::test]
async fn an_agent_with_a_wrong_password_ends_the_run() {
    let fake = Fake::start(1, Faults::NONE).await;
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(&fake, &folder);
    options.agents[1].password = "wrong".into();
    let error = run(options).await.unwrap_err().to_string();
    assert!(error.contains("load-2") && error.contains("401") && !error.contains("wrong"), "{error}");
}
