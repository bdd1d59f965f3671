//! Transcripts: a session's events as one reader may see them, streamed page by page, so that 100,000 events never are in
//! memory at once. JSON or the XML of classic chat servers. Never decides what the reader may see.

pub mod csv;
pub mod xml;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::Shared;
use super::api::stream::Reader;
use super::http::Params;
use super::http::layers::StreamError;
use super::refusals::{Code, Problem};
use super::wire::event::EventJson;
use super::wire::words::phase;
use crate::limits::PAGE_EVENTS;
use crate::session::event::Event;
use crate::shard::door::EventPage;
use crate::words::{Seq, SessionId};

/// The form that a reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `{"session":…,"state":…,"events":[…]}`.
    Json,
    /// `<chatTranscript>`.
    Xml,
}

/// The form that a request asks for.
pub fn format(headers: &HeaderMap, params: &Params) -> Result<Format, Problem> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match params.text("format") {
        Some("json") => Ok(Format::Json),
        Some("xml") => Ok(Format::Xml),
        Some(_) => Err(Problem::field(Code::MalformedQuery, "format", "one of json, xml")),
        None if accept.contains("/xml") => Ok(Format::Xml),
        None => Ok(Format::Json),
    }
}

/// Answers with the whole transcript. The first page is fetched before the status is sent, so that refusals are proper
/// ones; a later failure breaks the body off, which every client notices.
pub async fn answer(shared: Arc<Shared>, reader: Reader, format: Format) -> Result<Response, Problem> {
    let first = shared.door.page(reader.who.clone(), reader.session, Seq(0), PAGE_EVENTS).await?;
    let kind = match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml; charset=utf-8",
    };
    let writer = Writer::new(format, reader.session, reader.staff, &first);
    let pages = Pages { shared, reader, writer, next: Step::Page(first) };
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(stream::try_unfold(pages, step))).into_response())
}

enum Step {
    Page(EventPage),
    Fetch(Seq),
    Over,
}

struct Pages {
    shared: Arc<Shared>,
    reader: Reader,
    writer: Writer,
    next: Step,
}

async fn step(mut pages: Pages) -> Result<Option<(Bytes, Pages)>, StreamError> {
    let page = match std::mem::replace(&mut pages.next, Step::Over) {
        Step::Over => return Ok(None),
        Step::Page(page) => page,
        Step::Fetch(from) => {
            let Reader { who, session, .. } = pages.reader.clone();
            pages.shared.door.page(who, session, from, PAGE_EVENTS).await?
        }
    };
    let mut out = Vec::with_capacity(page.events.len() * 256 + 256);
    for event in &page.events {
        pages.writer.event(&mut out, event);
    }
    if page.more {
        pages.next = Step::Fetch(page.next);
    } else {
        pages.writer.end(&mut out);
    }
    Ok(Some((Bytes::from(out), pages)))
}

/// Writes one transcript, event by event.
#[derive(Debug)]
pub struct Writer {
    form: Form,
    staff: bool,
    started: bool,
}

#[derive(Debug)]
enum Form {
    Json(SessionId, &'static str),
    Xml(xml::Xml),
}

impl Writer {
    /// A writer in one form; `first` is the page that the transcript begins with.
    #[must_use]
    pub fn new(format: Format, session: SessionId, staff: bool, first: &EventPage) -> Self {
        let form = match format {
            Format::Json => Form::Json(session, phase(first.phase)),
            Format::Xml => Form::Xml(xml::Xml::new(session, first.events.first().map(|event| event.at))),
        };
        Self { form, staff, started: false }
    }

    /// Writes one event.
    pub fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        let first = self.start(out);
        match &mut self.form {
            Form::Json(..) => {
                if !first {
                    out.push(b',');
                }
                // A Vec takes everything, and an event always is JSON.
                let _ = serde_json::to_writer(out, &EventJson { event, staff: self.staff });
            }
            Form::Xml(xml) => xml.event(out, event, self.staff),
        }
    }

    /// Writes what follows the last event.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.start(out);
        match &self.form {
            Form::Json(..) => out.extend_from_slice(b"]}"),
            Form::Xml(_) => out.extend_from_slice(b"</chatTranscript>\n"),
        }
    }

    /// Writes what precedes the first event, once; whether that was now.
    fn start(&mut self, out: &mut Vec<u8>) -> bool {
        if std::mem::replace(&mut self.started, true) {
            return false;
        }
        match &self.form {
            Form::Json(session, state) => out.extend_from_slice(
                format!(r#"{{"session":"{session}","state":"{state}","events":["#).as_bytes(),
            ),
            Form::Xml(xml) => xml.begin(out),
        }
        true
    }
}
