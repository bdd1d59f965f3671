//! Reads every transcript back, as the customer sees it and as the agent sees it, into the history. Never judges it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::{StreamExt, stream};

use super::link::wire;
use super::part::seen;
use super::run::{Opened, Run};
use crate::limits::LOAD_READ_BACK_AT_ONCE;
use crate::tools::history::{ActorLog, Line, Transcript};

/// The customers' views, several at once.
pub(super) async fn customers(run: &Arc<Run>) {
    stream::iter(&run.talks)
        .for_each_concurrent(LOAD_READ_BACK_AT_ONCE, |talk| async {
            let log = talk.log.lock().take();
            let (Some(mut log), Some(opened)) = (log, talk.session.get()) else { return };
            let path = [format!("/v1/sessions/{}/transcript", opened.id)];
            let text = run.transcript(&run.options.urls, &path, &opened.token).await;
            keep(run, &mut log, opened, text);
        })
        .await;
}

/// The views of one agent, of the sessions that it played last.
pub(super) async fn agent(run: &Arc<Run>, index: usize, log: &mut ActorLog, token: &str) {
    let mine = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    let talks = run.talks.iter().filter(|talk| talk.agent.load(Ordering::Relaxed) == mine);
    for opened in talks.filter_map(|talk| talk.session.get()) {
        // The session while it lives, the record afterwards.
        let paths = [
            format!("/v1/sessions/{}/transcript", opened.id),
            format!("/v1/records/{}/transcript", opened.id),
        ];
        let text = run.transcript(&run.options.staff_urls, &paths, token).await;
        keep(run, log, opened, text);
    }
}

fn keep(run: &Run, log: &mut ActorLog, opened: &Opened, text: Option<String>) {
    let Some(text) = text else { return };
    let Ok(transcript) = serde_json::from_str::<wire::Transcript<'_>>(&text) else {
        return run.counts.refused("a transcript", "not understood");
    };
    let (a, s) = (log.number(), opened.number);
    for event in &transcript.events {
        log.write(&Line::Kept(seen(event, a, s, true)));
    }
    log.write(&Line::Transcript(Transcript { a, s, count: transcript.events.len() as u64 }));
    log.hand_over();
}
