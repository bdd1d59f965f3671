//! What the proxy reads in bodies: statement texts, ids of prepared statements, parts of a batch. Never reads values or rows.

use bytes::{Buf, Bytes};

use super::frame::{Frame, opcode};

/// The id that a server gave to a prepared statement.
pub type Id = Bytes;

/// What a request runs: a text, or the id of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// A statement as text.
    Text(String),
    /// A prepared statement.
    Prepared(Id),
}

/// What a request runs or prepares; empty for other requests and for bodies that cannot be read.
pub fn runs(request: &Frame) -> Vec<Runs> {
    let mut body = request.body.clone();
    let found = match request.opcode {
        opcode::QUERY | opcode::PREPARE => long_string(&mut body).map(|text| vec![Runs::Text(text)]),
        opcode::EXECUTE => short_bytes(&mut body).map(|id| vec![Runs::Prepared(id)]),
        opcode::BATCH => batch(&mut body),
        _ => None,
    };
    found.unwrap_or_default()
}

/// The id in the answer to a `PREPARE`.
pub fn prepared(answer: &Frame) -> Option<Id> {
    if answer.opcode != opcode::RESULT {
        return None;
    }
    let mut body = after_extensions(answer)?;
    (body.try_get_i32().ok()? == 4).then(|| short_bytes(&mut body))?
}

/// Whether a `STARTUP` asks for compressed frames.
pub fn asks_for_compression(startup: &Frame) -> bool {
    let mut body = startup.body.clone();
    let Ok(pairs) = body.try_get_u16() else { return false };
    (0..pairs).any(|_| {
        let key = string(&mut body);
        let _ = string(&mut body);
        key.as_deref() == Some("COMPRESSION")
    })
}

/// A `SUPPORTED` without any compression, so that a driver sends none.
pub fn without_compression(supported: &Frame) -> Frame {
    let mut body = supported.body.clone();
    let mut out = Vec::with_capacity(body.len());
    let keys = body.try_get_u16().unwrap_or(0);
    out.extend(keys.to_be_bytes());
    for _ in 0..keys {
        let key = string(&mut body).unwrap_or_default();
        let values = body.try_get_u16().unwrap_or(0);
        let values = (0..values).filter_map(|_| string(&mut body)).collect::<Vec<_>>();
        let kept = if key == "COMPRESSION" { &[][..] } else { &values[..] };
        put_string(&mut out, &key);
        out.extend(length(kept.len()));
        kept.iter().for_each(|value| put_string(&mut out, value));
    }
    Frame { body: out.into(), ..supported.clone() }
}

/// The same request with consistency ONE; requests that are neither `EXECUTE` nor `BATCH` stay as they are.
pub fn weakened(request: &Frame) -> Frame {
    let mut behind = request.body.clone();
    let found = match request.opcode {
        opcode::EXECUTE => short_bytes(&mut behind).is_some(),
        opcode::BATCH => batch(&mut behind).is_some(),
        _ => false,
    };
    if !found || behind.len() < 2 {
        return request.clone();
    }
    let mut body = request.body.to_vec();
    let at = body.len() - behind.len();
    body[at..at + 2].copy_from_slice(&1_u16.to_be_bytes());
    Frame { body: body.into(), ..request.clone() }
}

/// A string with its length in front.
pub fn put_string(out: &mut Vec<u8>, text: &str) {
    out.extend(length(text.len()));
    out.extend_from_slice(text.as_bytes());
}

/// Bytes with their length in front.
pub fn put_short_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(length(bytes.len()));
    out.extend_from_slice(bytes);
}

/// The body behind tracing id, warnings and payload.
fn after_extensions(answer: &Frame) -> Option<Bytes> {
    let mut body = answer.body.clone();
    if answer.flags & 0x02 != 0 {
        take(&mut body, 16)?;
    }
    if answer.flags & 0x08 != 0 {
        for _ in 0..body.try_get_u16().ok()? {
            string(&mut body)?;
        }
    }
    if answer.flags & 0x04 != 0 {
        for _ in 0..body.try_get_u16().ok()? {
            string(&mut body)?;
            value(&mut body)?;
        }
    }
    Some(body)
}

fn batch(body: &mut Bytes) -> Option<Vec<Runs>> {
    body.try_get_u8().ok()?;
    let mut parts = Vec::new();
    for _ in 0..body.try_get_u16().ok()? {
        parts.push(match body.try_get_u8().ok()? {
            0 => Runs::Text(long_string(body)?),
            _ => Runs::Prepared(short_bytes(body)?),
        });
        for _ in 0..body.try_get_u16().ok()? {
            value(body)?;
        }
    }
    Some(parts)
}

fn long_string(body: &mut Bytes) -> Option<String> {
    let length = body.try_get_i32().ok()?;
    text(take(body, usize::try_from(length).ok()?)?)
}

fn string(body: &mut Bytes) -> Option<String> {
    let length = body.try_get_u16().ok()?;
    text(take(body, usize::from(length))?)
}

fn short_bytes(body: &mut Bytes) -> Option<Bytes> {
    let length = body.try_get_u16().ok()?;
    take(body, usize::from(length))
}

/// A value; a negative length stands for none.
fn value(body: &mut Bytes) -> Option<()> {
    let length = body.try_get_i32().ok()?;
    take(body, usize::try_from(length).unwrap_or(0)).map(|_| ())
}

fn take(body: &mut Bytes, length: usize) -> Option<Bytes> {
    (length <= body.len()).then(|| body.split_to(length))
}

fn text(bytes: Bytes) -> Option<String> {
    String::from_utf8(bytes.into()).ok()
}

fn length(of: usize) -> [u8; 2] {
    u16::try_from(of).expect("a short string").to_be_bytes()
}
