//! The figures of a comparison of providers.

mod figures;
mod latency;
mod parity;
mod relative;
mod series;

pub use figures::bench;
pub use latency::latency;
pub use parity::parity;
pub use relative::relative;
