//! The answers that a server gives from memory while the database is unavailable, and how long it gives them.

use crate::helpers::{ADMIN, App, PASSWORD};
use portreeve::authn::{Authenticator, AuthnError, Credentials, PasswordGate, Purpose};
use portreeve::clock::Clock;
use portreeve::domain::secret::Password;
use portreeve::domain::service::ServiceName;
use portreeve::snapshot::Snapshots;
use portreeve::storage::Store;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Another replica on the database of `app`. It has only the parts that authenticate.
pub struct Replica {
    pub store: Store,
    pub snapshots: Arc<Snapshots>,
    pub authn: Arc<Authenticator>,
}

impl Replica {
    pub async fn of(app: &App, max_staleness: Duration) -> Self {
        let url = app.folder.database_url();
        let store = Store::join(&url).await.unwrap();
        let snapshots = Arc::new(Snapshots::load(store.clone(), max_staleness).await.unwrap());
        let gate = PasswordGate::new(1, &[7; 32], Arc::default(), Duration::ZERO);
        let authn = Authenticator::new(store.clone(), snapshots.clone(), gate, Arc::default());
        Self { store, snapshots, authn: Arc::new(authn) }
    }

    /// Closes the database, and lets the change feed notice.
    async fn cut_off(&self) {
        self.store.close().await;
        assert!(self.snapshots.refresh().await.is_err());
    }

    /// Signs in. Returns `200`, `401` or `503`, as the token endpoint (`for_token`) or the administration API would
    /// answer.
    async fn sign_in(&self, user: &str, password: &str, for_token: bool) -> u16 {
        let credentials = Credentials { user: user.to_owned(), password: Password::new(password) };
        let service = ServiceName::parse("registry").unwrap();
        let purpose = if for_token { Purpose::Token(Some(&service)) } else { Purpose::Administration };
        match self.authn.authenticate(&credentials, purpose, None, Clock::System.now()).await {
            Ok(_) => 200,
            Err(AuthnError::Store(_) | AuthnError::Busy) => 503,
            Err(_) => 401,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_only_what_was_proven_before_goes_on() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    let (known, unknown) = (app.robot("ci", json!(null)).await, app.robot("cd", json!(null)).await);
    let replica = Replica::of(&app, Duration::from_secs(300)).await;
    assert_eq!(replica.sign_in("alice", PASSWORD, true).await, 200);
    assert_eq!(replica.sign_in("bob", "not the password, no", true).await, 401);
    assert_eq!(replica.sign_in("ci", &known, true).await, 200);
    assert_eq!(replica.sign_in("admin", ADMIN.1, false).await, 200);
    replica.cut_off().await;
    let table = [
        ("alice", PASSWORD, 200, "proven before"),
        ("alice", "not the password, no", 503, "a wrong password of a known account"),
        ("nobody", "not the password, no", 503, "a wrong password of an unknown account"),
        ("bob", PASSWORD, 503, "a right password that was not proven before"),
        ("bob", "not the password, no", 503, "a wrong password that was refused before"),
        ("ci", known.as_str(), 200, "a key that was used before"),
        ("cd", unknown.as_str(), 503, "a key that was not used before"),
    ];
    for (user, password, expected, what) in table {
        assert_eq!(replica.sign_in(user, password, true).await, expected, "{what}");
    }
    assert_eq!(
        replica.sign_in("admin", ADMIN.1, false).await,
        503,
        "the administration API needs the database"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_not_trusted_for_longer_than_is_allowed() {
    let app = App::spawn().await;
    let key = app.robot("ci", json!(null)).await;
    let replica = Replica::of(&app, Duration::from_secs(1)).await;
    assert_eq!(replica.sign_in("ci", &key, true).await, 200);
    replica.cut_off().await;
    assert_eq!(replica.sign_in("ci", &key, true).await, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(replica.sign_in("ci", &key, true).await, 503);
    assert!(replica.snapshots.fresh().is_err(), "no decision is made from old memory");
}
