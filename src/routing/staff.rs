//! Who is signed in and who is free, the longest idle first. Never knows who waits.

use std::collections::{BTreeMap, BTreeSet};

use crate::words::{AgentId, Time};

#[derive(Clone, Debug, Default)]
struct Member {
    queues: BTreeSet<String>,
    /// As announced.
    free: u32,
    idle_since: Time,
    /// Proposals that count against `free`. They outlive a sign-out and a new announcement.
    proposed: u32,
    /// Left alone until then.
    paused: Option<Time>,
    /// Announced and not gone.
    here: bool,
}

impl Member {
    const fn is_free(&self) -> bool {
        self.here && self.paused.is_none() && self.free > self.proposed
    }
}

#[derive(Clone, Debug, Default)]
struct Team {
    /// Everyone signed in.
    all: BTreeSet<AgentId>,
    /// Those with free capacity.
    idle: BTreeSet<(Time, AgentId)>,
}

/// The agents of the group.
#[derive(Clone, Debug, Default)]
pub(super) struct Staff {
    members: BTreeMap<AgentId, Member>,
    teams: BTreeMap<String, Team>,
}

impl Staff {
    pub(super) fn announce(&mut self, agent: &AgentId, queues: &[String], free: u32, idle_since: Time) {
        self.change(agent, |member| {
            member.queues = queues.iter().cloned().collect();
            member.free = free;
            member.idle_since = idle_since;
            member.here = true;
        });
    }

    pub(super) fn remove(&mut self, agent: &AgentId) {
        if self.members.contains_key(agent) {
            self.change(agent, |member| member.here = false);
        }
    }

    /// Leaves the agent alone until then; returns until when that was so before.
    pub(super) fn pause(&mut self, agent: &AgentId, until: Time) -> Option<Time> {
        let before = self.members.get(agent).and_then(|member| member.paused);
        if self.members.contains_key(agent) {
            self.change(agent, |member| member.paused = Some(until));
        }
        before
    }

    /// Ends the pause; returns until when it would have been.
    pub(super) fn resume(&mut self, agent: &AgentId) -> Option<Time> {
        let before = self.members.get(agent)?.paused?;
        self.change(agent, |member| member.paused = None);
        Some(before)
    }

    pub(super) fn take(&mut self, agent: &AgentId) {
        self.change(agent, |member| member.proposed += 1);
    }

    pub(super) fn give_back(&mut self, agent: &AgentId) {
        if self.members.contains_key(agent) {
            self.change(agent, |member| member.proposed = member.proposed.saturating_sub(1));
        }
    }

    /// Every change of a member goes through here, so that the teams never disagree with it.
    fn change(&mut self, agent: &AgentId, with: impl FnOnce(&mut Member)) {
        let mut member = self.members.remove(agent).unwrap_or_default();
        self.unlist(agent, &member);
        with(&mut member);
        if member.here {
            self.list(agent, &member);
        }
        if member.here || member.proposed > 0 || member.paused.is_some() {
            self.members.insert(agent.clone(), member);
        }
    }

    fn list(&mut self, agent: &AgentId, member: &Member) {
        for queue in &member.queues {
            let team = self.teams.entry(queue.clone()).or_default();
            team.all.insert(agent.clone());
            if member.is_free() {
                team.idle.insert((member.idle_since, agent.clone()));
            }
        }
    }

    fn unlist(&mut self, agent: &AgentId, member: &Member) {
        for queue in &member.queues {
            let Some(team) = self.teams.get_mut(queue) else { continue };
            team.all.remove(agent);
            team.idle.remove(&(member.idle_since, agent.clone()));
            if team.all.is_empty() {
                self.teams.remove(queue);
            }
        }
    }

    pub(super) fn signed_in(&self, queue: &str) -> u32 {
        self.teams.get(queue).map_or(0, |team| u32::try_from(team.all.len()).unwrap_or(u32::MAX))
    }

    /// Those with free capacity, the longest idle first.
    pub(super) fn idle(&self, queue: &str) -> impl Iterator<Item = &AgentId> {
        self.teams.get(queue).into_iter().flat_map(|team| team.idle.iter().map(|(_, agent)| agent))
    }

    pub(super) fn is_free(&self, agent: &AgentId) -> bool {
        self.members.get(agent).is_some_and(Member::is_free)
    }
}
