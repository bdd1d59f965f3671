//! What is asked of an agent's journal, what it says to a session, and the reservations it holds. Each is a row of its own.

use super::codes::{errand_code, errand_of, stage_code, stage_of};
use super::who::{get_agent, get_reservation, get_session, put_session, put_text, put_texts};
use crate::agent::event::{AgentAct, Held};
use crate::session::input::FromAgent;
use crate::store::codec::fields::{DecodeError, Fields, Writer};
use crate::words::{ReservationId, Time};

/// What an agent, or an admin for them, asks for.
pub fn put_agent_act(row: &mut Writer<'_>, act: &AgentAct) {
    match act {
        AgentAct::SignIn { device, capacity, queues } => {
            row.u64(1, 1);
            row.str(2, device);
            row.u64(3, (*capacity).into());
            put_texts(row, 4, queues);
        }
        AgentAct::SignOut { device } => {
            row.u64(1, 2);
            row.str(2, device);
        }
        AgentAct::State { ready, reason } => {
            row.u64(1, 3);
            row.flag(5, *ready);
            put_text(row, 6, reason.as_deref());
        }
    }
}

/// Reads what [`put_agent_act`] wrote.
pub fn get_agent_act(row: &Fields<'_>) -> Result<AgentAct, DecodeError> {
    Ok(match row.u64(1)? {
        1 => AgentAct::SignIn { device: row.str(2)?, capacity: row.u32(3)?, queues: row.list(4)? },
        2 => AgentAct::SignOut { device: row.str(2)? },
        3 => AgentAct::State { ready: row.flag(5)?, reason: row.opt_str(6)? },
        value => return Err(DecodeError::Unknown { field: 1, value }),
    })
}

/// What an agent's journal says to a session.
pub fn put_from_agent(row: &mut Writer<'_>, said: &FromAgent) {
    match said {
        FromAgent::Reserved { reservation, agent, queue, deadline } => {
            row.u64(1, 1);
            row.u128(2, reservation.0);
            row.str(3, &agent.0);
            row.str(4, queue);
            row.u64(5, deadline.0);
        }
        FromAgent::GaveUp { reservation, agent } => {
            row.u64(1, 2);
            row.u128(2, reservation.0);
            row.str(3, &agent.0);
        }
        FromAgent::Holds { reservation, agent } => {
            row.u64(1, 3);
            row.u128(2, reservation.0);
            row.str(3, &agent.0);
        }
        FromAgent::Done { reservation, errand } => {
            row.u64(1, 4);
            row.u128(2, reservation.0);
            row.u64(6, errand_code(*errand));
        }
    }
}

/// Reads what [`put_from_agent`] wrote.
pub fn get_from_agent(row: &Fields<'_>) -> Result<FromAgent, DecodeError> {
    let kind = row.u64(1)?;
    let reservation = get_reservation(row, 2)?;
    Ok(match kind {
        1 => {
            let (queue, deadline) = (row.str(4)?, Time(row.u64(5)?));
            FromAgent::Reserved { reservation, agent: get_agent(row, 3)?, queue, deadline }
        }
        2 => FromAgent::GaveUp { reservation, agent: get_agent(row, 3)? },
        3 => FromAgent::Holds { reservation, agent: get_agent(row, 3)? },
        4 => FromAgent::Done { reservation, errand: row.code(6, errand_of)? },
        value => return Err(DecodeError::Unknown { field: 1, value }),
    })
}

/// A reservation that an agent's journal holds.
pub fn put_held(row: &mut Writer<'_>, (id, held): (&ReservationId, &Held)) {
    row.u128(1, id.0);
    put_session(row, 2, held.session);
    row.str(3, &held.queue);
    row.u64(4, held.deadline.0);
    row.u64(5, stage_code(held.stage));
}

/// Reads what [`put_held`] wrote.
pub fn get_held(row: &Fields<'_>) -> Result<(ReservationId, Held), DecodeError> {
    let (session, deadline) = (get_session(row, 2)?, Time(row.u64(4)?));
    let held = Held { session, queue: row.str(3)?, deadline, stage: row.code(5, stage_of)? };
    Ok((get_reservation(row, 1)?, held))
}
