//! The numbers of the closed lists that travel. A number, once used, keeps its meaning for ever; new values are added at
//! the end. Never decides anything.

use crate::agent::event::Stage;
use crate::center::StaffRole;
use crate::session::Phase;
use crate::session::event::{AfterLeave, Errand};
use crate::session::input::ToldAgent;
use crate::words::Role;

/// Two functions from one table; leaving a value out does not compile.
macro_rules! codes {
    ($to:ident, $from:ident, $kind:ident, { $($name:ident = $code:literal),+ $(,)? }) => {
        #[doc = concat!("The number of a [`", stringify!($kind), "`].")]
        pub const fn $to(value: $kind) -> u64 {
            match value { $($kind::$name => $code),+ }
        }
        #[doc = concat!("The [`", stringify!($kind), "`] of a number, `None` for one of a later release.")]
        pub const fn $from(code: u64) -> Option<$kind> {
            match code { $($code => Some($kind::$name),)+ _ => None }
        }
    };
}

codes!(role_code, role_of, Role, { Customer = 0, Agent = 1, Supervisor = 2, Bot = 3, Flow = 4, System = 5 });
codes!(staff_code, staff_of, StaffRole, { Agent = 0, Supervisor = 1, Admin = 2 });
codes!(then_code, then_of, AfterLeave, { Keep = 0, CloseIfNoAgent = 1, Close = 2 });
codes!(errand_code, errand_of, Errand, { Engage = 0, Release = 1 });
codes!(told_code, told_of, ToldAgent, { Held = 0, Denied = 1, NotHeld = 2, Noted = 3 });
codes!(phase_code, phase_of, Phase, { Unborn = 0, Online = 1, Offline = 2, Stopped = 3 });
codes!(stage_code, stage_of, Stage, { Reserved = 0, Offered = 1, Engaged = 2 });
