//! The requests of a load run that are no messages: create a session, sign in, read a transcript back. Each is repeated at
//! the next node until it is answered, like a real client would. Never decides what a refusal means.

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use serde_json::json;

use super::super::options::Credential;
use super::super::run::Run;
use crate::limits::{LOAD_DOUBT, LOAD_RECONNECT_WAIT, LOAD_RECONNECT_WAIT_MAX};

/// A created session.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Created {
    pub session: String,
    pub token: String,
}

#[derive(Deserialize)]
struct SignedIn {
    token: String,
}

/// An answer that is none of "later".
struct Answer {
    status: u16,
    body: String,
}

impl Run {
    /// Creates the session of conversation `number`; repeats under one key make one session.
    pub async fn create(&self, number: usize) -> Result<Created> {
        let body = json!({
            "service": self.options.service,
            "nick": self.nick(number),
            "data": { "customer.load": number.to_string() },
        });
        let key = format!("{}-{number}", self.secret);
        let answer = self
            .until_answered(&self.options.urls, number, |base| {
                let request = self.http.post(format!("{base}/v1/sessions"));
                request.header("idempotency-key", &key).json(&body).timeout(2 * LOAD_DOUBT)
            })
            .await?;
        ensure!(answer.status == 201 || answer.status == 200, "a session was refused: {}", answer.says());
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Signs an agent in and gives the token.
    pub async fn sign_in(&self, who: &Credential, index: usize) -> Result<String> {
        let body = json!({ "agent": who.agent, "password": who.password, "device": self.name });
        let answer = self
            .until_answered(&self.options.staff_urls, index, |base| {
                self.http.post(format!("{base}/v1/sign-in")).json(&body)
            })
            .await?;
        ensure!(answer.status == 200, "agent {} cannot sign in: {}", who.agent, answer.says());
        Ok(serde_json::from_str::<SignedIn>(&answer.body)?.token)
    }

    /// A transcript as JSON, from the first of `paths` that knows it; `None` if none does.
    pub async fn transcript(&self, urls: &[String], paths: &[String], token: &str) -> Option<String> {
        for path in paths {
            let read = |base: &str| self.http.get(format!("{base}{path}")).bearer_auth(token);
            match self.until_answered(urls, 0, read).await {
                Ok(answer) if answer.status == 200 => return Some(answer.body),
                Ok(answer) => self.counts.refused("a transcript", &answer.says()),
                Err(_) => {}
            }
        }
        None
    }

    async fn until_answered(
        &self,
        urls: &[String],
        first: usize,
        make: impl Fn(&str) -> reqwest::RequestBuilder,
    ) -> Result<Answer> {
        let deadline = self.now() + super::super::part::micros(self.options.patience);
        let mut wait = LOAD_RECONNECT_WAIT;
        for attempt in 0.. {
            let request = make(self.url(urls, first, attempt));
            if let Ok(answer) = request.send().await {
                let status = answer.status().as_u16();
                let body = answer.text().await;
                match body {
                    Ok(body) if !matches!(status, 429 | 500 | 502..=504) => {
                        return Ok(Answer { status, body });
                    }
                    Ok(body) => self.counts.refused("a request", &Answer { status, body }.says()),
                    Err(_) => {}
                }
            }
            if self.now() > deadline {
                break;
            }
            self.pause(wait).await;
            wait = (wait * 2).min(LOAD_RECONNECT_WAIT_MAX);
        }
        bail!("no answer from {} within {:?}", urls.join(", "), self.options.patience)
    }
}

impl Answer {
    /// Status and code for people; never the whole body, which may hold chat text.
    fn says(&self) -> String {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Problem {
            code: String,
            detail: String,
        }
        let problem: Problem = serde_json::from_str(&self.body).unwrap_or_default();
        format!("{} {} {}", self.status, problem.code, problem.detail)
    }
}
