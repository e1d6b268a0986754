//! Sends requests: how many at once, how long to wait, when to try again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{sleep, timeout};

use super::error;
use super::request::{ApiRequest, Repetition};
use crate::ports::{ClusterError, ClusterErrorKind};

/// How many requests are under way at once: more than this no API server answers faster, and
/// over HTTP/1.1 each takes a connection.
const REQUESTS_MAX: usize = 32;
/// How often a request is sent at most.
const TRIES_MAX: u32 = 4;
/// First wait before another try; doubled each time.
const BACK_OFF: Duration = Duration::from_millis(250);
/// The longest wait the server may ask for with `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// A page holds 500 objects of at most 1.5 MiB each; this is more than any real one.
const ANSWER_BYTES_MAX: usize = 1 << 30;
/// How much of a refusal is read.
const REFUSAL_BYTES_MAX: usize = 4 << 20;

const USER_AGENT: &str = concat!("tiphys/", env!("CARGO_PKG_VERSION"));

/// A connection pool to one server.
pub(super) struct Transport {
    client: kube::Client,
    server: String,
    permits: Semaphore,
    timeout: Duration,
    /// Spreads the repetitions of requests that failed together.
    spread: AtomicU32,
}

/// A good answer.
pub(super) struct Answer<T> {
    pub(super) content: T,
    /// The texts of its `Warning:` headers.
    pub(super) warnings: Vec<String>,
}

/// A failed try.
struct Failure {
    error: ClusterError,
    /// Wait this long and try again; `None`: do not.
    again: Again,
}

enum Again {
    Never,
    AfterBackOff,
    After(Duration),
}

impl Transport {
    pub(super) fn new(client: kube::Client, server: String, timeout: Duration) -> Self {
        Self {
            client,
            server,
            permits: Semaphore::new(REQUESTS_MAX),
            timeout,
            spread: AtomicU32::new(0),
        }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
    ) -> Result<Answer<T>, ClusterError> {
        let mut tries = 1;
        loop {
            let failure = match self.try_once(request).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let wait = match failure.again {
                Again::Never => return Err(failure.error),
                _ if tries == TRIES_MAX => return Err(failure.error),
                Again::AfterBackOff => self.back_off(tries),
                Again::After(wait) => wait.min(RETRY_AFTER_MAX),
            };
            tracing::debug!(path = request.path_and_query, tries, error = %failure.error,
                "request failed, trying again");
            sleep(wait).await;
            tries += 1;
        }
    }

    /// Sends a request and hands over the answer before its body is read, for watches.
    pub(super) async fn open(&self, request: &ApiRequest) -> Result<Response<Body>, ClusterError> {
        let _permit = self.permit().await;
        let response = timeout(self.timeout, self.ask(request))
            .await
            .map_err(|_| error::timed_out(&self.server, self.timeout))?
            .map_err(|failure| failure.error)?;
        Ok(response)
    }

    async fn try_once<T: DeserializeOwned>(
        &self,
        request: &ApiRequest,
    ) -> Result<Answer<T>, Failure> {
        let _permit = self.permit().await;
        let whole = async {
            let response = self.ask(request).await?;
            let warnings = warnings(response.headers());
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(|cause| Failure::for_good(error::unreadable(&self.server, &*cause)))?
                .to_bytes();
            let content = serde_json::from_slice(&body)
                .map_err(|cause| Failure::for_good(error::unreadable(&self.server, &cause)))?;
            Ok(Answer { content, warnings })
        };
        timeout(self.timeout, whole).await.unwrap_or_else(|_| {
            Err(Failure::for_good(error::timed_out(&self.server, self.timeout)))
        })
    }

    /// Sends a request; an answer of 400 and above is an error.
    async fn ask(&self, request: &ApiRequest) -> Result<Response<Body>, Failure> {
        let http_request = build(request).map_err(Failure::for_good)?;
        let harmless = request.repetition == Repetition::Harmless;
        let response = self.client.send(http_request).await.map_err(|cause| {
            let again = harmless && error::is_broken_connection(&cause);
            Failure {
                error: error::from_transport(&self.server, &cause),
                again: if again { Again::AfterBackOff } else { Again::Never },
            }
        })?;
        let code = response.status().as_u16();
        if code < 400 {
            return Ok(response);
        }
        let again = match code {
            429 => retry_after(response.headers()),
            503 | 504 if harmless => retry_after(response.headers()),
            _ => Again::Never,
        };
        let body = Limited::new(response.into_body(), REFUSAL_BYTES_MAX).collect().await;
        let body = body.map(|collected| collected.to_bytes().to_vec()).unwrap_or_default();
        Err(Failure { error: error::from_answer(&self.server, code, &body), again })
    }

    async fn permit(&self) -> SemaphorePermit<'_> {
        self.permits.acquire().await.expect("the semaphore is never closed")
    }

    fn back_off(&self, tries: u32) -> Duration {
        let place = self.spread.fetch_add(1, Ordering::Relaxed) % 8;
        BACK_OFF * 2_u32.pow(tries - 1) + BACK_OFF / 8 * place
    }
}

impl Failure {
    fn for_good(error: ClusterError) -> Self {
        Self { error, again: Again::Never }
    }
}

fn build(request: &ApiRequest) -> Result<Request<Body>, ClusterError> {
    let mut builder = Request::builder()
        .method(&request.method)
        .uri(&request.path_and_query)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, request.accept);
    if !request.content_type.is_empty() {
        builder = builder.header(header::CONTENT_TYPE, request.content_type);
    }
    builder.body(Body::from(request.body.clone())).map_err(|cause| {
        let message = format!("cannot ask for {}: {cause}", request.path_and_query);
        ClusterError::new(ClusterErrorKind::Invalid, message)
    })
}

fn retry_after(headers: &HeaderMap) -> Again {
    headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map_or(Again::AfterBackOff, |secs| Again::After(Duration::from_secs(secs)))
}

fn warnings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::WARNING).into_iter().filter_map(|v| v.to_str().ok());
    values.flat_map(parse_warning).collect()
}

/// The texts of a `Warning:` header (RFC 7234 §5.5): `299 - "text" "date", 299 - "text"`.
fn parse_warning(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim();
    while let Some((text, after)) = rest.split_once('"').and_then(|(_, quoted)| unquote(quoted)) {
        texts.push(text);
        let next = after.split_once(',').map_or("", |(_, next)| next);
        // A date is the only other quoted part, and it holds a comma of its own.
        rest = match after.trim_start().strip_prefix('"').and_then(unquote) {
            Some((_, after_date)) => after_date,
            None => next,
        };
    }
    texts
}

/// Takes a quoted string whose opening quote is gone; answers it and what follows it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = quoted.char_indices();
    while let Some((index, character)) = chars.next() {
        match character {
            '"' => return Some((text, &quoted[index + 1..])),
            '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => text.push(character),
        }
    }
    None
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
