//! What no crash may do, shown on the real binary: kills under load, a kill in the middle of the work, a kill when nobody
//! sends, a journal that cannot be read. Each test prints its figures and, when it fails, the command that repeats it.

mod disposition;
mod kills;
mod nobody;
mod poison;

use std::time::Duration;

/// The variable that repeats a run.
const SEED: &str = "HOLDFAST_TEST_SEED";

/// Small random numbers that a seed reproduces.
struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// From the variable, else from the system; the command that repeats the test is printed when the test fails.
    fn new() -> Self {
        let given = std::env::var(SEED).ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ began_millis());
        Self { seed, state: seed }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % bound
    }
}

impl Drop for Dice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or_default().to_owned();
            eprintln!("repeat with: {SEED}={} cargo test --test it {test}", self.seed);
        }
    }
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the test's clock is the clients' clock")]
fn began_millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_millis()).expect("before the year 500 million")
}

/// Until a random instant has come: these tests are about instants, not about conditions.
#[expect(clippy::disallowed_methods, reason = "a kill comes at an instant that nothing announces")]
async fn instant(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
