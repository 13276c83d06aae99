//! The ceiling: a bare HTTP server that does nothing for its answer.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::sync::LazyLock;

/// As many as the server under test has on the reference machine.
const WORKERS: usize = 2;
/// About as long as the answer of the token endpoint.
const LENGTH: usize = 800;

static BODY: LazyLock<String> = LazyLock::new(|| {
    let (before, after) = ("{\"token\":\"", "\",\"expires_in\":300}");
    format!("{before}{}{after}", "x".repeat(LENGTH - before.len() - after.len()))
});

/// Reads the body: a connection with one left unread is closed.
async fn answer(_: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(BODY.as_str())
}

/// Serves until it is killed.
pub fn serve(port: u16) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async move {
        HttpServer::new(|| App::new().default_service(web::to(answer)))
            .workers(WORKERS)
            .bind(("127.0.0.1", port))?
            .run()
            .await
    })
}
