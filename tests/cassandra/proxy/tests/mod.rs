//! What the proxy itself must do: frames by their bytes, rules by requests, and all of it under a real driver.

mod driver;
mod frames;
mod rules;
