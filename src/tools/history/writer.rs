//! Writes a history. Each actor fills a buffer of its own and hands it over when it is full, so that the hot path of a
//! load run takes no lock and makes no system call; one thread writes to the disk. Never reorders an actor's lines.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::line::{Actor, Header, Line, Side, VERSION};
use crate::limits::{HISTORY_ACTOR_BUFFER_BYTES, HISTORY_BUFFERS_IN_FLIGHT};

/// The writer of one history; hands out the logs of actors.
#[derive(Debug)]
pub struct HistoryWriter {
    chunks: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    actors: Arc<AtomicU32>,
}

impl HistoryWriter {
    /// Creates the file, replacing an older one, and writes the header.
    ///
    /// # Errors
    /// If the file or the thread cannot be created.
    pub fn create(path: &Path, began_unix_ms: u64) -> Result<Self> {
        let file = std::fs::File::create(path)
            .with_context(|| format!("cannot create the history {}", path.display()))?;
        let (chunks, inbox) = sync_channel(HISTORY_BUFFERS_IN_FLIGHT);
        let thread = std::thread::Builder::new()
            .name("history".into())
            .spawn(move || drain(&inbox, std::io::BufWriter::with_capacity(1 << 20, file)))?;
        let writer = Self { chunks: Some(chunks), thread: Some(thread), actors: Arc::new(AtomicU32::new(1)) };
        writer.write_header(began_unix_ms);
        Ok(writer)
    }

    fn write_header(&self, began_unix_ms: u64) {
        let tool = concat!("holdfast ", env!("CARGO_PKG_VERSION")).into();
        let mut bytes = Vec::new();
        push(&mut bytes, &Line::Header(Header { version: VERSION, tool, began_unix_ms }));
        if let Some(chunks) = &self.chunks {
            // A write that fails ends the thread; `finish` reports it.
            let _ = chunks.send(bytes);
        }
    }

    /// A log for somebody new.
    #[must_use]
    pub fn actor(&self, name: &str, side: Side) -> ActorLog {
        let number = self.actors.fetch_add(1, Ordering::Relaxed);
        let mut log = ActorLog { number, buffer: Vec::new(), chunks: self.chunks.clone() };
        log.write(&Line::Actor(Actor { a: number, name: name.into(), side }));
        log
    }

    /// Waits until every actor is gone and all they wrote is in the file.
    ///
    /// # Errors
    /// If the disk refused.
    pub fn finish(mut self) -> Result<()> {
        self.chunks = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(written)) => written.context("cannot write the history"),
            Some(Err(_)) => anyhow::bail!("the history's thread ended in a panic"),
            None => Ok(()),
        }
    }
}

fn drain(inbox: &Receiver<Vec<u8>>, mut out: impl Write) -> std::io::Result<()> {
    while let Ok(chunk) = inbox.recv() {
        out.write_all(&chunk)?;
    }
    out.flush()
}

/// The lines of one actor; what is buffered goes out when it is dropped.
#[derive(Debug)]
pub struct ActorLog {
    number: u32,
    buffer: Vec<u8>,
    chunks: Option<SyncSender<Vec<u8>>>,
}

impl ActorLog {
    /// The actor's number in this history.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Adds a line.
    pub fn write(&mut self, line: &Line<'_>) {
        push(&mut self.buffer, line);
        if self.buffer.len() >= HISTORY_ACTOR_BUFFER_BYTES {
            self.hand_over();
        }
    }

    /// Hands over what is buffered; waits if the disk is far behind, so that memory stays bounded.
    pub fn hand_over(&mut self) {
        let chunk = std::mem::take(&mut self.buffer);
        if chunk.is_empty() {
            return;
        }
        if let Some(chunks) = &self.chunks {
            // A thread that ended has its error reported by `finish`.
            let _ = chunks.send(chunk);
        }
    }
}

impl Drop for ActorLog {
    fn drop(&mut self) {
        self.hand_over();
    }
}

fn push(buffer: &mut Vec<u8>, line: &Line<'_>) {
    serde_json::to_writer(&mut *buffer, line).expect("a line has string keys only and a Vec takes all bytes");
    buffer.push(b'\n');
}

/// The lines as the bytes of a history, header included; for tests and for histories made by other tools.
#[must_use]
pub fn memory(lines: &[Line<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let tool = "memory".into();
    push(&mut bytes, &Line::Header(Header { version: VERSION, tool, began_unix_ms: 0 }));
    for line in lines {
        push(&mut bytes, line);
    }
    bytes
}
