//! The style and the picture of the pages.

use super::super::answer;
use actix_web::HttpResponse;

/// The style of all pages.
pub(super) async fn style() -> HttpResponse {
    answer::signin_file("text/css; charset=utf-8", include_str!("style.css"))
}

/// The anchor.
pub(super) async fn icon() -> HttpResponse {
    answer::signin_file("image/svg+xml", include_str!("icon.svg"))
}
