//! Bodies of requests, as the OpenAPI document shows them. Unknown fields are refused, so that a misspelt `after` does
//! not silently cost its protection. Never checks more than the shape; limits belong to the session.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

/// Create a session as a customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// The named entry point.
    pub service: String,
    /// Shown to others.
    pub nick: Option<String>,
    /// Attributes of the person, kept on the record's head.
    pub contact: Option<BTreeMap<String, String>>,
    /// A signed JWT (HS256 or ES256) whose `sub` is the customer.
    pub identity: Option<String>,
    /// Userdata; customers write keys that begin with `customer.`.
    pub data: Option<BTreeMap<String, String>>,
    /// The first message.
    pub text: Option<String>,
}

/// Create a session as staff or as an integration; the customer joins with the invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffCreate {
    /// The named entry point.
    pub service: String,
    /// The customer's nickname, put into the invitation.
    pub nick: Option<String>,
    /// Attributes of the person, kept on the record's head.
    pub contact: Option<BTreeMap<String, String>>,
    /// Userdata.
    pub data: Option<BTreeMap<String, String>>,
    /// Whether an invitation is wanted; `true` when absent.
    pub invite: Option<bool>,
}

/// Join as a customer with an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The invitation.
    pub invitation: String,
    /// Shown to others; the invitation's nickname when absent.
    pub nick: Option<String>,
}

/// Join as staff.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffJoin {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// `agent` or `supervisor`.
    pub r#as: String,
    /// Who may see the party: `all`, `staff` (coach) or `supervisors` (silent).
    pub audience: Option<String>,
}

/// Say something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// The caller's id for this message; the same in every repeat.
    pub id: Option<String>,
    /// The text, 1 byte to 32 KiB.
    pub text: String,
    /// The last seq that the caller knew when it first sent this message.
    pub after: Option<u64>,
    /// One party, for a direct message.
    pub to: Option<u32>,
    /// Staff: `all`, `staff` or `supervisors`.
    pub audience: Option<String>,
}

/// Show or do something that is not a text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The caller's id for this notice; the same in every repeat.
    pub id: Option<String>,
    /// `url`, `custom`, `file`, `nick` or `read`.
    pub kind: String,
    /// The last seq that the caller knew when it first sent this notice.
    pub after: Option<u64>,
    /// One party, for a direct notice.
    pub to: Option<u32>,
    /// Staff: `all`, `staff` or `supervisors`.
    pub audience: Option<String>,
    /// url: the page to open.
    pub url: Option<String>,
    /// custom, file: the name.
    pub name: Option<String>,
    /// custom: any text.
    pub data: Option<String>,
    /// file: its id in the file store.
    pub file: Option<String>,
    /// file: its size.
    pub bytes: Option<u64>,
    /// file: its media type.
    pub mime: Option<String>,
    /// nick: the new nickname.
    pub nick: Option<String>,
    /// read: everything up to this seq was read.
    pub seq: Option<u64>,
}

/// Show that one is typing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Typing {
    /// Began or ended; began when absent.
    pub on: Option<bool>,
    /// The text so far; only staff see it.
    pub preview: Option<String>,
}

/// Change userdata.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// Keys with new values.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Keys to remove.
    #[serde(default)]
    pub remove: Vec<String>,
    /// The last seq that the caller knew.
    pub after: Option<u64>,
}

/// End one's stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// `keep`, `close_if_no_agent` or `close`; `close_if_no_agent` when absent.
    pub then: Option<String>,
}

/// A request that is nothing but its id.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bare {
    /// The caller's id for this request.
    pub id: Option<String>,
}

/// Answer an offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// The offered session.
    pub session: String,
    /// Why it is declined, for people; not kept.
    pub reason: Option<String>,
}

/// Finish one's work on the interaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conclude {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// A code of the service.
    pub disposition: Option<String>,
    /// Words about it.
    pub note: Option<String>,
}

/// Send the interaction on, to an agent or a queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// The agent's sign-in name.
    pub agent: Option<String>,
    /// The queue's name.
    pub queue: Option<String>,
}

/// Write a note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// The words, 1 byte to 32 KiB.
    pub text: String,
}

/// File the interaction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disposition {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// A code of the service.
    pub code: String,
}

/// Sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The sign-in name.
    pub agent: String,
    /// The password.
    pub password: String,
    /// The device's own name; drawn when absent.
    pub device: Option<String>,
}

/// Ready for offers, or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The caller's id for this request.
    pub id: Option<String>,
    /// `ready` or `not_ready`.
    pub state: String,
    /// The agent's reason.
    pub reason: Option<String>,
}
