//! What every HTTP route needs: bodies and parameters with errors that name the field, ids of requests, and the layers
//! around all routes. Never knows what a route does.

pub mod address;
pub mod body;
pub mod ids;
pub mod layers;
pub mod meter;
pub mod params;

#[cfg(test)]
mod tests;

pub use address::Address;
pub use body::Body;
pub use ids::Key;
pub use params::Params;
