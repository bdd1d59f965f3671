//! The floor that a node on Cassandra is measured against: the same client, the same edge, the same driver, and behind the
//! door one prepared insert for each send, without journal, look or owner. For `cargo xtask bench floor` only: what it
//! stores is never read, and what it promises is nothing.
//!
//! | command | what it does |
//! |---|---|
//! | `serve DIR POINTS PUBLIC OPS` | the real listeners and edges, one insert for each send |
//! | `send URL SESSIONS SECONDS BYTES` | customers that send and wait, one at a time; rate and latencies as JSON |
//! | `bare POINTS AT_ONCE SECONDS BYTES` | the insert and a look of one row, without any server; latencies as JSON |

mod bare;
mod client;
mod door;
mod insert;
mod serve;
mod spread;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    // Another part of the process may have been first, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match words[..] {
        ["serve", directory, points, public, ops] => {
            runtime.block_on(serve::serve(directory, points, (public.parse()?, ops.parse()?)))
        }
        ["send", url, sessions, seconds, bytes] => {
            let (sessions, seconds) = (sessions.parse()?, seconds.parse()?);
            runtime.block_on(client::run(url, sessions, (seconds, bytes.parse()?)))
        }
        ["bare", points, at_once, seconds, bytes] => {
            let (at_once, seconds) = (at_once.parse()?, seconds.parse()?);
            runtime.block_on(bare::run(points, at_once, (seconds, bytes.parse()?)))
        }
        [] => {
            println!(
                "serve DIR POINTS PUBLIC OPS | send URL SESSIONS SECONDS BYTES | bare POINTS AT_ONCE SECONDS BYTES"
            );
            Ok(())
        }
        _ => bail!("unknown command {words:?}"),
    }
}
