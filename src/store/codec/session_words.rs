//! The numbers and small rows that events and checkpoints of a session share. A number, once used, keeps its meaning for
//! ever; new values are added at the end. Never decides anything.

use super::fields::{DecodeError, Fields, Writer};
use crate::session::event::{
    AfterLeave, Birth, By, CloseWhy, ConcludeWhy, Errand, LeaveReason, OfferEnd, Party, StopWhy,
};
use crate::words::{AgentId, Audience, PartyId, Role};

/// Two functions from one table; leaving a value out does not compile.
macro_rules! codes {
    ($to:ident, $from:ident, $kind:ident, { $($name:ident = $code:literal),+ $(,)? }) => {
        pub(super) const fn $to(value: $kind) -> u64 {
            match value { $($kind::$name => $code),+ }
        }
        pub(super) const fn $from(code: u64) -> Option<$kind> {
            match code { $($code => Some($kind::$name),)+ _ => None }
        }
    };
}

codes!(role_code, role_of, Role, { Customer = 0, Agent = 1, Supervisor = 2, Bot = 3, Flow = 4, System = 5 });
codes!(left_code, left_of, LeaveReason, {
    Own = 0, Absent = 1, Removed = 2, Closed = 3, Idle = 4, Transferred = 5,
});
codes!(then_code, then_of, AfterLeave, { Keep = 0, CloseIfNoAgent = 1, Close = 2 });
codes!(offer_code, offer_of, OfferEnd, { Declined = 0, TimedOut = 1, Withdrawn = 2, AgentGone = 3 });
codes!(conclude_code, conclude_of, ConcludeWhy, { Done = 0, Transferred = 1, Left = 2, TooLong = 3 });
codes!(close_code, close_of, CloseWhy, {
    Asked = 0, AfterLeave = 1, Empty = 2, LongestWait = 3, Idle = 4, Flow = 5,
});
codes!(stop_code, stop_of, StopWhy, { Done = 0, TooLong = 1 });
codes!(errand_code, errand_of, Errand, { Engage = 0, Release = 1 });

/// Writes who did it into three fields from `key`: a party, a member of staff, an integration; none is the system.
pub(super) fn put_by(row: &mut Writer<'_>, key: u64, by: &By) {
    match by {
        By::Party(party) => row.u64(key, party.0.into()),
        By::Staff(agent) => row.str(key + 1, &agent.0),
        By::Integration(name) => row.str(key + 2, name),
        By::System => {}
    }
}

pub(super) fn get_by(row: &Fields<'_>, key: u64) -> Result<By, DecodeError> {
    if row.opt_u64(key)?.is_some() {
        return row.u32(key).map(PartyId).map(By::Party);
    }
    if let Some(agent) = row.opt_str(key + 1)? {
        return Ok(By::Staff(AgentId(agent)));
    }
    Ok(row.opt_str(key + 2)?.map_or(By::System, By::Integration))
}

/// Writes an audience into two fields from `key`: its kind, and the party of a direct message. `All` is left out.
pub(super) fn put_audience(row: &mut Writer<'_>, key: u64, audience: Audience) {
    match audience {
        Audience::All => {}
        Audience::Staff => row.u64(key, 1),
        Audience::Supervisors => row.u64(key, 2),
        Audience::Only(party) => {
            row.u64(key, 3);
            row.u64(key + 1, party.0.into());
        }
        Audience::Nobody => row.u64(key, 4),
    }
}

/// An audience of a later release is an error and never "everyone".
pub(super) fn get_audience(row: &Fields<'_>, key: u64) -> Result<Audience, DecodeError> {
    match row.opt_u64(key)? {
        None => Ok(Audience::All),
        Some(1) => Ok(Audience::Staff),
        Some(2) => Ok(Audience::Supervisors),
        Some(3) => row.u32(key + 1).map(PartyId).map(Audience::Only),
        Some(4) => Ok(Audience::Nobody),
        Some(value) => Err(DecodeError::Unknown { field: key, value }),
    }
}

pub(super) fn put_party(row: &mut Writer<'_>, party: &Party) {
    row.u64(1, party.id.0.into());
    row.u64(2, role_code(party.role));
    row.str(3, &party.nick);
    if let Some(agent) = &party.agent {
        row.str(4, &agent.0);
    }
    put_audience(row, 5, party.audience);
}

pub(super) fn get_party(row: &Fields<'_>) -> Result<Party, DecodeError> {
    Ok(Party {
        id: PartyId(row.u32(1)?),
        role: row.code(2, role_of)?,
        nick: row.str(3)?,
        agent: row.opt_str(4)?.map(AgentId),
        audience: get_audience(row, 5)?,
    })
}

pub(super) fn put_birth(row: &mut Writer<'_>, birth: &Birth) {
    row.str(1, &birth.service);
    row.str(2, &birth.unit);
    row.u64(3, birth.config);
    row.texts(4, &birth.contact);
    if let Some(identity) = &birth.identity {
        row.str(5, identity);
    }
    put_by(row, 6, &birth.creator);
    row.texts(9, &birth.data);
}

pub(super) fn get_birth(row: &Fields<'_>) -> Result<Birth, DecodeError> {
    Ok(Birth {
        service: row.str(1)?,
        unit: row.str(2)?,
        config: row.u64(3)?,
        contact: row.texts(4)?,
        identity: row.opt_str(5)?,
        creator: get_by(row, 6)?,
        data: row.texts(9)?,
    })
}
