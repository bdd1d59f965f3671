//! Servers that speak TLS and ask for a password: who is let in, and who is not and why. Skipped where the run does not say
//! that the servers under test are such.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use holdfast::runtime::Real;
use holdfast::store::rows::cassandra::connect::{self, ConnectError};
use holdfast::store::rows::cassandra::options::{Credentials, Options, Tls};
use holdfast::store::rows::cassandra::{Cassandra, unchecked};
use holdfast::store::rows::contract::{put, whole};
use holdfast::store::rows::{Batch, Class, Incarnation, Look, Refused, Rows as _, Table};

use crate::{contact_points, keyspace};

/// How long anything here may take.
const SOON: Duration = Duration::from_secs(60);

/// The way in, as the run that started the servers says; `None` after saying that the test is skipped.
fn way_in() -> Option<Options> {
    let points = contact_points()?;
    let said = |name: &str| std::env::var(format!("HOLDFAST_CASSANDRA_{name}")).ok();
    let (Some(user), Some(password), Some(ca)) = (said("USER"), said("PASSWORD"), said("CA")) else {
        eprintln!("\n!!! SKIPPED: the servers under test ask for no password and speak no TLS\n");
        return None;
    };
    let mut options = Options::new(points, "unnamed", &keyspace::datacenter());
    options.credentials = Some(Credentials { user, password: password.into() });
    options.tls = Some(Tls { ca: PathBuf::from(ca), identity: None, any_name: false });
    Some(options)
}

/// Why nobody is let in with these options.
async fn refusal(options: &Options) -> String {
    let tried = tokio::time::timeout(SOON, connect::upkeep(options)).await.expect("an answer comes");
    match tried {
        Ok(_) => panic!("let in"),
        Err(error @ (ConnectError::Driver { .. } | ConnectError::Tls { .. })) => error.to_string(),
        Err(other) => panic!("another refusal: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_travel_encrypted_and_by_password() {
    let Some(options) = way_in() else { return };
    let options = keyspace::prepared_by(options).await;
    let store = Cassandra::open(Real::start(), options, unchecked());
    tokio::time::timeout(SOON, store.reachable()).await.expect("the store is reached");
    let partition = Bytes::from(format!("secured/{:032x}", Real::start().random()));
    let mutations = vec![put(Table::Journal, &partition, b"key", b"row")];
    assert_eq!(store.write(Batch { mutations, class: Class::Input }).await, Ok(()));
    let page = store.read(whole(Table::Journal, &partition)).await.expect("it is read");
    assert_eq!(page.rows.first().map(|row| &*row.value), Some(&b"row"[..]));
    let nobody = Incarnation { generation: 0x000F_FFFF, number: 7 };
    assert_eq!(store.look(nobody).await, Ok(Look::Clean));
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_refused_and_said() {
    let Some(mut options) = way_in() else { return };
    options.credentials =
        Some(Credentials { user: "cassandra".into(), password: "a guess".to_owned().into() });
    let why = refusal(&options).await.to_lowercase();
    assert!(why.contains("incorrect") || why.contains("authentication"), "{why}");
    assert!(!why.contains("a guess"), "no password in an error: {why}");
    // The store keeps trying and says why, for somebody may put the password right on the other side.
    let store = Cassandra::open(Real::start(), options, unchecked());
    let incorrect = |trouble: &String| trouble.to_lowercase().contains("incorrect");
    let told = tokio::time::timeout(SOON, async {
        loop {
            if let Some(trouble) = store.trouble().filter(incorrect) {
                return trouble;
            }
            #[expect(clippy::disallowed_methods, reason = "the condition is asked for again and again")]
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let told = told.await.expect("the trouble is told");
    assert!(!told.contains("a guess"), "{told}");
    assert_eq!(store.admits(), Some(Refused::Busy));
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_let_in_without_credentials() {
    let Some(mut options) = way_in() else { return };
    options.credentials = None;
    let why = refusal(&options).await.to_lowercase();
    assert!(why.contains("authentication"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_a_stranger_is_not_trusted() {
    let Some(mut options) = way_in() else { return };
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a directory");
    let ca = folder.path().join("stranger.pem");
    std::fs::write(&ca, stranger.cert.pem()).expect("written");
    options.tls = Some(Tls { ca, identity: None, any_name: true });
    let why = refusal(&options).await.to_lowercase();
    assert!(
        why.contains("certificate") || why.contains("unknown issuer") || why.contains("unknownissuer"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_in_the_clear() {
    let Some(mut options) = way_in() else { return };
    options.tls = None;
    refusal(&options).await;
}
