//! The `holdfast` binary: reads the command line and hands over. Never holds logic.

use std::process::ExitCode;

use clap::Parser as _;
use holdfast::node::cli::{self, Cli};

/// Fewer bytes for each idle connection than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    debug_assert!(installed.is_ok(), "nothing can have installed a provider before main");
    // A panic's own words may hold what people wrote: the place is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        eprintln!("holdfast: a part of this process failed at {place}");
        tracing::error!(error = %place, "a part of this process failed");
    }));
    cli::run(Cli::parse().command, holdfast::node::inside::build)
}
