//! Query parameters, with refusals that name the parameter.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::time;
use crate::words::{Seq, Time};

/// All query parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Params(pub BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(list) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::from(Code::MalformedQuery))?;
        Ok(Self(list.into_iter().collect()))
    }
}

impl Params {
    /// A parameter's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter's number.
    pub fn number<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Problem> {
        let read = |text: &str| {
            text.parse().map_err(|_| Problem::field(Code::MalformedQuery, name, "a whole number is wanted"))
        };
        self.text(name).map(read).transpose()
    }

    /// A parameter's time: RFC 3339.
    pub fn time(&self, name: &'static str) -> Result<Option<Time>, Problem> {
        let read = |text: &str| {
            time::parse(text).ok_or_else(|| {
                Problem::field(
                    Code::MalformedQuery,
                    name,
                    "an RFC 3339 time is wanted, such as 2026-11-24T13:00:00Z",
                )
            })
        };
        self.text(name).map(read).transpose()
    }

    /// The seq after which a reader goes on; 0 when absent.
    pub fn from(&self) -> Result<Seq, Problem> {
        Ok(Seq(self.number("from")?.unwrap_or(0)))
    }
}
