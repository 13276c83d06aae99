//! TLS connections to the database, by the settings in its URL.

use crate::postgres::Cluster;
use portreeve::causes::causes;
use portreeve::storage::{Store, StoreError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::Path;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Makes a certificate for a server of this name, and its key.
fn certificate(authority: &Authority, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// Opens a database, which must fail. Returns the error with its causes.
async fn refusal(url: &str) -> String {
    let error = Store::open(url).await.expect_err(url);
    assert!(matches!(error, StoreError::Unreachable { .. }), "{url}: {error:?}");
    causes(&error)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_and_the_server_verified_as_the_url_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (authority(), authority());
    let keep = |name: &str, authority: &Authority| {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).unwrap();
        path
    };
    let (ours_file, other_file) = (keep("ours.crt", &ours), keep("other.crt", &other));
    let cluster = Cluster::start();
    let (certificate, key) = certificate(&ours, "localhost");
    cluster.encrypt(&certificate, &key);
    let port = cluster.port();
    let url = |host: &str, mode: &str, root: &Path| {
        format!("postgres://test@{host}:{port}/postgres?sslmode={mode}&sslrootcert={}", root.display())
    };

    let store = Store::open(&url("localhost", "verify-full", &ours_file)).await.unwrap();
    let encrypted = "SELECT count(*) > 0 AND bool_and(s.ssl) FROM pg_stat_ssl s \
        JOIN pg_stat_activity a USING (pid) WHERE a.client_addr IS NOT NULL";
    let mut session = store.read().await.unwrap();
    session.ping().await.unwrap();
    assert_eq!(cluster.sql(encrypted), "t");
    drop(session);
    store.close().await;

    let wrong_authority = refusal(&url("localhost", "verify-full", &other_file)).await;
    assert!(wrong_authority.contains("certificate"), "{wrong_authority}");
    let wrong_name = refusal(&url("127.0.0.1", "verify-full", &ours_file)).await;
    assert!(wrong_name.contains("not valid for name"), "{wrong_name}");
    // A URL with a weaker mode does not check the name.
    Store::open(&url("127.0.0.1", "verify-ca", &ours_file)).await.unwrap().close().await;
    let open = refusal(&format!("postgres://test@localhost:{port}/postgres?sslmode=disable")).await;
    assert!(open.contains("no encryption"), "{open}");
}
