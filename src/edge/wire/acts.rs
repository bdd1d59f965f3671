//! From the wire's words to what is asked of a session. Both REST and WebSocket come through here, so that they mean the
//! same. Never checks limits or rights: the session does.

use crate::edge::refusals::Problem;
use crate::session::event::{AfterLeave, Notice, Target};
use crate::session::input::Act;
use crate::words::{AgentId, Audience, MessageId, PartyId, ReservationId, Seq};

use super::bodies;
use super::frame::{Frame, Op, Word};

/// Who may see it: one party, a named audience, or everyone.
pub fn audience(to: Option<u32>, word: Option<&str>) -> Result<Audience, Problem> {
    match (to, word) {
        (Some(_), Some(_)) => Err(Problem::malformed("audience", "either `to` or `audience`, not both")),
        (Some(party), None) => Ok(Audience::Only(PartyId(party))),
        (None, None | Some("all")) => Ok(Audience::All),
        (None, Some("staff")) => Ok(Audience::Staff),
        (None, Some("supervisors")) => Ok(Audience::Supervisors),
        (None, Some(_)) => Err(Problem::malformed("audience", "one of all, staff, supervisors")),
    }
}

/// An id that a client gave: 1 to 64 visible ASCII characters.
pub fn message_id(text: &str) -> Result<MessageId, Problem> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(MessageId(text.to_owned()))
    } else {
        Err(Problem::malformed("id", "1 to 64 visible ASCII characters"))
    }
}

/// A reservation that a client named.
pub fn reservation(text: Option<&str>) -> Result<ReservationId, Problem> {
    let text = required("reservation", text)?;
    ReservationId::parse(text).ok_or_else(|| Problem::malformed("reservation", "32 hexadecimal digits"))
}

/// What a leaver asks to happen next.
pub fn leave(then: Option<&str>) -> Result<Act, Problem> {
    let then = match then {
        None | Some("close_if_no_agent") => AfterLeave::CloseIfNoAgent,
        Some("keep") => AfterLeave::Keep,
        Some("close") => AfterLeave::Close,
        Some(_) => return Err(Problem::malformed("then", "one of keep, close_if_no_agent, close")),
    };
    Ok(Act::Leave { then })
}

/// Where a transfer goes.
pub fn transfer(agent: Option<&str>, queue: Option<&str>) -> Result<Act, Problem> {
    let target = match (agent, queue) {
        (Some(agent), None) => Target::Agent(AgentId(agent.to_owned())),
        (None, Some(queue)) => Target::Queue(queue.to_owned()),
        _ => return Err(Problem::malformed("agent", "either `agent` or `queue`")),
    };
    Ok(Act::Transfer { target })
}

/// `true` for ready.
pub fn state(word: Option<&str>) -> Result<bool, Problem> {
    match word {
        Some("ready") => Ok(true),
        Some("not_ready") => Ok(false),
        _ => Err(Problem::malformed("state", "one of ready, not_ready")),
    }
}

/// The parts of a notice, from a body or a frame.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are those of the body in `bodies.rs`")]
pub struct NoticeParts<'a> {
    pub kind: &'a str,
    pub url: Option<&'a str>,
    pub name: Option<&'a str>,
    pub data: Option<&'a str>,
    pub file: Option<&'a str>,
    pub bytes: Option<u64>,
    pub mime: Option<&'a str>,
    pub nick: Option<&'a str>,
    pub seq: Option<u64>,
}

/// A notice from its parts.
pub fn notice(parts: &NoticeParts<'_>) -> Result<Notice, Problem> {
    match parts.kind {
        "url" => Ok(Notice::Url(required("url", parts.url)?.to_owned())),
        "custom" => Ok(Notice::Custom {
            name: required("name", parts.name)?.to_owned(),
            data: parts.data.unwrap_or_default().to_owned(),
        }),
        "file" => Ok(Notice::File {
            file: required("file", parts.file)?.to_owned(),
            name: required("name", parts.name)?.to_owned(),
            bytes: required("bytes", parts.bytes)?,
            mime: required("mime", parts.mime)?.to_owned(),
        }),
        "nick" => Ok(Notice::Nick(required("nick", parts.nick)?.to_owned())),
        "read" => Ok(Notice::Read(Seq(required("seq", parts.seq)?))),
        _ => Err(Problem::malformed("kind", "one of url, custom, file, nick, read")),
    }
}

impl bodies::Notice {
    /// What it asks for.
    pub fn act(&self) -> Result<Act, Problem> {
        let parts = NoticeParts {
            kind: &self.kind,
            url: self.url.as_deref(),
            name: self.name.as_deref(),
            data: self.data.as_deref(),
            file: self.file.as_deref(),
            bytes: self.bytes,
            mime: self.mime.as_deref(),
            nick: self.nick.as_deref(),
            seq: self.seq,
        };
        let audience = audience(self.to, self.audience.as_deref())?;
        Ok(Act::Notice { notice: notice(&parts)?, audience })
    }
}

impl Frame<'_> {
    /// What it asks of a session; `None` for what is not asked of one.
    pub fn act(&mut self) -> Result<Option<Act>, Problem> {
        let act = match self.op {
            Op::Send => Act::Send {
                audience: audience(self.to, self.audience.as_deref())?,
                text: required("text", self.text.take())?.into_owned(),
            },
            Op::Notice => self.notice()?,
            Op::Typing => Act::Typing {
                on: self.on.unwrap_or(true),
                preview: self.preview.take().map(Word::into_owned),
            },
            Op::Data => Act::Data {
                set: self.set.take().unwrap_or_default(),
                remove: self.remove.take().unwrap_or_default(),
            },
            Op::Leave => leave(self.then.as_deref())?,
            Op::Close => Act::Close,
            Op::Accept => Act::Accept { reservation: reservation(self.reservation.as_deref())? },
            Op::Decline => Act::Decline { reservation: reservation(self.reservation.as_deref())? },
            Op::Conclude => Act::Conclude {
                disposition: self.disposition.take().map(Word::into_owned),
                note: self.note.take().map(Word::into_owned),
            },
            Op::Transfer => transfer(self.agent.as_deref(), self.queue.as_deref())?,
            Op::Note => Act::Note { text: required("text", self.text.take())?.into_owned() },
            Op::Disposition => Act::Disposition { code: required("code", self.code.take())?.into_owned() },
            Op::Ping | Op::Watch | Op::Unwatch | Op::State | Op::Join => return Ok(None),
        };
        Ok(Some(act))
    }

    fn notice(&self) -> Result<Act, Problem> {
        let parts = NoticeParts {
            kind: required("kind", self.kind.as_deref())?,
            url: self.url.as_deref(),
            name: self.name.as_deref(),
            data: self.data.as_deref(),
            file: self.file.as_deref(),
            bytes: self.bytes,
            mime: self.mime.as_deref(),
            nick: self.nick.as_deref(),
            seq: self.seq,
        };
        let audience = audience(self.to, self.audience.as_deref())?;
        Ok(Act::Notice { notice: notice(&parts)?, audience })
    }
}

/// A field that must be there.
pub fn required<T>(field: &'static str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::malformed(field, "this field is required here"))
}
