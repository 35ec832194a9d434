//! Real TLS: a rustls server behind certificates that are made for each test.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use http::Request;
use tempfile::TempDir;
use vmotel_http::{Auth, Body, Client, ClientConfig, ConfigError, Error};
use vmotel_testkit::tls::{Authority, Identity, ServerTls};
use vmotel_testkit::{FaultConfig, FaultProxy};

struct Place {
    folder: TempDir,
    authority: Authority,
}

impl Place {
    /// Makes an authority and writes its certificate to `ca.pem`.
    fn new() -> Self {
        let place = Self {
            folder: TempDir::new().expect("there is room for a folder"),
            authority: Authority::new(),
        };
        place.put("ca.pem", &place.authority.pem());
        place
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("the folder can be written");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn server(&self) -> Identity {
        self.authority.server(&["127.0.0.1"])
    }

    fn proxy(&self, identity: Identity, clients: Option<&Authority>) -> FaultProxy {
        let tls = Some(ServerTls {
            identity,
            client_authority: clients.map(Authority::pem),
        });
        let config = FaultConfig {
            tls,
            ..FaultConfig::default()
        };
        FaultProxy::start_with(config).expect("loopback has a free port")
    }

    fn config(&self) -> ClientConfig {
        ClientConfig {
            ca_file: Some(self.path().join("ca.pem")),
            timeout: Duration::from_secs(20),
            ..ClientConfig::default()
        }
    }

    /// Writes `me.pem` and `me.key`.
    fn config_of(&self, identity: &Identity) -> ClientConfig {
        let (certificate, key) = identity
            .write(self.path(), "me")
            .expect("the folder can be written");
        ClientConfig {
            client_certificate_file: Some(certificate),
            client_key_file: Some(key),
            ..self.config()
        }
    }
}

fn client(proxy: &FaultProxy, config: ClientConfig) -> Client {
    let base = proxy.url().parse().expect("the address is valid");
    Client::new(base, config).expect("the settings are valid")
}

async fn ask(client: &Client) -> Result<u16, String> {
    let request = Request::get("/")
        .body(Body::empty())
        .expect("the target is valid");
    let answer = client.send(request).await;
    answer.map(|answer| answer.status.as_u16()).map_err(|error| {
        assert!(
            matches!(error, Error::Connect { .. } | Error::Transport { .. }),
            "{error:?}"
        );
        let (mut text, mut cause) = (String::new(), error.source());
        while let Some(error) = cause {
            text.push_str(&format!("{error}; "));
            cause = error.source();
        }
        text
    })
}

#[tokio::test]
async fn a_certificate_is_trusted_through_the_file_alone() {
    let place = Place::new();
    let proxy = place.proxy(place.server(), None);
    assert_eq!(ask(&client(&proxy, place.config())).await, Ok(204));
    let stranger = client(&proxy, ClientConfig::default());
    assert!(ask(&stranger).await.unwrap_err().contains("UnknownIssuer"));
}

#[tokio::test]
async fn bad_certificates_of_the_server_are_told_apart() {
    let place = Place::new();
    let authority = &place.authority;
    for (identity, expected) in [
        (authority.expired_server(&["127.0.0.1"]), "certificate expired"),
        (authority.server(&["localhost"]), "not valid for name"),
        (Identity::self_signed(&["127.0.0.1"]), "UnknownIssuer"),
    ] {
        let proxy = place.proxy(identity, None);
        let error = ask(&client(&proxy, place.config())).await.unwrap_err();
        assert!(error.contains(expected), "{error} has no {expected}");
        assert_eq!(proxy.seen().requests, 0);
    }
}

#[tokio::test]
async fn a_client_shows_its_certificate_where_it_is_asked_for_one() {
    let place = Place::new();
    let clients = Authority::new();
    let proxy = place.proxy(place.server(), Some(&clients));
    let good = client(&proxy, place.config_of(&clients.client("shop")));
    assert_eq!(ask(&good).await, Ok(204));
    assert!(ask(&client(&proxy, place.config())).await.is_err());
    let other = client(&proxy, place.config_of(&Authority::new().client("shop")));
    assert!(ask(&other).await.is_err());
    assert_eq!(proxy.seen().requests, 1);
}

/// Asks until the answer is as wanted, as the files are looked at once a second.
async fn until(client: &Client, wanted: impl Fn(&Client, &Result<u16, String>) -> bool) {
    let mut answer = ask(client).await;
    for _ in 0..200 {
        if wanted(client, &answer) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = ask(client).await;
    }
    panic!("still {answer:?}, {:?}", client.certificate_error());
}

#[tokio::test]
async fn a_pair_that_changes_is_taken_up_and_the_last_good_one_is_kept() {
    let place = Place::new();
    let (first, second) = (Authority::new(), Authority::new());
    let proxy = place.proxy(place.server(), Some(&first));
    let config = place.config_of(&first.client("shop"));
    let client = client(&proxy, config);
    assert_eq!(ask(&client).await, Ok(204));

    // In the middle of a rotation, the key is not the certificate's; then the key is gone; then it is no key.
    let next = first.client("shop");
    place.put("me.pem", &next.certificate);
    until(&client, |client, _| client.certificate_error().is_some()).await;
    let error = client.certificate_error().unwrap_or_default();
    assert!(
        error.contains("me.pem") && error.contains("keys may not be consistent"),
        "{error}"
    );
    std::fs::remove_file(place.path().join("me.key")).unwrap();
    until(&client, |client, _| {
        client
            .certificate_error()
            .is_some_and(|error| error.contains("me.key"))
    })
    .await;
    place.put("me.key", "SECRET TEXT THAT IS NO KEY");
    until(&client, |client, _| {
        client
            .certificate_error()
            .is_some_and(|error| error.contains("holds no private key"))
    })
    .await;
    assert!(!client.certificate_error().unwrap_or_default().contains("SECRET"));
    // All the while new connections are made with the last good pair.
    proxy.close_connections();
    let connections = proxy.seen().connections;
    until(&client, |_, answer| *answer == Ok(204)).await;
    assert!(proxy.seen().connections > connections);
    place.put("me.key", &next.key);
    until(&client, |client, answer| {
        client.certificate_error().is_none() && *answer == Ok(204)
    })
    .await;

    // The server trusts other clients now, and its own certificate is another authority's: all three files change.
    let authority = Authority::new();
    proxy
        .set_tls(&ServerTls {
            identity: authority.server(&["127.0.0.1"]),
            client_authority: Some(second.pem()),
        })
        .unwrap();
    proxy.close_connections();
    until(&client, |_, answer| answer.is_err()).await;
    place.put("ca.pem", &authority.pem());
    second.client("shop").write(place.path(), "me").unwrap();
    until(&client, |_, answer| *answer == Ok(204)).await;
    assert_eq!(client.certificate_error(), None);
}

#[tokio::test]
async fn a_token_file_is_read_again_over_tls() {
    let place = Place::new();
    let proxy = place.proxy(place.server(), None);
    place.put("token", "first\n");
    let config = ClientConfig {
        auth: Auth::BearerFile(place.path().join("token")),
        ..place.config()
    };
    let client = client(&proxy, config);
    assert_eq!(ask(&client).await, Ok(204));
    place.put("token", "second\n");
    let has = |text: &str| {
        proxy
            .heads()
            .iter()
            .any(|head| head.to_lowercase().contains(text))
    };
    until(&client, |_, _| has("authorization: bearer second\r\n")).await;
    assert!(has("authorization: bearer first\r\n"));
}

#[tokio::test]
async fn a_connection_is_known_by_its_near_end() {
    let place = Place::new();
    let proxy = place.proxy(place.server(), None);
    let client = client(&proxy, place.config());
    let near = async || {
        let request = Request::get("/").body(Body::empty()).unwrap();
        client.send(request).await.unwrap().local_address.unwrap()
    };
    let (first, again) = (near().await, near().await);
    assert_eq!(first, again);
    proxy.close_connections();
    while client
        .send(Request::get("/").body(Body::empty()).unwrap())
        .await
        .is_err()
    {}
    assert_ne!(near().await, first);
}

#[test]
fn files_that_cannot_be_used_are_refused_at_the_start() {
    let place = Place::new();
    let identity = place.authority.client("shop");
    let check = |edit: &dyn Fn(&mut ClientConfig), expected: &str| {
        let mut config = place.config_of(&identity);
        edit(&mut config);
        let error = Client::new("https://127.0.0.1".parse().expect("it is valid"), config);
        let error = error.expect_err("it is refused");
        assert!(error.to_string().contains(expected), "{error}");
        error
    };
    let path = |name: &str| Some(place.path().join(name));
    place.put("empty", "");
    check(
        &|config| config.ca_file = path("empty"),
        "there is no certificate in it",
    );
    check(&|config| config.ca_file = path("missing"), "missing: ");
    check(
        &|config| config.client_certificate_file = path("empty"),
        "empty: there is no certificate",
    );
    check(
        &|config| config.client_key_file = path("empty"),
        "holds no private key",
    );
    check(
        &|config| config.client_certificate_file = path("ca.pem"),
        "keys may not be consistent",
    );
    let half = check(
        &|config| config.client_key_file = None,
        "expected both or neither",
    );
    assert!(
        matches!(
            half,
            ConfigError::Half {
                missing: "client_key_file",
                ..
            }
        ),
        "{half:?}"
    );
}
