//! Events by long poll and by SSE, for customers and staff alike. Never verifies who asks.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};

use crate::edge::Shared;
use crate::edge::http::Params;
use crate::edge::live::follow::{Follower, News};
use crate::edge::live::render::Typing;
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::answer::{PageJson, phase_after};
use crate::edge::wire::event::{EventJson, kind};
use crate::limits::{PAGE_EVENTS, POLL_SECONDS};
use crate::session::Phase;
use crate::session::event::Event;
use crate::shard::door::{DoorError, EventPage, Who};
use crate::words::{Seq, SessionId, Time};

/// Whose events of which session.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Who reads.
    pub who: Who,
    /// What.
    pub session: SessionId,
    /// Until when the reader's token is good.
    pub until: Option<Time>,
    /// Whether staff sees it.
    pub staff: bool,
}

/// Events above `from`: a page, a long poll, or SSE, as the request asks.
pub async fn events(
    shared: Arc<Shared>,
    reader: Reader,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, Problem> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/event-stream") {
        let from = last_event_id(headers)?.map_or_else(|| params.from(), Ok)?;
        return Ok(sse(shared, reader, from));
    }
    let limit = params.number("limit")?.unwrap_or(PAGE_EVENTS).clamp(1, PAGE_EVENTS);
    let wait = params.number::<u64>("wait")?.unwrap_or(0).min(POLL_SECONDS);
    let page = poll(shared, &reader, (params.from()?, limit), wait).await?;
    Ok(Json(PageJson::new(&page, reader.staff)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number
        .map(|seq| Some(Seq(seq)))
        .ok_or_else(|| Problem::field(Code::MalformedQuery, "Last-Event-ID", "a seq is wanted"))
}

async fn poll(
    shared: Arc<Shared>,
    reader: &Reader,
    range: (Seq, usize),
    wait: u64,
) -> Result<EventPage, Problem> {
    let (from, limit) = range;
    let mut page = shared.door.page(reader.who.clone(), reader.session, from, limit).await?;
    if wait == 0 || !page.events.is_empty() || page.more || page.phase == Phase::Stopped {
        return Ok(page);
    }
    let runtime = Arc::clone(&shared.runtime);
    let mut follower = Follower::new(shared, reader.who.clone(), reader.session, page.next);
    let news = async {
        loop {
            match follower.next().await {
                Ok(News::Typing { .. }) => {}
                Ok(News::Events(events)) => return Ok(events),
                Ok(News::Ended { .. }) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            }
        }
    };
    let mut events = tokio::select! {
        events = news => events?,
        () = runtime.sleep(Duration::from_secs(wait)) => Vec::new(),
    };
    page.more = events.len() > limit;
    events.truncate(limit);
    page.next = events.last().map_or(page.next, |event| event.seq);
    page.phase = phase_after(page.phase, &events);
    page.events = events;
    Ok(page)
}

fn sse(shared: Arc<Shared>, reader: Reader, from: Seq) -> Response {
    let follower = Follower::new(Arc::clone(&shared), reader.who, reader.session, from);
    let events = frames(shared, follower, (reader.until, reader.staff));
    let alive = KeepAlive::new().interval(Duration::from_secs(15)).text("alive");
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Proxies that buffer would hold events back.
    response.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    response
}

type Frame = Result<SseEvent, std::convert::Infallible>;

/// One step of the stream gives a burst of frames; the last step gives an `ended` or `refused` frame.
fn frames(
    shared: Arc<Shared>,
    follower: Follower,
    (until, staff): (Option<Time>, bool),
) -> impl Stream<Item = Frame> {
    use futures_util::StreamExt as _;
    stream::unfold(Some((follower, shared)), move |state| async move {
        let (mut follower, shared) = state?;
        let news = tokio::select! {
            biased;
            () = expiry(&shared, until) => {
                return Some((vec![named("refused", &Problem::from(Code::TokenExpired))], None));
            }
            news = follower.next() => news,
        };
        match news {
            Ok(News::Events(events)) => {
                Some((events.iter().map(|event| frame(event, staff)).collect(), Some((follower, shared))))
            }
            Ok(News::Typing { party, on, preview }) => {
                let typing = Typing { party: party.0, on, preview: preview.as_deref() };
                Some((vec![named("typing", &typing)], Some((follower, shared))))
            }
            Ok(News::Ended { resume }) => {
                Some((vec![named("ended", &serde_json::json!({"resume": resume}))], None))
            }
            Err(error) => Some((vec![refused(error)], None)),
        }
    })
    .flat_map(|burst: Vec<SseEvent>| stream::iter(burst.into_iter().map(Ok)))
}

/// Comes when the token expires; never when it does not.
async fn expiry(shared: &Shared, until: Option<Time>) {
    match until {
        Some(until) => {
            shared.runtime.sleep(Duration::from_millis(until.since(shared.runtime.now()))).await;
        }
        None => std::future::pending().await,
    }
}

fn frame(event: &Event, staff: bool) -> SseEvent {
    named(kind(&event.what), &EventJson { event, staff }).id(event.seq.0.to_string())
}

fn named(name: &str, data: &impl serde::Serialize) -> SseEvent {
    // JSON has no raw line breaks, so the data is one line whatever the text holds.
    SseEvent::default().event(name).data(serde_json::to_string(data).unwrap_or_default())
}

fn refused(error: DoorError) -> SseEvent {
    named("refused", &Problem::from(error))
}
