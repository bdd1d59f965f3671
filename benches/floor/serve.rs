//! The floor as a process: the real assembly, listeners and edges around a door that only inserts.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use holdfast::edge::{self, auth::creations::Bounds};
use holdfast::node::assembly::{self, Build, Built, Peering, prepare};
use holdfast::node::config::Settings;
use holdfast::node::lifecycle::Life;
use holdfast::node::ops::{Admit, Person};
use holdfast::runtime::Runtime;
use holdfast::shard::door::{Door, Wait};

use crate::door::Floor;
use crate::insert::Insert;

struct Inside(Arc<Insert>);

struct Nobody;

impl Admit for Nobody {
    fn admit(&self, _bearer: &str) -> Option<Person> {
        None
    }
}

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
            let shared = edge::Shared::new(Arc::clone(&door), runtime, Arc::new(|_| ()), bounds);
            Ok(Built {
                door,
                public: edge::public(Arc::clone(&shared)),
                staff: edge::staff(shared),
                admit: Arc::new(Nobody),
                check: Arc::new(|| Ok(())),
                cluster: None,
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
    for door in [&mut settings.listen.staff, &mut settings.listen.peer] {
        door.address.set_port(0);
    }
    prepare(&settings.store.directory)?;
    let insert = Insert::open(points).await?;
    assembly::run(&settings, Box::new(Inside(insert)), |addresses| println!("{}", addresses.public)).await?;
    Ok(())
}
