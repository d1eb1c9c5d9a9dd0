//! TLS to the database: which servers a function trusts.

use std::{net::Ipv4Addr, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P384_SHA384};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::support::{App, app::Builder};

const LIST: &str = "/api/v1/theater/movies/";

/// The request for TLS (PostgreSQL manual, "Message Formats": SSLRequest).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Creates a certificate authority with the same type of key as rds-ca-ecc384-g1.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()).unwrap()
}

/// A TLS proxy in front of PostgreSQL, with a certificate for `name`.
pub struct TlsServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    _listening: JoinSet<()>,
}

impl TlsServer {
    /// Starts a proxy in front of the app's database. It stops when this value is dropped.
    pub async fn start(app: &App, authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            );
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let database = app.database().options();
        let target = (database.get_host().to_owned(), database.get_port());
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(forward(client, acceptor.clone(), target.clone()));
            }
        });
        Self { port, _listening: listening }
    }
}

async fn forward(mut client: TcpStream, acceptor: TlsAcceptor, target: (String, u16)) {
    let mut request = [0; SSL_REQUEST.len()];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request, SSL_REQUEST, "a password must not be sent in clear");
    client.write_all(b"S").await.unwrap();
    // A client that does not trust the certificate closes the connection.
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let mut server = TcpStream::connect(target).await.unwrap();
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

/// Configures a second app on the database of `app` with strict TLS, the default.
fn strict(app: &App, port: u16) -> Builder {
    let database = app.database().options();
    App::builder()
        .env("DATABASE_TLS", "")
        .env("DATABASE_URL", "")
        .env("POSTGRES_HOST", "localhost")
        .env("POSTGRES_DB_PORT", &port.to_string())
        .env("POSTGRES_DB", database.get_database().unwrap())
        .env("POSTGRES_USER", database.get_username())
        .env("POSTGRES_PASSWORD", "not asked for")
}

#[tokio::test]
async fn custom_certificate_authority_is_trusted() {
    let app = App::start().await;
    let authority = authority();
    let server = TlsServer::start(&app, &authority, "localhost").await;
    let functions = strict(&app, server.port).env("DATABASE_CA", &authority.pem()).start().await;
    assert_eq!(functions.get(LIST).await.status, 404, "the catalogue is empty");
}

#[tokio::test]
async fn server_with_untrusted_certificate_is_rejected() {
    let app = App::start().await;
    let own = authority();
    // It has the same name and another key.
    let stranger = authority().pem();
    let unknown = TlsServer::start(&app, &own, "localhost").await;
    let misnamed = TlsServer::start(&app, &own, "elsewhere.example").await;
    for (port, authority, complaint) in [
        (unknown.port, String::new(), "UnknownIssuer"),
        (unknown.port, stranger, "BadSignature"),
        (misnamed.port, own.pem(), "not valid for name"),
        (app.database().options().get_port(), own.pem(), "does not support TLS"),
        (unknown.port, String::from("no certificate"), "DATABASE_CA"),
    ] {
        let functions = strict(&app, port).env("DATABASE_CA", &authority).start().await;
        assert_eq!(functions.get(LIST).await.status, 500, "{complaint}");
        let log = functions.logs("ListMovies");
        assert!(log.contains(complaint), "{complaint}: {log}");
    }
}

#[tokio::test]
async fn database_url_connection_is_verified() {
    let app = App::start().await;
    let authority = authority();
    let server = TlsServer::start(&app, &authority, "localhost").await;
    let database = app.database().options();
    let (user, name) = (database.get_username(), database.get_database().unwrap());
    let url = |port: u16, query: &str| format!("postgres://{user}:x@localhost:{port}/{name}{query}");
    let plain = database.get_port();
    for (url, authority, complaint) in [
        (url(server.port, ""), "", "UnknownIssuer"),
        (url(plain, ""), "", "does not support TLS"),
        (url(server.port, "?sslmode=require"), "", "DATABASE_URL asks for a weaker sslmode"),
        (url(server.port, ""), "none", "DATABASE_CA"),
        (url(server.port, ""), &authority.pem(), ""),
        (url(server.port, "?sslmode=verify-full"), &authority.pem(), ""),
    ] {
        let functions = App::builder().env("DATABASE_TLS", "").env("DATABASE_URL", &url);
        let functions = functions.env("DATABASE_CA", authority).start().await;
        let status = functions.get(LIST).await.status;
        assert_eq!(status, if complaint.is_empty() { 404 } else { 500 }, "{url}: {complaint}");
        let log = functions.logs("ListMovies");
        assert!(log.contains(complaint), "{complaint}: {log}");
    }
}

#[tokio::test]
async fn template_requires_verified_tls_in_every_function() {
    let app = App::start().await;
    for function in app.template().functions.values() {
        assert_eq!(function.environment["DATABASE_TLS"], "verify-full", "{}", function.name);
    }
}

#[test]
fn built_in_rds_authorities_match_their_regions() {
    let list = std::fs::read_to_string(xtask::root().join("shared/database/authorities.pem")).unwrap();
    let sections: Vec<_> = list.split("\nRegion ").skip(1).collect();
    assert!(sections.len() > 20);
    for section in sections {
        let (region, certificates) = section.split_once('\n').unwrap();
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
        assert_eq!(certificates.len(), 3, "{region}");
        for certificate in certificates {
            let certificate = certificate.unwrap();
            let name = format!("Amazon RDS {region} Root CA");
            assert!(certificate.windows(name.len()).any(|window| window == name.as_bytes()), "{region}");
            RootCertStore::empty().add(certificate).unwrap();
        }
    }
}
