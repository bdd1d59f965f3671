//! A JSON body, read within the limit, with refusals that name the field or the line. Its content is never logged.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::edge::refusals::{Code, Problem};
use crate::limits::WIRE_BYTES;

/// The body of a request. An absent body is an empty object.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::too_large("body", WIRE_BYTES as u64))?;
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        if !json {
            return Err(Code::MediaType.into());
        }
        parse(&bytes).map(Self)
    }
}

/// Reads JSON, or says what is wrong where.
pub fn parse<'de, T: serde::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Problem> {
    if let Err(error) = std::str::from_utf8(bytes) {
        let detail = format!("the byte at offset {} does not belong there", error.valid_up_to());
        return Err(Problem { detail: detail.into(), ..Code::MalformedUtf8.into() });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.inner())
    })?;
    reader.end().map_err(|error| refuse(".", &error))?;
    Ok(read)
}

fn refuse(path: &str, error: &serde_json::Error) -> Problem {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let field = if path == "." { named(&error.to_string()) } else { Some(path.to_owned()) };
    Problem {
        detail: error.to_string().into(),
        field: field.map(Into::into),
        place: Some((small(error.line()), small(error.column()))),
        ..Code::MalformedJson.into()
    }
}

/// The field in ``missing field `text` at line 1``.
fn named(message: &str) -> Option<String> {
    let rest = message.strip_prefix("missing field `").or_else(|| message.strip_prefix("unknown field `"))?;
    rest.split_once('`').map(|(field, _)| field.to_owned())
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return true;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
}
