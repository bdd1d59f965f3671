//! Passwords of agents: argon2id, on threads that may block, a few at a time, because each takes 19 MiB. An unknown
//! agent costs the same time as a known one.

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use tokio::sync::Semaphore;

use crate::edge::refusals::{Code, Problem};
use crate::limits::{PASSWORDS_AT_ONCE, PASSWORDS_WAITING};

/// The hash of no password, with the parameters of `holdfast hash-password`.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$\
                      1QYpT5NC3VV7Zc0gn8TyV0FTm2Y3GbmNBUwjYXh7b5E";

/// Verifies passwords, a few at a time.
#[derive(Debug)]
pub struct Passwords {
    running: Semaphore,
    admitted: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Semaphore::new(PASSWORDS_AT_ONCE),
            admitted: Semaphore::new(PASSWORDS_AT_ONCE + PASSWORDS_WAITING),
        }
    }
}

impl Passwords {
    /// Whether the password is the one that was hashed; `None` is an unknown agent, for whom it never is.
    pub async fn verify(&self, hash: Option<String>, password: String) -> Result<bool, Problem> {
        let Ok(_admitted) = self.admitted.try_acquire() else {
            return Err(Problem::later(Code::Busy, 2_000));
        };
        let _running = self.running.acquire().await.map_err(|_| Problem::from(Code::Closing))?;
        blocking(move || {
            let known = hash.is_some();
            matches(hash.as_deref().unwrap_or(NOBODY), &password) && known
        })
        .await
        .ok_or_else(|| Code::Internal.into())
    }
}

fn matches(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[expect(clippy::disallowed_methods, reason = "hashing blocks for 50 ms; the semaphores bound how many run")]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
