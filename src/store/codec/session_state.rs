//! A session's checkpoint as stored bytes: its whole state at one published `seq`. Read by every later release, like the
//! events; a field that an older release did not write is read as what it meant then.

use super::fields::{DecodeError, Fields, Writer};
use super::session_words as words;
use crate::session::{Ended, Entry, FlowAt, Line, Offer, Past, Phase, Place, Present, Session, Tally, Work};
use crate::words::{AgentId, PartyId, ReservationId, Seq, SessionId, Time};

const VERSION: u8 = 1;

/// Writes the state at the end of `out`.
pub fn encode_session(session: &Session, out: &mut Vec<u8>) {
    Writer::row(VERSION, out, |row| {
        row.u128(1, u128::from_be_bytes(session.id.0));
        row.u64(2, session.seq.0);
        row.u64(3, session.last_at.0);
        row.u64(4, phase_code(session.phase));
        if let Some(birth) = &session.birth {
            row.nested(5, |row| words::put_birth(row, birth));
        }
        row.u64(6, session.born_at.0);
        row.u64(7, session.next_party.into());
        row.rows(8, session.present.iter(), put_present);
        row.rows(9, session.past.iter(), put_past);
        row.flag(10, session.customer_seen);
        row.texts(11, &session.data);
        row.nested(12, |row| put_line(row, &session.line));
        if let Some(at) = &session.flow {
            row.nested(13, |row| put_flow(row, at));
        }
        row.u64(14, words::then_code(session.after_leave));
        row.u64(15, session.last_talk.0);
        put_time(row, 16, session.idle_closes);
        if let Some(closed) = session.closed {
            row.u64(17, closed.at.0);
            row.u64(18, words::close_code(closed.why));
        }
        if let Some((at, seq)) = session.stopped {
            row.u64(19, at.0);
            row.u64(20, seq.0);
        }
        row.list(21, session.tally.agents.iter().map(|agent| agent.0.as_str()));
        if let Some(code) = &session.tally.disposition {
            row.str(22, code);
        }
        row.u64(23, session.tally.messages);
    });
}

/// Reads a state.
///
/// # Errors
/// Bytes of a later release, or damaged ones.
pub fn decode_session(bytes: &[u8]) -> Result<Session, DecodeError> {
    let row = Fields::read(VERSION, bytes)?;
    Ok(Session {
        id: SessionId(row.u128(1)?.to_be_bytes()),
        seq: Seq(row.u64(2)?),
        last_at: Time(row.u64(3)?),
        phase: row.code(4, phase_of)?,
        birth: row.opt_nested(5)?.map(|row| words::get_birth(&row)).transpose()?.map(Box::new),
        born_at: Time(row.u64(6)?),
        next_party: row.u32(7)?,
        present: row.rows(8)?.iter().map(get_present).collect::<Result<_, _>>()?,
        past: row.rows(9)?.iter().map(get_past).collect::<Result<_, _>>()?,
        customer_seen: row.flag(10)?,
        data: row.texts(11)?,
        line: get_line(&row.nested(12)?)?,
        flow: row.opt_nested(13)?.map(|row| get_flow(&row)).transpose()?,
        after_leave: row.code(14, words::then_of)?,
        last_talk: Time(row.u64(15)?),
        idle_closes: row.opt_u64(16)?.map(Time),
        closed: match row.opt_u64(17)? {
            Some(at) => Some(Ended { at: Time(at), why: row.code(18, words::close_of)? }),
            None => None,
        },
        stopped: match row.opt_u64(19)? {
            Some(at) => Some((Time(at), Seq(row.u64(20)?))),
            None => None,
        },
        tally: Tally {
            agents: row.list(21)?.into_iter().map(AgentId).collect(),
            disposition: row.opt_str(22)?,
            messages: row.u64(23)?,
        },
    })
}

const fn phase_code(phase: Phase) -> u64 {
    match phase {
        Phase::Unborn => 0,
        Phase::Online => 1,
        Phase::Offline => 2,
        Phase::Stopped => 3,
    }
}

const fn phase_of(code: u64) -> Option<Phase> {
    match code {
        0 => Some(Phase::Unborn),
        1 => Some(Phase::Online),
        2 => Some(Phase::Offline),
        3 => Some(Phase::Stopped),
        _ => None,
    }
}

fn put_time(row: &mut Writer<'_>, key: u64, time: Option<Time>) {
    if let Some(time) = time {
        row.u64(key, time.0);
    }
}

fn put_agent(row: &mut Writer<'_>, key: u64, agent: Option<&AgentId>) {
    if let Some(agent) = agent {
        row.str(key, &agent.0);
    }
}

fn put_present(row: &mut Writer<'_>, here: &Present) {
    row.nested(1, |row| words::put_party(row, &here.party));
    row.u64(2, here.since.0);
    put_time(row, 3, here.away);
    row.u64(4, here.read.0);
}

fn get_present(row: &Fields<'_>) -> Result<Present, DecodeError> {
    Ok(Present {
        party: words::get_party(&row.nested(1)?)?,
        since: Time(row.u64(2)?),
        away: row.opt_u64(3)?.map(Time),
        read: Seq(row.u64(4)?),
    })
}

fn put_past(row: &mut Writer<'_>, gone: &Past) {
    row.u64(1, gone.id.0.into());
    row.u64(2, words::role_code(gone.role));
    put_agent(row, 3, gone.agent.as_ref());
    words::put_audience(row, 4, gone.audience);
    if let Some(until) = gone.until {
        row.u64(6, until.0);
    }
}

fn get_past(row: &Fields<'_>) -> Result<Past, DecodeError> {
    Ok(Past {
        id: PartyId(row.u32(1)?),
        role: row.code(2, words::role_of)?,
        agent: row.opt_str(3)?.map(AgentId),
        audience: words::get_audience(row, 4)?,
        until: row.opt_u64(6)?.map(Seq),
    })
}

fn put_line(row: &mut Writer<'_>, line: &Line) {
    if let Some(place) = &line.place {
        row.str(1, &place.queue);
        row.i64(2, place.priority.into());
        row.u64(3, place.since.0);
    }
    row.flag(4, line.waiting);
    row.u64(5, line.wait_from.0);
    row.u64(6, line.changed.0);
    put_agent(row, 7, line.prefer.as_ref());
    row.list(8, line.avoid.iter().map(|agent| agent.0.as_str()));
    if let Some(offer) = &line.offer {
        row.u128(9, offer.reservation.0);
        row.str(10, &offer.agent.0);
        row.u64(11, offer.deadline.0);
    }
    if let Some(work) = &line.work {
        row.u128(12, work.reservation.0);
        row.str(13, &work.agent.0);
    }
    row.rows(14, line.outbox.iter(), |row, entry| {
        row.u128(1, entry.reservation.0);
        row.str(2, &entry.agent.0);
        row.u64(3, words::errand_code(entry.errand));
        row.u64(4, entry.seq.0);
    });
    row.rows(15, line.ended.iter(), |row, reservation| row.u128(1, reservation.0));
}

fn get_line(row: &Fields<'_>) -> Result<Line, DecodeError> {
    Ok(Line {
        place: match row.opt_str(1)? {
            Some(queue) => Some(Place { queue, priority: row.i32(2)?, since: Time(row.u64(3)?) }),
            None => None,
        },
        waiting: row.flag(4)?,
        wait_from: Time(row.u64(5)?),
        changed: Seq(row.u64(6)?),
        prefer: row.opt_str(7)?.map(AgentId),
        avoid: row.list(8)?.into_iter().map(AgentId).collect(),
        offer: match row.opt_str(10)? {
            Some(agent) => Some(Offer {
                reservation: ReservationId(row.u128(9)?),
                agent: AgentId(agent),
                deadline: Time(row.u64(11)?),
            }),
            None => None,
        },
        work: match row.opt_str(13)? {
            Some(agent) => Some(Work { reservation: ReservationId(row.u128(12)?), agent: AgentId(agent) }),
            None => None,
        },
        outbox: row.rows(14)?.iter().map(get_entry).collect::<Result<_, _>>()?,
        ended: row
            .rows(15)?
            .iter()
            .map(|row| Ok(ReservationId(row.u128(1)?)))
            .collect::<Result<_, DecodeError>>()?,
    })
}

fn get_entry(row: &Fields<'_>) -> Result<Entry, DecodeError> {
    Ok(Entry {
        reservation: ReservationId(row.u128(1)?),
        agent: AgentId(row.str(2)?),
        errand: row.code(3, words::errand_of)?,
        seq: Seq(row.u64(4)?),
    })
}

fn put_flow(row: &mut Writer<'_>, at: &FlowAt) {
    row.str(1, &at.step);
    row.flag(2, at.begun);
    row.flag(3, at.said);
}

fn get_flow(row: &Fields<'_>) -> Result<FlowAt, DecodeError> {
    Ok(FlowAt { step: row.str(1)?, begun: row.flag(2)?, said: row.flag(3)? })
}
