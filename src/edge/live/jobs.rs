//! What a connection waits for besides its mailbox: attaching, pages, summaries. Each is one boxed future, so that an
//! idle connection carries none. Never renders.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;

use super::connection::AtWork;
use crate::agent::AgentRefusal;
use crate::agent::event::AgentAct;
use crate::edge::Shared;
use crate::limits::PAGE_EVENTS;
use crate::shard::door::{AgentSummary, DoorError, EventPage, Mailbox, Receipt, StaffDoor, Summary, Who};
use crate::words::{AgentId, MessageId, ReservationId, Seq, SessionId};

/// The jobs of one connection.
pub type Jobs = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>;

/// A finished job.
#[derive(Debug)]
pub enum Done {
    /// An attach was answered.
    Attached(SessionId, Result<Seq, DoorError>),
    /// A page is here.
    Page(SessionId, Result<EventPage, DoorError>),
    /// What an offer is about.
    Offer(ReservationId, Result<Summary, DoorError>),
    /// The agent's own journal is attached, and this is how it stands.
    Agent(Result<AgentSummary, DoorError>),
    /// A change of the agent's own journal was answered.
    AgentAsked(MessageId, Result<Receipt, DoorError>),
}

/// Attaches, after a pause when it was tried before.
pub fn attach(jobs: &Jobs, shared: &Arc<Shared>, who: Who, at: (SessionId, Seq), reply: (Mailbox, u8)) {
    let shared = Arc::clone(shared);
    let ((session, from), (mailbox, tries)) = (at, reply);
    jobs.push(Box::pin(async move {
        if tries > 0 {
            shared.runtime.sleep(Duration::from_millis(50 << tries.min(6))).await;
        }
        Done::Attached(session, shared.door.attach(who, session, from, mailbox).await)
    }));
}

/// Fetches a page.
pub fn page(jobs: &Jobs, shared: &Arc<Shared>, who: Who, session: SessionId, from: Seq) {
    let wait = shared.door.page(who, session, from, PAGE_EVENTS);
    jobs.push(Box::pin(async move { Done::Page(session, wait.await) }));
}

/// Fetches what an offer is about.
pub fn offer(jobs: &Jobs, shared: &Arc<Shared>, who: Who, session: SessionId, reservation: ReservationId) {
    let wait = shared.door.summary(who, session);
    jobs.push(Box::pin(async move { Done::Offer(reservation, wait.await) }));
}

/// Asks the agent's own journal.
pub fn ask_agent(jobs: &Jobs, at: &AtWork, id: MessageId, act: AgentAct) {
    let wait = at.door.ask_agent(at.side.agent.clone(), id.clone(), act);
    jobs.push(Box::pin(async move { Done::AgentAsked(id, wait.await) }));
}

/// Attaches the agent's own journal. A device that was signed out because it was not seen is signed in again: its token
/// is still good.
pub fn attach_agent(jobs: &Jobs, shared: &Arc<Shared>, at: &AtWork, mailbox: Mailbox) {
    let (shared, door) = (Arc::clone(shared), Arc::clone(&at.door));
    let (agent, device) = (at.side.agent.clone(), at.side.device.clone());
    jobs.push(Box::pin(async move { Done::Agent(present((&shared, &door), agent, device, mailbox).await) }));
}

/// See [`attach_agent`].
pub async fn present(
    (shared, door): (&Arc<Shared>, &Arc<dyn StaffDoor>),
    agent: AgentId,
    device: String,
    mailbox: Mailbox,
) -> Result<AgentSummary, DoorError> {
    if !door.agent(agent.clone()).await?.devices.contains(&device) {
        sign_in((shared, door), &agent, &device).await?;
    }
    door.attach_agent(agent.clone(), device, mailbox).await?;
    door.agent(agent).await
}

/// Signs a device in, with what the configuration says of the agent now.
pub async fn sign_in(
    (shared, door): (&Arc<Shared>, &Arc<dyn StaffDoor>),
    agent: &AgentId,
    device: &str,
) -> Result<Receipt, DoorError> {
    let center = door.center();
    let known = center.agents.get(agent).ok_or(DoorError::AgentRefused(AgentRefusal::NotSignedIn))?;
    let act = AgentAct::SignIn {
        device: device.to_owned(),
        capacity: known.capacity,
        queues: known.queues.clone(),
    };
    door.ask_agent(agent.clone(), shared.draw_id(), act).await
}
