//! A load generator: keep-alive connections that send one prepared request over and over.
//!
//! It does as little as it can per request, because it shares the machine with what it measures.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use axum::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_secs(1);

/// A prepared HTTP/1.1 request.
#[derive(Clone)]
pub(crate) struct Request {
    authority: String,
    bytes: Bytes,
}

impl Request {
    /// A JSON POST with a bearer token.
    pub(crate) fn post(url: &str, token: &str, body: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://").context("a http URL")?;
        let (authority, path) = rest.split_once('/').context("a path")?;
        let bytes = format!(
            "POST /{path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(Self { authority: authority.to_owned(), bytes: bytes.into() })
    }
}

/// The latencies of one run.
pub(crate) struct Measured {
    latencies: Vec<Duration>,
    elapsed: Duration,
    /// The last response's body.
    pub(crate) body: Bytes,
}

impl Measured {
    /// Requests per second.
    pub(crate) fn per_second(&self) -> f64 {
        let count = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        f64::from(count) / self.elapsed.as_secs_f64()
    }

    /// A percentile of the latency.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = self.latencies.len().saturating_mul(percent) / 100;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Runs the request on all connections.
pub(crate) async fn run(request: &Request, duration: Duration) -> Result<Measured> {
    let start = Instant::now() + WARM_UP;
    let tasks: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(connection(request.clone(), start, start + duration))).collect();
    let mut latencies = Vec::new();
    let mut body = Bytes::new();
    for task in tasks {
        let (mut own, last) = task.await??;
        latencies.append(&mut own);
        body = last;
    }
    latencies.sort_unstable();
    Ok(Measured { latencies, elapsed: duration, body })
}

async fn connection(request: Request, start: Instant, end: Instant) -> Result<(Vec<Duration>, Bytes)> {
    let mut stream = TcpStream::connect(&request.authority).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::with_capacity(50_000);
    let mut buffer = Vec::with_capacity(64 << 10);
    loop {
        let sent = Instant::now();
        stream.write_all(&request.bytes).await?;
        let body = read_response(&mut stream, &mut buffer).await?;
        let now = Instant::now();
        if sent >= start {
            latencies.push(now - sent);
        }
        if now >= end {
            return Ok((latencies, body));
        }
    }
}

async fn read_response(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Bytes> {
    buffer.clear();
    let (head, length) = loop {
        ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
            if !head.starts_with("HTTP/1.1 200") {
                bail!("{head}");
            }
            break (end + 4, content_length(head)?);
        }
    };
    while buffer.len() < head + length {
        ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
    }
    Ok(Bytes::copy_from_slice(buffer.get(head..).unwrap_or_default()))
}

fn content_length(head: &str) -> Result<usize> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let field = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(field.context("Content-Length")?.1.trim().parse()?)
}
