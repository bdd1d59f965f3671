//! Every limit, in one place, with its unit.

// Session.

/// Bytes of a message's text, of a note, of a custom notice's name and data together, and of a typing preview.
pub const TEXT_BYTES: usize = 32 * 1024;
/// Characters of a nickname.
pub const NICK_CHARS: usize = 128;
/// Bytes of all userdata keys and values together.
pub const DATA_BYTES: usize = 64 * 1024;
/// Userdata keys.
pub const DATA_KEYS: usize = 100;
/// Bytes of one userdata or contact key.
pub const DATA_KEY_BYTES: usize = 128;
/// Contact attributes.
pub const CONTACT_KEYS: usize = 32;
/// Bytes of all contact keys and values together.
pub const CONTACT_BYTES: usize = 8 * 1024;
/// Parties that are in a session at once and came by a join; the flow and an accepting agent are never refused.
pub const PARTIES: usize = 32;
/// Ended stays that a session remembers, for their right to read; and agents named in a record's head.
pub const PAST_PARTIES: usize = 64;
/// Agents who declined and are asked last during the same wait.
pub const AVOIDED_AGENTS: usize = 4;
/// Events per second of one customer or member of staff in one session, in the long run.
pub const PARTY_EVENTS_PER_SECOND: u32 = 20;
/// Events at once of one customer or member of staff in one session.
pub const PARTY_EVENTS_BURST: u32 = 60;
/// Bytes of a pushed URL.
pub const URL_BYTES: usize = 2 * 1024;
/// Characters of a name: a file's, a custom notice's, a media type, a disposition, a reason.
pub const NAME_CHARS: usize = 255;
/// Milliseconds that a stop past `post_max` waits for agents' journals to answer.
pub const STOP_GRACE: u64 = 60_000;
/// Events that one decision makes at most; past it a rule of the machine feeds on itself.
pub const DECISION_EVENTS: usize = 256;
