//! Measures the time for one token from the parsed request to the signature, without HTTP and without a log.
//!
//! ```text
//! cargo bench --bench token
//! ```
//! `signature` measures only the writing of the claims and the signature: a token cannot take less time. The other
//! benchmarks also authenticate and decide.

#![expect(clippy::unwrap_used, reason = "a benchmark may fail by panic")]

use divan::Bencher;
use portreeve::accounts::{Precondition, Write};
use portreeve::authn::{Authenticator, Credentials, LastUsed, PasswordGate, Presented, Purpose};
use portreeve::clock::Clock;
use portreeve::domain::change::Origin;
use portreeve::domain::claims::{AccessClaims, ConstantClaims, Validity};
use portreeve::domain::events::Keep;
use portreeve::domain::scope::ScopeList;
use portreeve::domain::secret::Password;
use portreeve::domain::service::{ClientId, Issuer, Service, ServiceName};
use portreeve::domain::subject::{SubjectKind, SubjectName};
use portreeve::domain::time::{Timestamp, Ttl};
use portreeve::issue::{Grants, TokenIssuer, TokenRequest};
use portreeve::manage::{Administration, Caller, FirstObjects, InitialPassword, store_first_objects};
use portreeve::metrics::Metrics;
use portreeve::snapshot::Snapshots;
use portreeve::storage::Store;
use portreeve::token::{Keyring, KeysFolder};
use serde_json::json;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const PASSWORD: &str = "correct horse battery staple";

/// The use case on a database in a temporary folder, with an administrator and a robot's key.
struct Office {
    runtime: Runtime,
    issuer: TokenIssuer,
    /// Issues tokens like `issuer`, and also counts their grants, as a server does.
    noting: TokenIssuer,
    keyring: Keyring,
    now: Timestamp,
    key: String,
    _folder: TempDir,
}

static OFFICE: LazyLock<Office> = LazyLock::new(Office::open);

impl Office {
    fn open() -> Self {
        let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let now = Clock::System.now();
        let ([issuer, noting], key) = runtime.block_on(Self::furnish(&folder, now));
        let keyring = KeysFolder::new(folder.path().join("keys")).load(now).unwrap();
        Self { runtime, issuer, noting, keyring, now, key, _folder: folder }
    }

    async fn furnish(folder: &TempDir, now: Timestamp) -> ([TokenIssuer; 2], String) {
        let keys = KeysFolder::new(folder.path().join("keys"));
        keys.create(now, false).unwrap();
        let keyring = keys.load(now).unwrap();
        let store = Store::open(&format!("sqlite://{}", folder.path().join("p.db").display())).await.unwrap();
        let metrics = Arc::new(Metrics::new());
        let passwords = PasswordGate::new(1, &[7; 32], metrics.clone(), Duration::ZERO);
        let hash = passwords.hash(&Password::new(PASSWORD)).await.unwrap();
        let name = SubjectName::parse("admin").unwrap();
        let origin = Origin::system("bench", now);
        let services = vec![Service::new(ServiceName::parse("registry").unwrap())];
        store_first_objects(&store, origin.clone(), FirstObjects { name, password_hash: hash, services })
            .await
            .unwrap();
        let snapshots = Arc::new(Snapshots::load(store.clone(), Duration::from_secs(3600)).await.unwrap());
        let last_used = Arc::new(LastUsed::default());
        let authn = Arc::new(Authenticator::new(store.clone(), snapshots.clone(), passwords, last_used));
        let initial = InitialPassword { user: "admin", file: folder.path().join("none") };
        let administration = Administration::new(store, snapshots.clone(), authn.clone(), initial, None);
        let who = authn
            .authenticate(&credentials("admin", PASSWORD), Purpose::Administration, None, now)
            .await
            .unwrap();
        let admin = Caller { who, origin }.admin().unwrap();
        let rule = json!({"subjects": ["everyone"], "names": ["team/**"], "actions": ["pull", "push"]});
        let always = Precondition::default();
        administration.write_rule(&admin, "team", Write::Put(rule), always.clone()).await.unwrap();
        administration.write_robot(&admin, "ci", Write::Put(json!({})), always).await.unwrap();
        let key = json!({"name": "bench"});
        let key = administration.create_key(&admin, SubjectKind::Robot, "ci", key).await.unwrap().secret;
        let keyring = Arc::new(arc_swap::ArcSwap::from_pointee(keyring));
        let named = Issuer::parse("portreeve").unwrap();
        let grants = Arc::new(Grants::new(&Keep::default()));
        let make = || {
            let (named, metrics) = (named.clone(), metrics.clone());
            TokenIssuer::new(authn.clone(), snapshots.clone(), keyring.clone(), named, 7168, metrics)
        };
        ([make(), make().noting(grants)], key)
    }

    /// Asks for a token again and again.
    fn ask(&self, bencher: Bencher<'_, '_>, issuer: &TokenIssuer, presented: &Presented) {
        let request = || TokenRequest {
            presented: presented.clone(),
            service: Some("registry".to_owned()),
            scopes: ScopeList::parse(["repository:team/app:pull,push"]).unwrap(),
            offline: false,
            client_id: ClientId::new("bench"),
            grant_type: None,
            address: None,
            request_id: "bench".to_owned(),
        };
        self.runtime.block_on(issuer.issue(request(), self.now)).unwrap();
        bencher
            .with_inputs(request)
            .bench_values(|request| self.runtime.block_on(issuer.issue(request, self.now)).unwrap());
    }
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: Password::new(password) }
}

#[divan::bench]
fn anonymous(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.issuer, &Presented::Nothing);
}

#[divan::bench]
fn password_proven_before(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.issuer, &Presented::Login(credentials("admin", PASSWORD)));
}

#[divan::bench]
fn access_key(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.issuer, &Presented::Login(credentials("ci", &OFFICE.key)));
}

#[divan::bench]
fn noted_anonymous(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.noting, &Presented::Nothing);
}

#[divan::bench]
fn noted_password_proven_before(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.noting, &Presented::Login(credentials("admin", PASSWORD)));
}

#[divan::bench]
fn noted_access_key(bencher: Bencher<'_, '_>) {
    OFFICE.ask(bencher, &OFFICE.noting, &Presented::Login(credentials("ci", &OFFICE.key)));
}

#[divan::bench]
fn signature(bencher: Bencher<'_, '_>) {
    let service = Service::new(ServiceName::parse("registry").unwrap());
    let validity = Validity::new(OFFICE.now, Ttl::DEFAULT, None);
    let issuer = Issuer::parse("portreeve").unwrap();
    let jti = "0".repeat(36);
    let constant = ConstantClaims::new(&issuer, &service.name);
    let claims = AccessClaims::new(&constant, "ci", validity, jti, Default::default());
    bencher.bench(|| OFFICE.keyring.signer_for(&service).unwrap().sign(&claims).unwrap());
}

fn main() {
    divan::main();
}
