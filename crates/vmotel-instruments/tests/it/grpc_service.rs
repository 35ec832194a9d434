//! A service of tonic with methods of every kind, its client, and both their metrics.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use bytes::{Buf as _, BufMut as _};
use http::uri::PathAndQuery;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{
    Code, Request, Response, Status, Streaming,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::NamedService,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tower::{Service, ServiceBuilder, service_fn};
use vmotel_instruments::grpc::{
    GrpcClientMetrics, GrpcLayer, GrpcServerConfig, GrpcServerMetrics, GrpcService,
};

use crate::{
    harness::Harness,
    server::{STEP, counts},
};

/// Messages that are text, without a compiler of protocol buffers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes: Bytes = from.copy_to_bytes(from.remaining());
        let text = String::from_utf8(bytes.into()).map_err(|_| Status::invalid_argument("no text"))?;
        Ok(Some(text))
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

/// Does what the message says.
async fn obey(message: String) -> Result<String, Status> {
    match message.split_once(' ') {
        Some(("fail", code)) => Err(Status::new(Code::from(code.parse::<i32>().unwrap()), "as told")),
        Some(("late", text)) => {
            tokio::time::sleep(STEP).await;
            Ok(text.to_owned())
        }
        _ if message == "stuck" => std::future::pending().await,
        _ if message == "panic" => panic!("a service panics on purpose"),
        _ => Ok(message),
    }
}

/// Does one thing after another, each with an answer of its own, and stops at the first error.
fn obey_each(messages: impl Stream<Item = Result<String, Status>> + Send + 'static) -> Answers {
    Box::pin(messages.then(async |message| obey(message?).await))
}

fn split(message: &str) -> Vec<Result<String, Status>> {
    let parts = message.split(',').filter(|part| !part.is_empty());
    parts.map(|part| Ok(part.to_owned())).collect()
}

#[derive(Debug, Clone, Copy)]
struct Shop;

impl NamedService for Shop {
    const NAME: &'static str = "shop.v1.Orders";
}

impl Service<http::Request<Body>> for Shop {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Text);
            Ok(match request.uri().path() {
                "/shop.v1.Orders/Unary" => {
                    let unary =
                        async |request: Request<String>| obey(request.into_inner()).await.map(Response::new);
                    grpc.unary(service_fn(unary), request).await
                }
                "/shop.v1.Orders/Download" => {
                    let download = async |request: Request<String>| {
                        let messages = tokio_stream::iter(split(&request.into_inner()));
                        Ok(Response::new(obey_each(messages)))
                    };
                    grpc.server_streaming(service_fn(download), request).await
                }
                "/shop.v1.Orders/Upload" => {
                    let upload = async |request: Request<Streaming<String>>| {
                        let mut answers = obey_each(request.into_inner());
                        let mut all = String::new();
                        while let Some(answer) = answers.next().await {
                            all += &answer?;
                        }
                        Ok(Response::new(all))
                    };
                    grpc.client_streaming(service_fn(upload), request).await
                }
                "/shop.v1.Orders/Both" => {
                    let both = async |request: Request<Streaming<String>>| {
                        Ok(Response::new(obey_each(request.into_inner())))
                    };
                    grpc.streaming(service_fn(both), request).await
                }
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

pub(crate) type Client = tonic::client::Grpc<GrpcService<Channel>>;

/// A server and a client on a connection of their own.
pub(crate) struct Pair {
    pub(crate) server: Harness,
    pub(crate) client: Harness,
    pub(crate) address: SocketAddr,
    metrics: GrpcClientMetrics,
    channel: GrpcService<Channel>,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        Self::with(GrpcServerConfig::default(), |server| server).await
    }

    /// Starts it with a configuration, and with what `configure` sets of the server.
    pub(crate) async fn with(config: GrpcServerConfig, configure: impl FnOnce(Server) -> Server) -> Self {
        let (server, client) = (Harness::new(), Harness::new());
        let metrics = GrpcServerMetrics::with_config(&server.meter(), &config);
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = incoming.local_addr().unwrap();
        let router = configure(Server::builder())
            .layer(GrpcLayer::server(metrics))
            .add_service(Shop);
        tokio::spawn(router.serve_with_incoming(incoming));
        let metrics = GrpcClientMetrics::new(&client.meter());
        let channel = connect(&metrics, &format!("http://{address}"));
        Self {
            server,
            client,
            address,
            metrics,
            channel,
        }
    }

    /// Returns a client that is ready.
    pub(crate) async fn client(&self) -> Client {
        ready(self.channel.clone()).await
    }

    /// Returns a client of another server with the same metrics.
    pub(crate) async fn client_of(&self, uri: &str) -> Client {
        ready(connect(&self.metrics, uri)).await
    }

    /// Returns the calls in flight, as servers and clients count them.
    pub(crate) fn in_flight(&self) -> [f64; 2] {
        ["server", "client"].map(|side| {
            let harness = if side == "server" {
                &self.server
            } else {
                &self.client
            };
            let series = harness.series(|name| name == format!("rpc_{side}_active_calls"));
            let values = series.iter().map(|line| line.rsplit(' ').next().unwrap());
            values.map(|value| value.parse::<f64>().unwrap()).sum()
        })
    }

    pub(crate) async fn wait_in_flight(&self, expected: [f64; 2]) {
        let begin = Instant::now();
        while self.in_flight() != expected {
            assert!(
                begin.elapsed() < Duration::from_secs(5),
                "{:?} in flight, not {expected:?}",
                self.in_flight()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Returns the calls of the server: `error.type`, method, status, and the count; what is absent as `-`.
    pub(crate) fn served(&self) -> Vec<String> {
        rows(&self.server, "server")
    }

    /// Returns the calls of the client in the same way.
    pub(crate) fn called(&self) -> Vec<String> {
        rows(&self.client, "client")
    }

    /// Returns the sums of the durations of server and client.
    pub(crate) fn seconds(&self) -> [f64; 2] {
        [
            self.server.histogram("rpc_server_call_duration_seconds").0,
            self.client.histogram("rpc_client_call_duration_seconds").0,
        ]
    }
}

fn connect(metrics: &GrpcClientMetrics, uri: &str) -> GrpcService<Channel> {
    let endpoint = Endpoint::from_shared(uri.to_owned()).unwrap();
    ServiceBuilder::new()
        .layer(GrpcLayer::client(metrics.clone(), endpoint.uri()))
        .service(endpoint.connect_lazy())
}

async fn ready(channel: GrpcService<Channel>) -> Client {
    let mut client = Client::new(channel);
    client.ready().await.unwrap();
    client
}

fn rows(harness: &Harness, side: &str) -> Vec<String> {
    let keys = ["error.type", "rpc.method", "rpc.status_code"];
    let family = format!("rpc_{side}_call_duration_seconds");
    let rows = counts(harness, &family, &keys);
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| row.replace("shop.v1.Orders/", ""))
        .collect();
    rows.sort();
    rows
}

pub(crate) fn path(method: &str) -> PathAndQuery {
    let path = if method.contains('/') {
        method.to_owned()
    } else {
        format!("/shop.v1.Orders/{method}")
    };
    path.parse().unwrap()
}
