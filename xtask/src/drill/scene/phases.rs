//! What nodes measured of their takeovers. Pure.

use crate::cluster::look::Look;

/// What nodes measured of takeovers meanwhile: the growth of each sum and count; a node that was started anew began at nothing.
pub fn phases(before: &[(u8, Look)], after: &[(u8, Look)]) -> Vec<(String, f64)> {
    let mut grown = std::collections::BTreeMap::<String, f64>::new();
    for (number, look) in after {
        let old = before.iter().find(|(other, _)| other == number).map(|(_, look)| look);
        for (line, value) in
            look.lines("holdfast_takeover_seconds").filter(|(line, _)| !line.contains("_bucket"))
        {
            let old = old.and_then(|old| old.lines(line).next()).map_or(0.0, |(_, value)| value);
            *grown.entry(line.to_owned()).or_default() += if value >= old { value - old } else { value };
        }
    }
    grown.into_iter().collect()
}
