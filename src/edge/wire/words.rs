//! The fixed words of the wire, each beside the domain's own. Never more than a table per type.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::center::StaffRole;
use crate::session::event::{AfterLeave, CloseWhy, ConcludeWhy, LeaveReason, OfferEnd, StopWhy};
use crate::session::{Phase, RecordState};
use crate::words::{Audience, PartyId, Role};

/// Who may see something, as clients write and read it.
#[derive(Clone, Copy, Debug)]
pub struct AudienceJson(pub Audience);

impl Serialize for AudienceJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Audience::All => serializer.serialize_str("all"),
            Audience::Staff => serializer.serialize_str("staff"),
            Audience::Supervisors => serializer.serialize_str("supervisors"),
            Audience::Nobody => serializer.serialize_str("nobody"),
            Audience::Only(PartyId(party)) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("only", &party)?;
                map.end()
            }
        }
    }
}

/// The word of a party's role.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Agent => "agent",
        Role::Supervisor => "supervisor",
        Role::Bot => "bot",
        Role::Flow => "flow",
        Role::System => "system",
    }
}

/// The word of a staff member's role.
#[must_use]
pub const fn staff_role(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Agent => "agent",
        StaffRole::Supervisor => "supervisor",
        StaffRole::Admin => "admin",
    }
}

/// The word of a session's state.
#[must_use]
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Unborn => "new",
        Phase::Online => "online",
        Phase::Offline => "offline",
        Phase::Stopped => "stopped",
    }
}

/// The word of a record's state.
#[must_use]
pub const fn record_state(state: RecordState) -> &'static str {
    match state {
        RecordState::New => "new",
        RecordState::Open => "open",
        RecordState::Offline => "offline",
        RecordState::Closed => "closed",
    }
}

/// The state of the session that a record is of.
#[must_use]
pub const fn session_state(state: RecordState) -> Phase {
    match state {
        RecordState::New | RecordState::Open => Phase::Online,
        RecordState::Offline => Phase::Offline,
        RecordState::Closed => Phase::Stopped,
    }
}

/// The word of a leave's reason.
#[must_use]
pub const fn leave_reason(reason: LeaveReason) -> &'static str {
    match reason {
        LeaveReason::Own => "own",
        LeaveReason::Absent => "absent",
        LeaveReason::Removed => "removed",
        LeaveReason::Closed => "closed",
        LeaveReason::Idle => "idle",
        LeaveReason::Transferred => "transferred",
    }
}

/// The word of an after-action.
#[must_use]
pub const fn after_leave(then: AfterLeave) -> &'static str {
    match then {
        AfterLeave::Keep => "keep",
        AfterLeave::CloseIfNoAgent => "close_if_no_agent",
        AfterLeave::Close => "close",
    }
}

/// The word of an offer's end.
#[must_use]
pub const fn offer_end(why: OfferEnd) -> &'static str {
    match why {
        OfferEnd::Declined => "declined",
        OfferEnd::TimedOut => "timed_out",
        OfferEnd::Withdrawn => "withdrawn",
        OfferEnd::AgentGone => "agent_gone",
    }
}

/// The word of a conclusion's reason.
#[must_use]
pub const fn conclude_why(why: ConcludeWhy) -> &'static str {
    match why {
        ConcludeWhy::Done => "done",
        ConcludeWhy::Transferred => "transferred",
        ConcludeWhy::Left => "left",
        ConcludeWhy::TooLong => "too_long",
    }
}

/// The word of a close's reason.
#[must_use]
pub const fn close_why(why: CloseWhy) -> &'static str {
    match why {
        CloseWhy::Asked => "asked",
        CloseWhy::AfterLeave => "after_leave",
        CloseWhy::Empty => "empty",
        CloseWhy::LongestWait => "longest_wait",
        CloseWhy::Idle => "idle",
        CloseWhy::Flow => "flow",
    }
}

/// The word of a stop's reason.
#[must_use]
pub const fn stop_why(why: StopWhy) -> &'static str {
    match why {
        StopWhy::Done => "done",
        StopWhy::TooLong => "too_long",
    }
}
