//! A running node as the command line sees it: its ops listener over HTTP. Never prints the key that it sends.

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Remote;

/// A node and the right to ask it.
pub struct Node {
    client: reqwest::Client,
    url: String,
    key: SecretString,
}

/// The fields of a problem that help at a terminal.
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default)]
    detail: String,
    #[serde(default)]
    findings: Vec<String>,
}

#[derive(Deserialize)]
struct Applied {
    version: u64,
}

#[derive(Deserialize)]
struct Acted {
    outcome: String,
}

impl Node {
    /// The node that the options name.
    pub fn of(options: &Remote) -> anyhow::Result<Self> {
        let key = match &options.key_file {
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
            }
            None => std::env::var("HOLDFAST_KEY").ok().context(
                "no key: set HOLDFAST_KEY to an API key or admin token, or name its file with --key-file",
            )?,
        };
        let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build()?;
        let url = options.ops.trim_end_matches('/').to_owned();
        Ok(Self { client, url, key: SecretString::from(key.trim().to_owned()) })
    }

    /// One version of the configuration, the one in force for `None`, with its number.
    pub async fn fetch(&self, version: Option<u64>) -> anyhow::Result<(u64, String)> {
        let path = version.map_or_else(|| "/v1/config".to_owned(), |version| format!("/v1/config/{version}"));
        let response = self.send(self.client.get(format!("{}{path}", self.url))).await?;
        let tag =
            response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(|tag| tag.trim_matches('"'));
        let number = tag.and_then(|tag| tag.parse().ok()).context("the node's answer has no version")?;
        Ok((number, response.text().await?))
    }

    /// Applies a text that was made from `base`; answers the new version.
    pub async fn apply(&self, base: u64, text: String) -> anyhow::Result<u64> {
        let request = self.client.put(format!("{}/v1/config", self.url)).header("if-match", base).body(text);
        Ok(self.send(request).await?.json::<Applied>().await?.version)
    }

    /// How the cluster stands, as the node answers it.
    pub async fn cluster(&self) -> anyhow::Result<String> {
        Ok(self.send(self.client.get(format!("{}/cluster.json", self.url))).await?.text().await?)
    }

    /// Does something to a node of the cluster; whether that changed anything.
    pub async fn act(&self, what: &str, node: &str) -> anyhow::Result<bool> {
        let request = self.client.post(format!("{}/cluster/{what}", self.url));
        let request = request.json(&serde_json::json!({ "node": node }));
        Ok(self.send(request).await?.json::<Acted>().await?.outcome == "done")
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let request = request.bearer_auth(self.key.expose_secret());
        let response = request.send().await.with_context(|| format!("{} does not answer", self.url))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.unwrap_or_default();
        let problem: Problem = serde_json::from_str(&text).unwrap_or_default();
        let mut lines = vec![format!("{status}: {}", problem.detail)];
        lines.extend(problem.findings);
        bail!(lines.join("\n"));
    }
}

/// Runs one request to its end.
pub fn block_on<T>(asking: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asking)
}
