//! Spans to an OTLP collector, when an endpoint is set. The exporter has a thread and a blocking client of its own;
//! never runs on the async runtime, and never holds up a request.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::registry::LookupSpan;

use super::super::config::Settings;

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("traces.endpoint: {0}")]
pub struct TraceError(String);

/// A layer that feeds the exporter; none without an endpoint.
type Spans<S> = Option<Box<dyn Layer<S> + Send + Sync>>;

/// The exporter of this process, if there is one.
#[derive(Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// The exporter and the layer that feeds it; both empty without an endpoint.
    #[expect(
        clippy::disallowed_methods,
        reason = "the blocking client may not be built on a runtime's thread"
    )]
    pub(super) fn start<S>(settings: &Settings) -> Result<(Self, Spans<S>), TraceError>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let Some(endpoint) = settings.traces.endpoint.clone() else { return Ok((Self(None), None)) };
        let made = std::thread::spawn(move || exporter(&endpoint)).join();
        let exporter = made.map_err(|_| TraceError("the exporter could not be made".into()))??;
        let resource = Resource::builder()
            .with_service_name("holdfast")
            .with_attribute(opentelemetry::KeyValue::new("service.instance.id", settings.node.name.clone()))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.traces.ratio)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("holdfast"))
            .with_filter(LevelFilter::INFO)
            .boxed();
        Ok((Self(Some(provider)), Some(layer)))
    }

    /// Sends what is left; call from outside the async runtime.
    pub fn finish(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

fn exporter(endpoint: &str) -> Result<opentelemetry_otlp::SpanExporter, TraceError> {
    let client = reqwest::blocking::Client::builder().build();
    let client = client.map_err(|error| TraceError(error.to_string()))?;
    opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| TraceError(error.to_string()))
}
