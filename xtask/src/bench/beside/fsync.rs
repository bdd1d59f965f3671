//! What the disk itself gives: appends of 300 bytes for each of 100 waiting writers, then one sync for all of them.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::bench::machine::now;

/// Bytes of a row.
pub const ROW: usize = 300;
/// Writers that wait for each sync.
pub const WRITERS: usize = 100;
/// Bytes of the file; written once before, so that a sync has no new blocks to note.
const FILE: u64 = 16 << 20;

/// Grouped appends per second.
pub fn rate(folder: &Path, time: Duration) -> anyhow::Result<f64> {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    file.write_all(&vec![0; usize::try_from(FILE)?])?;
    file.sync_all()?;
    file.rewind()?;
    let rows = vec![b'x'; ROW * WRITERS];
    let (began, mut groups) = (now(), 0_u32);
    while began.elapsed() < time {
        if file.stream_position()? + rows.len() as u64 > FILE {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&rows)?;
        file.sync_data()?;
        groups += 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(f64::from(groups) * WRITERS as f64 / seconds)
}
