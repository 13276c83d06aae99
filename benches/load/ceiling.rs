//! The ceiling: a bare HTTP server that does no work for its answer.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::sync::LazyLock;

/// The number of workers: the same as that of the server under test on the reference machine.
const WORKERS: usize = 2;
/// The length of the answer, in bytes. An answer of the token endpoint is about as long.
const LENGTH: usize = 800;

static BODY: LazyLock<String> = LazyLock::new(|| {
    let (before, after) = ("{\"token\":\"", "\",\"expires_in\":300}");
    format!("{before}{}{after}", "x".repeat(LENGTH - before.len() - after.len()))
});

/// Reads the body, because the library closes a connection with an unread body.
async fn answer(_: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(BODY.as_str())
}

/// Serves until the process is killed.
pub fn serve(port: u16) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| App::new().default_service(web::to(answer)))
            .workers(WORKERS)
            .bind(("127.0.0.1", port))?
            .run()
            .await
    })
}
