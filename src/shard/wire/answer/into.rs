//! Between answers and the door's results. An answer of another kind than was asked for is the other node's mistake: what
//! became of the call is then unknown, which is always safe to say.

use std::collections::BTreeMap;

use super::Answer;
use crate::shard::desk::board::QueueNow;
use crate::shard::door::{AgentSummary, DoorError, EventPage, Receipt, Summary};
use crate::shard::wire::why::Why;

impl Answer {
    /// The result of a change.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_receipt(self) -> Result<Receipt, Why> {
        if let Self::Receipt(receipt) = self { Ok(receipt) } else { Err(self.into_why()) }
    }

    /// The page.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_page(self) -> Result<EventPage, Why> {
        if let Self::Page(page) = self { Ok(page) } else { Err(self.into_why()) }
    }

    /// How the session stands.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_summary(self) -> Result<Summary, Why> {
        if let Self::Summary(summary) = self { Ok(*summary) } else { Err(self.into_why()) }
    }

    /// How the agent stands.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_agent(self) -> Result<AgentSummary, Why> {
        if let Self::Agent(summary) = self { Ok(summary) } else { Err(self.into_why()) }
    }

    /// The place in line.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_position(self) -> Result<Option<u32>, Why> {
        if let Self::Position(position) = self { Ok(position) } else { Err(self.into_why()) }
    }

    /// All queues.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn into_queues(self) -> Result<BTreeMap<String, QueueNow>, Why> {
        if let Self::Queues(queues) = self { Ok(queues) } else { Err(self.into_why()) }
    }

    fn into_why(self) -> Why {
        if let Self::Refused(why) = self { why } else { Why::Door(DoorError::Unknown) }
    }
}

impl<T: Into<Answer>, E: Into<Why>> From<Result<T, E>> for Answer {
    fn from(result: Result<T, E>) -> Self {
        result.map_or_else(|error| Self::Refused(error.into()), Into::into)
    }
}

impl From<Receipt> for Answer {
    fn from(receipt: Receipt) -> Self {
        Self::Receipt(receipt)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::Yes
    }
}

impl From<EventPage> for Answer {
    fn from(page: EventPage) -> Self {
        Self::Page(page)
    }
}

impl From<Summary> for Answer {
    fn from(summary: Summary) -> Self {
        Self::Summary(Box::new(summary))
    }
}

impl From<AgentSummary> for Answer {
    fn from(summary: AgentSummary) -> Self {
        Self::Agent(summary)
    }
}

impl From<Option<u32>> for Answer {
    fn from(position: Option<u32>) -> Self {
        Self::Position(position)
    }
}

impl From<BTreeMap<String, QueueNow>> for Answer {
    fn from(queues: BTreeMap<String, QueueNow>) -> Self {
        Self::Queues(queues)
    }
}
