//! Explains to the operator why PostgreSQL cannot be reached: names the address that was tried, and gives advice.

use super::connections::ANSWER;
use super::error::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError};
use sqlx::{Connection as _, Error};
use std::error::Error as StdError;
use std::io::ErrorKind;
use tokio::time::timeout;

/// Improves the error `source` of a pool that could not be opened: adds the address and the cause.
pub(super) async fn explain(url: &str, source: Box<dyn StdError + Send + Sync>) -> StoreError {
    let Ok(options) = url.parse::<PgConnectOptions>() else {
        return StoreError::Unavailable(source);
    };
    let source = match source.downcast_ref::<Error>() {
        Some(Error::PoolTimedOut) => cause(&options).await.unwrap_or(source),
        _ => source,
    };
    match source.downcast::<Error>() {
        Ok(error) => {
            let (place, why) = (place(&options), advice(&options, &error));
            StoreError::Unreachable { place, why, source: innermost(*error) }
        }
        // The database was reached. The database's own error is kept, for example the error of a standby.
        Err(source) => StoreError::Unavailable(source),
    }
}

/// Returns the innermost error. The errors around it only repeat its text.
fn innermost(error: Error) -> Box<dyn StdError + Send + Sync> {
    match error {
        Error::Io(error) => Box::new(error),
        other => Box::new(other),
    }
}

/// Opens one more connection, and returns its error. A pool retries until its timeout, and cannot say why it failed.
async fn cause(options: &PgConnectOptions) -> Option<Box<dyn StdError + Send + Sync>> {
    match timeout(ANSWER, PgConnection::connect_with(options)).await {
        Err(_) => Some(Box::new(Error::Io(ErrorKind::TimedOut.into()))),
        Ok(Err(error)) => Some(Box::new(error)),
        Ok(Ok(connection)) => {
            // This attempt succeeded. The caller keeps the error of the pool.
            let _ = connection.close().await;
            None
        }
    }
}

/// Returns the address of PostgreSQL that was tried: host and port, or the path of the socket.
fn place(options: &PgConnectOptions) -> String {
    let port = options.get_port();
    match options.get_socket() {
        Some(folder) => folder.join(format!(".s.PGSQL.{port}")).display().to_string(),
        None => format!("{}:{port}", options.get_host()),
    }
}

/// Returns a text with the fault, and with advice for the operator.
// SPEC: PostgreSQL's error codes: classes 28 (authorization), 3D (no such database), 42 (access rules), 53 (resources).
fn advice(options: &PgConnectOptions, error: &Error) -> String {
    let user = options.get_username();
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    match (error, &*code) {
        (_, "28P01") => {
            format!(
                "it refuses the password of `{user}`: correct it in the database URL, PGPASSWORD or the password file"
            )
        }
        (_, "28000") => not_authorized(user, error),
        (_, "3D000") => {
            let database = options.get_database().unwrap_or(user);
            format!("it has no database `{database}`: create it, or correct the name in the database URL")
        }
        (_, "42501") if fields(error).0 == "CheckMyDatabase" => {
            let database = options.get_database().unwrap_or(user);
            format!("it does not let `{user}` use the database `{database}`: grant CONNECT on it")
        }
        (_, "53300") => "all its connections are taken: raise its max_connections".to_owned(),
        (Error::Io(error), _) => match error.kind() {
            ErrorKind::ConnectionRefused => {
                "the connection is refused: is PostgreSQL running, and are host and port right?".to_owned()
            }
            ErrorKind::NotFound if options.get_socket().is_some() => {
                "there is no such socket: is PostgreSQL running, and is the folder right?".to_owned()
            }
            ErrorKind::TimedOut => {
                "it does not answer: are host and port right, and does a firewall let the connection through?"
                    .to_owned()
            }
            _ if error.to_string().contains("lookup address") => {
                format!(
                    "the host name `{}` cannot be resolved: correct the host in the database URL",
                    options.get_host()
                )
            }
            _ => "the connection failed".to_owned(),
        },
        (Error::PoolTimedOut, _) => "it does not answer in time".to_owned(),
        (Error::Tls(_), _) => "TLS failed: see `sslmode` and `sslrootcert` in the database URL".to_owned(),
        _ => "it refuses the connection".to_owned(),
    }
}

/// Returns the routine that PostgreSQL names in an error, and the message. Both are empty if PostgreSQL did not send
/// the error.
fn fields(error: &Error) -> (&str, &str) {
    let found = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    found.map_or(("", ""), |error| (error.routine().unwrap_or_default(), error.message()))
}

/// Returns the reason why PostgreSQL refuses a user, if the reason is not the password. Several causes share one error
/// code.
// SPEC: PostgreSQL's error code 28000 and its fields R and M. PostgreSQL translates its messages, but not the names of
// routines, settings and methods in them (src/backend/libpq/auth.c, src/backend/utils/init/miscinit.c).
fn not_authorized(user: &str, error: &Error) -> String {
    let (routine, said) = fields(error);
    let has = |part: &str| said.contains(part);
    match routine {
        "InitializeSessionUserId" if has("does not exist") => {
            format!("it has no role `{user}`: create it, or correct the user in the database URL")
        }
        "InitializeSessionUserId" if has("not permitted to log in") => {
            format!("its role `{user}` may not log in: change it with ALTER ROLE … LOGIN")
        }
        "InitializeSessionUserId" => {
            format!("it has no role `{user}` that may log in: create one with LOGIN")
        }
        "ClientAuthentication" if has("pg_hba.conf") => {
            let encrypt = if has("no encryption") || has("SSL off") {
                ", or write `sslmode=require` in the database URL if that file has a line for TLS"
            } else {
                ""
            };
            format!("it does not let `{user}` in from here: see its pg_hba.conf{encrypt}")
        }
        "ClientAuthentication" => {
            "it wants a certificate of the client: write `sslcert` and `sslkey` in the database URL"
                .to_owned()
        }
        "auth_failed" => match ["Peer", "Ident"].into_iter().find(|method| has(method)) {
            Some(method) => format!(
                "it takes this process for somebody else than `{user}` ({} authentication): run it as the system's \
                 user of that name, or see its pg_hba.conf and pg_ident.conf",
                method.to_ascii_lowercase()
            ),
            None => format!("it cannot verify that this is `{user}`: see its pg_hba.conf"),
        },
        _ => format!("it does not let `{user}` in: see its log"),
    }
}
