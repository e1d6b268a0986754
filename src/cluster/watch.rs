//! Watching a collection: a stream of changes, one JSON text a line.
//!
//! The stream ends when the server closes it, which it does after [`WATCH_SECS`]. Bookmarks are
//! left out: who watches on after an end lists again or goes on from the last object.

use std::pin::Pin;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, Stream};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use tokio::time::timeout;

use super::error::{self, Status};
use super::live;
use super::request::{self, ApiRequest};
use super::transport::Transport;
use crate::model::ApiResource;
use crate::ports::{ClusterError, ClusterErrorKind, Content, ListRequest, WatchEvent, WatchStream};
use crate::yaml::{Node, Text};

/// How long the server keeps a watch open.
const WATCH_SECS: u32 = 290;
/// Silence after which a watch counts as dead: it should have ended by itself.
const SILENCE_MAX: Duration = Duration::from_secs(320);
/// No object is larger than a few MiB; a longer line is no event.
const LINE_BYTES_MAX: usize = 32 << 20;

type Chunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, kube::Error>> + Send>>;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    object: Node,
}

/// A watch under way.
struct Watch {
    chunks: Chunks,
    lines: Lines,
    server: String,
    api_version: Text,
    kind: Text,
    content: Content,
    ended: bool,
}

/// Bytes cut into lines.
#[derive(Default)]
struct Lines {
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
}

/// Opens a watch after `resource_version`.
pub(super) async fn watch(
    transport: &Transport,
    wanted: &ListRequest,
    resource_version: &str,
) -> Result<WatchStream, ClusterError> {
    let seconds = WATCH_SECS.to_string();
    let query = [
        ("watch", "1"),
        ("allowWatchBookmarks", "true"),
        ("timeoutSeconds", seconds.as_str()),
        ("labelSelector", wanted.label_selector.as_str()),
        ("resourceVersion", resource_version),
    ];
    let namespace = wanted.namespace.as_deref().unwrap_or("");
    let path = request::collection_path(&wanted.resource, namespace);
    let request = ApiRequest::get(request::with_query(path, &query))
        .accepting(request::accept_watch(wanted.content));
    let response = transport.open(&request).await?;
    let watch = Watch::new(
        chunks_of(response.into_body()),
        transport.server(),
        &wanted.resource,
        wanted.content,
    );
    Ok(watch.into_stream())
}

fn chunks_of(body: Body) -> Chunks {
    Box::pin(body.into_data_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec())))
}

impl Watch {
    fn new(chunks: Chunks, server: &str, resource: &ApiResource, content: Content) -> Self {
        Self {
            chunks,
            lines: Lines::default(),
            server: server.to_owned(),
            api_version: resource.api_version().into(),
            kind: resource.kind.clone(),
            content,
            ended: false,
        }
    }

    fn into_stream(self) -> WatchStream {
        Box::pin(stream::unfold(self, |mut watch| async move {
            let item = watch.next_event().await?;
            watch.ended = item.is_err();
            Some((item, watch))
        }))
    }

    /// The next change; `None` at the end. Nothing follows an error.
    async fn next_event(&mut self) -> Option<Result<WatchEvent, ClusterError>> {
        while !self.ended {
            while let Some(line) = self.lines.next_line() {
                match self.read(&line) {
                    Ok(Some(event)) => return Some(Ok(event)),
                    Ok(None) => {}
                    Err(error) => return Some(Err(error)),
                }
            }
            match timeout(SILENCE_MAX, self.chunks.next()).await {
                Err(_) => return Some(Err(error::timed_out(&self.server, SILENCE_MAX))),
                Ok(None) => return None,
                Ok(Some(Err(cause))) => {
                    return Some(Err(error::from_transport(&self.server, &cause)));
                }
                Ok(Some(Ok(chunk))) => self.lines.add(&chunk),
            }
            if self.lines.is_too_long() {
                return Some(Err(error::unreadable(&self.server, &"a watch event is too long")));
            }
        }
        None
    }

    fn read(&self, line: &[u8]) -> Result<Option<WatchEvent>, ClusterError> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let event: Event = serde_json::from_slice(line)
            .map_err(|cause| error::unreadable(&self.server, &cause))?;
        let mut object = event.object;
        match event.kind.as_str() {
            "BOOKMARK" => return Ok(None),
            "ERROR" => return Err(self.refusal(&object)),
            _ => live::set_kind(&mut object, &self.api_version, &self.kind, self.content),
        }
        match event.kind.as_str() {
            "ADDED" | "MODIFIED" => Ok(Some(WatchEvent::Applied(object))),
            "DELETED" => Ok(Some(WatchEvent::Deleted(object))),
            other => {
                tracing::debug!(kind = other, "unknown watch event");
                Ok(None)
            }
        }
    }

    fn refusal(&self, object: &Node) -> ClusterError {
        match object.decode::<Status>() {
            Ok(status) => error::from_status(&self.server, 0, &status),
            Err(_) => ClusterError::new(
                ClusterErrorKind::Other,
                format!("{} ended a watch without saying why", self.server),
            ),
        }
    }
}

impl Lines {
    fn add(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    fn next_line(&mut self) -> Option<Vec<u8>> {
        let fresh = &self.buffer[self.searched..];
        let Some(offset) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let rest = self.buffer.split_off(self.searched + offset + 1);
        self.searched = 0;
        Some(std::mem::replace(&mut self.buffer, rest))
    }

    fn is_too_long(&self) -> bool {
        self.buffer.len() > LINE_BYTES_MAX && !self.buffer[self.searched..].contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    fn watch_of(chunks: &[&str]) -> WatchStream {
        let chunks: Vec<_> = chunks.iter().map(|text| Ok(text.as_bytes().to_vec())).collect();
        let chunks = Box::pin(stream::iter(chunks));
        Watch::new(chunks, "https://server", &resources::config_maps(), Content::Full).into_stream()
    }

    async fn check(chunks: &[&str], seen: &[&str]) {
        let said: Vec<String> = watch_of(chunks)
            .map(|item| match item {
                Ok(WatchEvent::Applied(node)) => format!("applied {}", node.name()),
                Ok(WatchEvent::Deleted(node)) => format!("deleted {}", node.name()),
                Err(error) => format!("{:?}", error.kind),
            })
            .collect()
            .await;
        assert_eq!(said, seen);
    }

    #[tokio::test]
    async fn events_may_be_cut_anywhere() {
        let chunks = [
            "{\"type\":\"ADDED\",\"object\":{\"meta",
            "data\":{\"name\":\"a\"}}}\n{\"type\":\"DELETED\",",
            "\"object\":{\"metadata\":{\"name\":\"b\"}}}\n",
        ];
        check(&chunks, &["applied a", "deleted b"]).await;
    }

    #[tokio::test]
    async fn bookmarks_are_left_out() {
        let bookmark = "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{}}}\n";
        check(&[bookmark, "\n"], &[]).await;
    }

    #[tokio::test]
    async fn an_error_event_is_the_last_item() {
        let chunks = [
            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\
             \"reason\":\"Expired\",\"message\":\"too old\"}}\n",
            "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n",
        ];
        check(&chunks, &["Expired"]).await;
    }
}
