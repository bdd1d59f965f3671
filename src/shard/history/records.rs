//! Lists of records: index rows by month, newest first, and the heads they point to. A projection: it may lag by a moment
//! and never decides who may read a transcript.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::limits;
use crate::session::Head;
use crate::session::event::By;
use crate::shard::door::{RecordPage, RecordQuery, Who};
use crate::store::codec;
use crate::store::journal::keys;
use crate::store::journal::record::{index_key, index_partition, parse_index_key};
use crate::store::rows::{ReadError, Row, Rows, Slice, Table};
use crate::words::{JournalId, SessionId, Time};

/// The indexes under which a record is found.
#[must_use]
pub fn index_names(head: &Head) -> Vec<String> {
    let mut names = vec!["all".to_owned(), format!("service:{}", head.service)];
    names.extend(head.agents.iter().map(|agent| format!("agent:{}", agent.0)));
    names.extend(head.contact.iter().map(|(key, value)| format!("contact:{key}={value}")));
    names
}

/// The month of a moment, `YYYY-MM`, UTC.
#[must_use]
pub fn month(at: Time) -> String {
    date(at).strftime("%Y-%m").to_string()
}

/// Reads one page of the list that a query asks for.
///
/// # Errors
/// When the store gives no answer.
pub async fn list(
    rows: &dyn Rows,
    who: &Who,
    query: &RecordQuery,
    now: Time,
) -> Result<RecordPage, ReadError> {
    let mut walk = Walk::begin(query, now);
    let mut page = RecordPage::default();
    let limit = query.limit.clamp(1, limits::RECORDS_PAGE);
    let mut looked = 0;
    while let Some(found) = walk.next(rows).await? {
        for row in found {
            let Ok((started, JournalId::Session(id))) = parse_index_key(&row.clustering) else { continue };
            walk.passed(&row);
            looked += 1;
            if query.from.is_some_and(|from| started < from) {
                return Ok(page);
            }
            if let Some(head) = head(rows, id).await?
                && matches(query, who, &head)
            {
                page.heads.push((id, head));
            }
            if page.heads.len() >= limit || looked >= limits::RECORDS_LOOKED {
                page.cursor = Some(walk.cursor());
                return Ok(page);
            }
        }
    }
    Ok(page)
}

async fn head(rows: &dyn Rows, id: SessionId) -> Result<Option<Head>, ReadError> {
    let slice = Slice {
        table: Table::RecordHeads,
        partition: keys::journal(&JournalId::Session(id)).into(),
        from: Bytes::new(),
        to: None,
        limit: 1,
        bytes: usize::MAX,
        reverse: false,
    };
    let page = rows.read(slice).await?;
    page.rows
        .first()
        .map(|row| codec::decode_head(id, &row.value))
        .transpose()
        .map_err(|e| ReadError(e.to_string()))
}

fn matches(query: &RecordQuery, who: &Who, head: &Head) -> bool {
    let in_unit = matches!(who.by, By::System) || who.units.contains(&head.unit);
    in_unit
        && query.from.is_none_or(|from| head.started >= from)
        && query.to.is_none_or(|to| head.started < to)
        && query.service.as_ref().is_none_or(|service| *service == head.service)
        && query.agent.as_ref().is_none_or(|agent| head.agents.contains(agent))
        && query.contact.as_ref().is_none_or(|(key, value)| head.contact.get(key) == Some(value))
}

/// A walk backward through the months of one index.
struct Walk {
    index: String,
    month: Date,
    last: Date,
    from: Bytes,
    ended: bool,
}

impl Walk {
    fn begin(query: &RecordQuery, now: Time) -> Self {
        let newest = query.to.unwrap_or(Time(u64::MAX)).min(now.plus(86_400_000));
        let oldest = query.from.map_or_else(|| months_back(date(now), limits::RECORDS_MONTHS), date);
        let start = query
            .to
            .map_or_else(Bytes::new, |to| index_key(Time(to.0), &JournalId::Session(SessionId([0; 16]))));
        let mut walk = Self {
            index: best_index(query),
            month: first(date(newest)),
            last: first(oldest),
            from: start,
            ended: false,
        };
        if let Some((month, from)) = query.cursor.as_deref().and_then(parse_cursor) {
            walk.month = month;
            walk.from = from;
        }
        walk
    }

    /// The next rows; `None` when the oldest month has been read.
    async fn next(&mut self, rows: &dyn Rows) -> Result<Option<Vec<Row>>, ReadError> {
        while !self.ended {
            let slice = Slice {
                table: Table::RecordIndex,
                partition: index_partition(&self.index, &self.month.strftime("%Y-%m").to_string()),
                from: self.from.clone(),
                to: None,
                limit: limits::RECORDS_PAGE,
                bytes: limits::PAGE_BYTES,
                reverse: false,
            };
            let page = rows.read(slice).await?;
            if !page.rows.is_empty() {
                return Ok(Some(page.rows));
            }
            self.ended = self.month <= self.last;
            self.month = months_back(self.month, 1);
            self.from = Bytes::new();
        }
        Ok(None)
    }

    fn passed(&mut self, row: &Row) {
        self.from = [&row.clustering[..], &[0]].concat().into();
    }

    fn cursor(&self) -> String {
        let hex: String = self.from.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}.{hex}", self.month.strftime("%Y-%m"))
    }
}

/// The index with the fewest rows for this query.
fn best_index(query: &RecordQuery) -> String {
    match (&query.contact, &query.agent, &query.service) {
        (Some((key, value)), _, _) => format!("contact:{key}={value}"),
        (None, Some(agent), _) => format!("agent:{}", agent.0),
        (None, None, Some(service)) => format!("service:{service}"),
        (None, None, None) => "all".to_owned(),
    }
}

fn parse_cursor(text: &str) -> Option<(Date, Bytes)> {
    let (month, hex) = text.split_once('.')?;
    let month = Date::strptime("%Y-%m-%d", format!("{month}-01")).ok()?;
    if hex.len() % 2 != 0 || !hex.is_ascii() || hex.len() > 512 {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
    Some((month, bytes?.into()))
}

fn date(at: Time) -> Date {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX).min(253_402_300_799_000);
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn first(date: Date) -> Date {
    date.first_of_month()
}

fn months_back(date: Date, months: usize) -> Date {
    let months = i32::try_from(months).unwrap_or(i32::MAX);
    first(date).checked_sub(jiff::Span::new().months(months)).unwrap_or(first(date))
}
