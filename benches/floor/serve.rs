//! The floor as a process: the real assembly, listeners and edges around a door that only inserts.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use holdfast::edge;
use holdfast::edge::auth::creations::Bounds;
use holdfast::edge::auth::token::Signer;
use holdfast::node::assembly::{self, Build, Built, Peering, prepare};
use holdfast::node::config::{Role, Settings};
use holdfast::node::lifecycle::Life;
use holdfast::runtime::Runtime;
use holdfast::shard::door::{Door, Wait};

use crate::door::Floor;
use crate::insert::Insert;

struct Inside(Arc<Insert>);

impl Build for Inside {
    fn build(
        self: Box<Self>,
        _settings: &Settings,
        runtime: Arc<dyn Runtime>,
        _inside: (Life, Peering),
    ) -> Wait<Result<Built>> {
        Box::pin(async move {
            let door: Arc<dyn Door> = Floor::new(self.0, Arc::clone(&runtime))?;
            let bounds = Bounds { per_address: 0, per_node: 0 };
            let signer = Signer::new(&[7; 32]);
            let shared = edge::Shared::new((door, signer), runtime, Arc::new(|_| ()), bounds);
            Ok(Built {
                public: edge::public(shared),
                within: None,
                check: Arc::new(|| Ok(())),
                drain: Box::new(|| Box::pin(std::future::ready(()))),
                close: Box::new(|| Box::pin(std::future::ready(()))),
            })
        })
    }
}

/// Serves until it is told to stop.
pub async fn serve(directory: &str, points: &str, (public, ops): (SocketAddr, SocketAddr)) -> Result<()> {
    let mut settings = Settings::default();
    settings.store.directory = directory.into();
    settings.listen.public.address = public;
    settings.listen.ops.address = ops;
    // As an edge it has the public door alone.
    settings.node.role = Role::Edge;
    prepare(&settings.store.directory)?;
    let insert = Insert::open(points).await?;
    assembly::run(&settings, Box::new(Inside(insert)), |addresses| println!("{}", addresses.public)).await?;
    Ok(())
}
