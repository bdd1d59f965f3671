//! What is done to a cluster, and what people may notice of it. Never does it.

use std::time::Duration;

use clap::ValueEnum;

/// A kind of fault, or of work that an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Scenario {
    /// SIGKILL of a node that owns sessions and does not lead
    KillFollower,
    /// SIGKILL of the node that leads the agreement on the map
    KillLeader,
    /// SIGSTOP of a node that owns sessions for ten seconds, then SIGCONT
    Stop,
    /// SIGKILL of two nodes that own sessions within 100 ms, of five
    TwoInARow,
    /// SIGKILL of all nodes at once, then all are started
    RestartAll,
    /// SIGTERM of each node in turn, and its start
    Rolling,
    /// A node is added, and removed again
    AddRemove,
    /// All cores are busy with something else for a minute
    Busy,
    /// A node that owns sessions is cut off from its peers for ten seconds, and reaches Cassandra all the time
    CutPeers,
    /// A node that owns sessions is cut off from Cassandra for ten seconds, and reaches its peers all the time
    CutStore,
    /// SIGKILL of a node that owns sessions while nobody sends anything: whatever is due happens all the same
    Silent,
    /// Behind one address: SIGKILL of a node that owns sessions and has no clients
    AddressOwner,
    /// Behind one address: SIGKILL of the node that customers are connected to
    AddressEdge,
    /// Behind one address: SIGSTOP of the node that customers are connected to for ten seconds
    AddressEdgeStop,
    /// Behind one address: the node that customers are connected to is cut off from everybody for ten seconds
    AddressEdgeCut,
    /// SIGKILL of a node with many clients (--crowd), of whom few send anything (--talkers)
    Crowd,
    /// SIGKILL of a node and of one of three servers of Cassandra at once
    ZoneKill,
    /// SIGSTOP of a node and of one of three servers of Cassandra for ten seconds, then SIGCONT
    ZoneStop,
    /// All Raft disks are wiped while the processes run, and one node founds the cluster anew
    Wiped,
    /// A journal that cannot be replayed, through three takeovers
    Poison,
    /// Nobody is hurt: what the agreement on the map costs without a message and with many (--full-rate)
    FullLoad,
}

/// What has to be there for a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Nodes, and people who know the addresses of all of them.
    People,
    /// The same, with nodes whose links can be cut.
    Cuts,
    /// Nodes, and people who have fallen silent.
    Silence,
    /// Nodes behind one address, and people who know no other.
    Address,
    /// Nodes, and many people of whom few say anything.
    Crowd,
    /// Nodes on three servers of Cassandra, which fail with them.
    Zone,
    /// Nodes that lose what they have agreed on.
    Wiped,
    /// Nodes, and people who say as much as they can.
    Load,
    /// The same as the first, with two nodes more.
    Five,
}

impl Ground {
    /// What its folder is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Cuts => "cuts",
            Self::Silence => "silence",
            Self::Address => "address",
            Self::Crowd => "crowd",
            Self::Zone => "zone",
            Self::Wiped => "wiped",
            Self::Load => "load",
            Self::Five => "five",
        }
    }
}

/// What people may notice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Half of the sessions pause no longer, milliseconds.
    pub p50: Option<f64>,
    /// 99 of 100 sessions pause no longer, milliseconds; after a stop that long beyond what it takes to suspect a node.
    pub p99: Option<f64>,
    /// The same for sessions whose own node was stopped: their clients have to find out for themselves.
    pub edge_p99: Option<f64>,
    /// The same for sessions that have nothing to do with a node that was killed; none of their requests may fail then.
    pub others_p99: Option<f64>,
    /// Whether no request may fail.
    pub no_failure: bool,
    /// Whether no node may be deposed.
    pub no_deposition: bool,
}

impl Scenario {
    /// Its name, as on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// What has to be there for it.
    pub fn ground(self) -> Ground {
        match self {
            Self::CutPeers | Self::CutStore => Ground::Cuts,
            Self::Silent => Ground::Silence,
            Self::AddressOwner | Self::AddressEdge | Self::AddressEdgeStop | Self::AddressEdgeCut => {
                Ground::Address
            }
            Self::Crowd => Ground::Crowd,
            Self::ZoneKill | Self::ZoneStop => Ground::Zone,
            Self::Wiped => Ground::Wiped,
            Self::TwoInARow => Ground::Five,
            Self::FullLoad => Ground::Load,
            _ => Ground::People,
        }
    }

    /// Whether it is about the node that clients are connected to.
    pub fn is_edge(self) -> bool {
        matches!(self, Self::AddressEdge | Self::AddressEdgeStop | Self::AddressEdgeCut)
    }

    /// Whether a node is silent in it, so that its peers have to suspect it first.
    pub fn is_silent(self) -> bool {
        matches!(self, Self::Stop | Self::ZoneStop | Self::CutPeers | Self::CutStore)
    }

    /// The fewest nodes that it makes sense with.
    pub fn nodes(self) -> u8 {
        match self {
            Self::TwoInARow => 5,
            Self::RestartAll | Self::Busy => 1,
            _ => 3,
        }
    }

    /// How long what it does is looked at, when a window is this long: a start of everything takes its time.
    pub fn window(self, window: Duration) -> Duration {
        match self {
            Self::RestartAll | Self::Wiped => window.max(Duration::from_secs(30)),
            Self::Busy => window.max(Duration::from_secs(60)),
            Self::Stop
            | Self::ZoneStop
            | Self::CutPeers
            | Self::CutStore
            | Self::AddressEdgeStop
            | Self::AddressEdgeCut
            | Self::Crowd => window.max(STOPPED),
            _ => window,
        }
    }

    /// What was promised of it.
    pub fn bounds(self) -> Bounds {
        let none = Bounds {
            p50: None,
            p99: None,
            edge_p99: None,
            others_p99: None,
            no_failure: false,
            no_deposition: false,
        };
        match self {
            Self::KillFollower | Self::ZoneKill => Bounds { p50: Some(100.0), p99: Some(500.0), ..none },
            Self::KillLeader => Bounds { p99: Some(900.0), others_p99: Some(50.0), ..none },
            Self::Stop | Self::ZoneStop | Self::CutPeers | Self::CutStore => {
                Bounds { p99: Some(500.0), edge_p99: Some(5_000.0), ..none }
            }
            Self::Rolling | Self::AddRemove => {
                Bounds { p99: Some(50.0), no_failure: true, no_deposition: true, ..none }
            }
            Self::AddressOwner | Self::Crowd => Bounds { p99: Some(1_000.0), ..none },
            Self::AddressEdge => Bounds { edge_p99: Some(2_000.0), ..none },
            Self::AddressEdgeStop | Self::AddressEdgeCut => Bounds { edge_p99: Some(5_000.0), ..none },
            Self::Busy => Bounds { no_deposition: true, ..none },
            Self::TwoInARow
            | Self::RestartAll
            | Self::Silent
            | Self::Wiped
            | Self::Poison
            | Self::FullLoad => none,
        }
    }
}

/// How long a node is stopped or cut off.
pub const STOPPED: Duration = Duration::from_secs(10);
/// Between the two kills of two in a row.
pub const BETWEEN: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        assert_eq!(Scenario::TwoInARow.name(), "two-in-a-row");
        assert_eq!(Scenario::from_str("kill-leader", false), Ok(Scenario::KillLeader));
    }
}
