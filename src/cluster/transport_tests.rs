//! What is sent again and what is not, against a server that answers by a script.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use http::Method;
use kube::Config;

use super::*;
use crate::yaml::Node;

/// How long the scripted server waits for a request.
const SERVER_PATIENCE: Duration = Duration::from_secs(10);

/// Answers one connection per script line, then stops. `""` closes without an answer.
fn serve(script: &'static [&'static str]) -> (String, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for answer in script {
            let (stream, _) = listener.accept().unwrap();
            answer_one(stream, answer);
        }
        listener.set_nonblocking(true).unwrap();
        script.len() + listener.incoming().take_while(Result::is_ok).count()
    });
    (url, server)
}

fn answer_one(mut stream: TcpStream, answer: &str) {
    stream.set_read_timeout(Some(SERVER_PATIENCE)).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while !seen.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        match stream.read(&mut buffer).unwrap() {
            0 => return,
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
    if !answer.is_empty() {
        let (head, body) = answer.split_once('|').unwrap();
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
    }
}

fn transport(url: &str) -> Transport {
    let mut config = Config::new(url.parse().unwrap());
    config.default_retry = false;
    let client = kube::Client::try_from(config).unwrap();
    Transport::new(client, url.to_owned(), SERVER_PATIENCE)
}

async fn check(
    repetition: Repetition,
    script: &'static [&'static str],
    expected: Result<&str, ClusterErrorKind>,
) {
    let (url, server) = serve(script);
    let method = match repetition {
        Repetition::Harmless => Method::PUT,
        Repetition::OnlyIfRefused => Method::POST,
    };
    let path = "/api/v1/namespaces".to_owned();
    let request = ApiRequest::with_body(method, path, "application/json", vec![b'1'], repetition);
    let result = transport(&url).send::<Node>(&request).await;
    let result = result.map(|answer| answer.content.name().to_owned()).map_err(|e| e.kind);
    assert_eq!(result, expected.map(str::to_owned), "{script:?}");
    assert_eq!(server.join().unwrap(), script.len(), "requests for {script:?}");
}

const GOOD: &str = "200 OK|{\"metadata\":{\"name\":\"a\"}}";
const BUSY: &str = "429 Too Many Requests\r\nRetry-After: 0|busy";
const DOWN: &str = "503 Service Unavailable\r\nRetry-After: 0|down";
const BROKEN: &str = "";

#[tokio::test]
async fn what_the_server_put_off_is_sent_again() {
    check(Repetition::Harmless, &[BUSY, DOWN, GOOD], Ok("a")).await;
    check(Repetition::OnlyIfRefused, &[BUSY, GOOD], Ok("a")).await;
}

#[tokio::test]
async fn what_may_have_happened_is_sent_again_only_when_harmless() {
    check(Repetition::Harmless, &[BROKEN, GOOD], Ok("a")).await;
    check(Repetition::OnlyIfRefused, &[BROKEN], Err(ClusterErrorKind::Unreachable)).await;
    check(Repetition::OnlyIfRefused, &[DOWN], Err(ClusterErrorKind::Unreachable)).await;
}

#[tokio::test]
async fn tries_are_counted() {
    let all_down = &[DOWN, DOWN, DOWN, DOWN];
    check(Repetition::Harmless, all_down, Err(ClusterErrorKind::Unreachable)).await;
}

#[tokio::test]
async fn what_is_wrong_is_not_sent_again() {
    check(Repetition::Harmless, &["400 Bad Request|no"], Err(ClusterErrorKind::Invalid)).await;
    check(Repetition::Harmless, &["200 OK|no json"], Err(ClusterErrorKind::Other)).await;
}

#[test]
fn warnings_are_read_from_headers() {
    let check = |header: &str, texts: &[&str]| assert_eq!(parse_warning(header), texts);
    check("299 - \"unknown field \\\"spec.x\\\"\"", &["unknown field \"spec.x\""]);
    check("299 - \"a, b\", 299 - \"c\"", &["a, b", "c"]);
    check("299 - \"a\" \"Sun, 06 Nov 1994 08:49:37 GMT\", 299 k \"b\"", &["a", "b"]);
    check("299 - broken", &[]);
    check("299 - \"open", &[]);
}

#[test]
fn the_servers_wish_to_wait_is_read() {
    let mut headers = HeaderMap::new();
    assert!(matches!(retry_after(&headers), Again::AfterBackOff));
    headers.insert(header::RETRY_AFTER, "3".parse().unwrap());
    assert!(matches!(retry_after(&headers), Again::After(wait) if wait.as_secs() == 3));
}
