//! The exit codes of `holdfast`, in one table. Never ends the process itself.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or stopped as asked.
    Stopped,
    /// The command could not do what it was asked; `check` and `load`: the verdict is BROKEN; `diff`: there are differences.
    Failed,
    /// The command line or a configuration is wrong; nothing was started.
    Usage,
    /// A second signal came: stopped at once; what was acknowledged is safe.
    Hurried,
    /// The deadline of the stop passed before the shards had ended; what was acknowledged is safe.
    Deadline,
}

impl Exit {
    /// Every end with the words for it, as `docs/runbook/node.md` shows them. A failed sync of the store ends the process with
    /// 70 from within the store.
    pub const ALL: [(Self, u8, &'static str); 5] = [
        (Self::Stopped, 0, "done, or stopped as asked"),
        (Self::Failed, 1, "could not be done; verdict BROKEN; differences found"),
        (Self::Usage, 2, "the command line or a configuration is wrong"),
        (Self::Deadline, 75, "stopped, but the deadline passed with work in flight"),
        (Self::Hurried, 130, "a second signal: stopped at once"),
    ];

    /// Its number.
    #[must_use]
    pub fn code(self) -> u8 {
        Self::ALL.iter().find(|(exit, _, _)| *exit == self).map_or(1, |(_, code, _)| *code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
