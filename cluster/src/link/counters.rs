//! What the link counts, for whoever exports it. Never resets.

use std::sync::atomic::{AtomicU64, Ordering};

/// Declares the counters once: the live atomics and the copy that is exported.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counters of the peer port, live.
        #[derive(Debug, Default)]
        pub struct LinkCounters { $($(#[$doc])* pub $name: AtomicU64,)* }

        /// A copy of [`LinkCounters`].
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct LinkFigures { $($(#[$doc])* pub $name: u64,)* }

        impl LinkCounters {
            /// The present values.
            #[must_use]
            pub fn figures(&self) -> LinkFigures {
                LinkFigures { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }

        impl LinkFigures {
            /// Names and values, in order.
            #[must_use]
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

counters! {
    /// Connections accepted by the port.
    accepted,
    /// Connections closed because too many had not proved the secret yet, or too many had.
    crowded_out,
    /// Hellos of others that this node accepted.
    welcomed,
    /// Hellos of others that did not prove the secret.
    refused_secret,
    /// Hellos of others that named another cluster, another node, or a version or lane that is not served.
    refused_named,
    /// Connections of others whose TLS failed: no certificate, one that is not believed, or no TLS at all.
    refused_tls,
    /// Hellos of others that broke off, made no sense or took too long.
    broken_hellos,
    /// Connections that this node opened.
    dialed,
    /// Hellos of this node that were refused by the other side.
    hellos_refused,
    /// Attempts of this node that ended before the hello was done.
    dials_failed,
    /// Calls sent to peers.
    calls_sent,
    /// Calls that were not sent, because a bound was reached or there was no link.
    calls_not_sent,
    /// Calls whose outcome stayed unknown.
    calls_unknown,
    /// Calls of peers that were handled.
    calls_handled,
    /// Calls and streams of peers that were turned away because too many were under way.
    calls_turned_away,
    /// Calls of peers that were given up: cancelled, late, or their link died.
    calls_given_up,
    /// Streams opened by this node.
    streams_opened,
    /// Streams served to peers.
    streams_served,
    /// Connections ended because the other side broke the protocol.
    protocol_errors,
    /// Links that were established by the pool.
    links_up,
    /// Links that the pool lost.
    links_lost,
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
