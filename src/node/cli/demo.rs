//! The demo contact center and what is printed about it. Its passwords are known to everybody: never for real customers.

use crate::node::addresses::Addresses;

/// Units, services, queues and agents of the demo.
pub const CENTER: &str = include_str!("../../../config/demo.toml");

/// Where to chat, and as whom.
#[must_use]
pub fn greeting(addresses: &Addresses) -> String {
    format!(
        "\nHoldfast is ready. This is a demo: its passwords are known to everybody.\n\n\
         \x20 Chat as a customer   {public}/?service=support\n\
         \x20 Answer as an agent   {staff}/   ann, ben or sue, password holdfast-demo\n\
         \x20 Metrics and probes   {ops}/metrics  {ops}/readyz\n\
         \x20 API documentation    {public}/docs  {staff}/docs\n\n\
         Stop it with Ctrl-C; conversations are still there after the next start.\n",
        public = addresses.public,
        staff = addresses.staff,
        ops = addresses.ops,
    )
}
