//! What a connection does with frames from its client: parses, asks the door, refuses what is not the protocol.

use axum::extract::ws::{Message, Utf8Bytes};

use crate::agent::event::AgentAct;
use crate::edge::refusals::{Code, Problem};
use crate::edge::wire::acts;
use crate::edge::wire::frame::{Frame, Op};
use crate::limits::MALFORMED_FRAMES;
use crate::session::input::{Act, Ask};
use crate::words::{MessageId, Seq, SessionId};

use super::connection::{Asked, Connection};
use super::jobs;
use super::socket::End;

/// The tag of requests whose answer nobody waits for.
const UNANSWERED: u64 = 0;

impl Connection {
    pub(super) fn message(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match message {
            Some(Ok(Message::Text(text))) => self.text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(End::Protocol),
            // Too large a message ends the stream with an error: the client learns that it broke the protocol.
            Some(Err(_)) => Err(End::Protocol),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
        }
    }

    /// Looks again at a frame that was held until its session had caught up.
    pub(super) fn release(&mut self) -> Result<(), End> {
        match self.held.take() {
            Some(text) => self.text(text),
            None => Ok(()),
        }
    }

    fn text(&mut self, text: Utf8Bytes) -> Result<(), End> {
        let mut frame: Frame<'_> = match crate::edge::http::body::parse(text.as_bytes()) {
            Ok(frame) => frame,
            Err(problem) => {
                self.malformed += 1;
                self.refuse(None, None, &problem);
                return if self.malformed > MALFORMED_FRAMES { Err(End::Protocol) } else { Ok(()) };
            }
        };
        if frame.op == Op::Ping {
            self.out.push(&serde_json::json!({"pong": true}));
            return Ok(());
        }
        let id = match self.id(&frame) {
            Ok(id) => id,
            Err(problem) => {
                self.refuse(None, None, &problem);
                return Ok(());
            }
        };
        let session = self.session(&frame);
        if let Ok(Some(session)) = &session
            && self.watches.catching(*session)
            && !matches!(frame.op, Op::Watch | Op::Unwatch)
        {
            drop(frame);
            self.held = Some(text);
            return Ok(());
        }
        let asked = session.and_then(|session| self.ask(&mut frame, &id, session));
        if let Err(problem) = asked {
            let session = self.session(&frame).ok().flatten();
            self.refuse(Some(&id), session, &problem);
        }
        Ok(())
    }

    fn id(&self, frame: &Frame<'_>) -> Result<MessageId, Problem> {
        match frame.id.as_deref() {
            Some(id) => acts::message_id(id),
            // Never stored, so it needs no id of its own.
            None if frame.op == Op::Typing => Ok(MessageId("typing".into())),
            None => Ok(self.shared.draw_id()),
        }
    }

    fn session(&self, frame: &Frame<'_>) -> Result<Option<SessionId>, Problem> {
        let named = match frame.session.as_deref() {
            None => return Ok(self.peer.only),
            Some(text) => {
                SessionId::parse(text).ok_or_else(|| Problem::malformed("session", "a session's id"))?
            }
        };
        match self.peer.only {
            Some(only) if only != named => Err(Code::WrongSession.into()),
            _ => Ok(Some(named)),
        }
    }

    fn ask(
        &mut self,
        frame: &mut Frame<'_>,
        id: &MessageId,
        session: Option<SessionId>,
    ) -> Result<(), Problem> {
        if frame.op == Op::State {
            return self.state(frame, id);
        }
        let session = acts::required("session", session)?;
        match frame.op {
            Op::Watch | Op::Unwatch if self.peer.only.is_some() => return Err(Code::NotAllowed.into()),
            Op::Watch if self.watches.is_full() => return Err(Code::TooMany.into()),
            Op::Watch => self.watch(session, Seq(frame.from.unwrap_or(0))),
            Op::Unwatch => {
                if self.watches.end(session) {
                    self.shared.door.detach(session, &self.mailbox);
                }
            }
            Op::Join => {
                let role = acts::required("as", frame.r#as.as_deref())?;
                let act = crate::edge::staff::join_act(
                    &self.peer.who,
                    &self.shared,
                    role,
                    frame.audience.as_deref(),
                )?;
                self.submit(session, id, None, act);
            }
            op => {
                let after = frame.after.map(Seq);
                let act = frame.act()?.ok_or_else(|| Problem::malformed("op", "not here"))?;
                self.submit_for(op, session, (id, after), act);
            }
        }
        Ok(())
    }

    fn submit_for(&mut self, op: Op, session: SessionId, id: (&MessageId, Option<Seq>), act: Act) {
        if op == Op::Typing {
            // Never stored and never answered: nothing is kept for it.
            let ask = Ask { by: self.peer.who.by.clone(), id: id.0.clone(), after: None, act };
            let reply = (self.mailbox.clone(), UNANSWERED);
            self.shared.door.submit(self.peer.who.clone(), session, ask, reply);
            return;
        }
        self.submit(session, id.0, id.1, act);
    }

    fn submit(&mut self, session: SessionId, id: &MessageId, after: Option<Seq>, act: Act) {
        let tag = self.next_tag;
        self.next_tag += 1;
        let watch = matches!(act, Act::Accept { .. } | Act::Join { .. });
        self.asked.push_back(Asked { tag, session, id: id.clone(), watch });
        let ask = Ask { by: self.peer.who.by.clone(), id: id.clone(), after, act };
        self.shared.door.submit(self.peer.who.clone(), session, ask, (self.mailbox.clone(), tag));
    }

    fn state(&mut self, frame: &Frame<'_>, id: &MessageId) -> Result<(), Problem> {
        let Some(at) = &self.peer.agent else {
            return Err(Code::NotAllowed.into());
        };
        let ready = acts::state(frame.state.as_deref())?;
        let reason = frame.reason.as_deref().map(str::to_owned);
        let act = AgentAct::State { ready, reason };
        jobs::ask_agent(&self.jobs, at, id.clone(), act);
        Ok(())
    }
}
