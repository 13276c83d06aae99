//! The style and the icon of the pages.

use super::super::answer;
use actix_web::HttpResponse;

/// The style of all pages, in the colours of the console.
const STYLE: &str = concat!(include_str!("../../../console/src/palette.css"), include_str!("style.css"));

/// Answers with the style.
pub(super) async fn style() -> HttpResponse {
    answer::signin_file(answer::STYLE, STYLE)
}

/// Answers with the icon, an anchor.
pub(super) async fn icon() -> HttpResponse {
    answer::signin_file("image/svg+xml", include_str!("icon.svg"))
}
