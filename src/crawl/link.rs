//! The `Link` header of a page of a list.
//!
//! ```text
//! Link: </v2/_catalog?last=team%2Fapp&n=1000>; rel="next"
//! ```
// SPEC: RFC 8288 section 3; the OCI distribution specification, "Listing Tags".

use url::Url;

/// The greatest length of the query of a link, in bytes.
const LONGEST: usize = 2048;

/// Returns the query of the next page; `None` if no header links to a next page. `asked` is the URL of this page. The
/// error describes the fault of the link. A link that cannot be read is an error, because a next page may exist.
pub(super) fn next(headers: &[&str], asked: &Url) -> Result<Option<String>, &'static str> {
    let mut found = None;
    for header in headers {
        found = found.or(target(header)?);
    }
    let Some(target) = found else { return Ok(None) };
    let url = asked.join(target).map_err(|_| "a link that is not an address")?;
    // INTEROP: a registry behind a proxy may write http instead of https.
    let is_same = url.host_str() == asked.host_str() && url.port() == asked.port();
    if !is_same || !matches!(url.scheme(), "http" | "https") {
        return Err("a link to another server, which is not followed");
    }
    if url.path() != asked.path() {
        return Err("a link to another list");
    }
    match url.query() {
        Some(query) if query.len() <= LONGEST && Some(query) != asked.query() => Ok(Some(query.to_owned())),
        _ => Err("a link that does not lead on"),
    }
}

/// Returns the query of the page after the entry `last`, for a registry that gives no link. `page` is the query of the
/// first page.
// SPEC: the OCI distribution specification, "Listing Tags": `n` and `last`.
pub(super) fn after(last: &str, asked: &Url, page: &str) -> Option<String> {
    let mut url = asked.clone();
    url.set_query(Some(page));
    url.query_pairs_mut().append_pair("last", last);
    url.query().map(str::to_owned)
}

/// Returns the target of the link to the next page in one header.
fn target(header: &str) -> Result<Option<&str>, &'static str> {
    let (mut rest, mut found) = (header, None);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(found);
        }
        let link = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (target, parameters) = link.ok_or("a link that cannot be read")?;
        let (parameters, others) = cut(parameters, ',');
        if found.is_none() && is_next(parameters) {
            found = Some(target);
        }
        rest = others;
    }
}

fn is_next(parameters: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (one, others) = cut(rest, ';');
        let (name, value) = one.split_once('=').unwrap_or_default();
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        if name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case("next")) {
            return true;
        }
        rest = others;
    }
    false
}

/// Splits a text at the first separator that is not between quotes. If no such separator exists, the second part is
/// empty.
fn cut(text: &str, separator: char) -> (&str, &str) {
    let mut is_quoted = false;
    let found = text.find(|c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    let (before, after) = found.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
    (before, after.strip_prefix(separator).unwrap_or(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_on_at_the_same_list_of_the_same_server_only() {
        let asked = Url::parse("https://registry.example.org/v2/_catalog?n=2").unwrap();
        for (header, found) in [
            (None, Ok(None)),
            (Some("</v2/_catalog?last=b&n=2>; rel=\"next\""), Ok(Some("last=b&n=2"))),
            (Some("<https://registry.example.org/v2/_catalog?last=b>; rel=next"), Ok(Some("last=b"))),
            (Some("<http://registry.example.org/v2/_catalog?last=b>; rel=next"), Ok(Some("last=b"))),
            (Some("<?last=b>; title=x; rel=\"next\""), Ok(Some("last=b"))),
            (Some("</a>; rel=\"first\", </v2/_catalog?last=c>; rel=\"next\""), Ok(Some("last=c"))),
            (
                Some(
                    "</a,b>; rel=first; title=\"x, y; rel=next\", </v2/_catalog?last=c,d>; REL = \"prev NEXT\"",
                ),
                Ok(Some("last=c,d")),
            ),
            (Some("</a>; title=\"rel=next\""), Ok(None)),
            (Some("nonsense"), Err("cannot be read")),
            (Some("/v2/_catalog?last=b; rel=next"), Err("cannot be read")),
            (Some("</v2/_catalog?last=b"), Err("cannot be read")),
            (Some("</v2/_catalog?last=b>; rel=\"previous\""), Ok(None)),
            (Some("<https://evil.example.org/v2/_catalog?last=b>; rel=\"next\""), Err("another server")),
            (Some("<//evil.example.org/v2/_catalog?last=b>; rel=\"next\""), Err("another server")),
            (
                Some("<https://registry.example.org:444/v2/_catalog?last=b>; rel=\"next\""),
                Err("another server"),
            ),
            (Some("<file:///v2/_catalog?last=b>; rel=\"next\""), Err("another server")),
            (Some("</v2/a/tags/list?last=b>; rel=\"next\""), Err("another list")),
            (Some("</v2/_catalog>; rel=\"next\""), Err("does not lead on")),
            (Some("</v2/_catalog?n=2>; rel=\"next\""), Err("does not lead on")),
        ] {
            let next = next(&header.into_iter().collect::<Vec<_>>(), &asked);
            match found {
                Ok(found) => assert_eq!(next.as_ref().map(Option::as_deref), Ok(found), "{header:?}"),
                Err(part) => {
                    assert!(next.as_ref().is_err_and(|told| told.contains(part)), "{header:?}: {next:?}")
                }
            }
        }
        assert!(next(&[&format!("</v2/_catalog?last={}>; rel=next", "x".repeat(3000))], &asked).is_err());
        let several = ["</style.css>; rel=preload", "</v2/_catalog?last=b>; rel=next"];
        assert_eq!(next(&several, &asked), Ok(Some("last=b".to_owned())), "a header may occur several times");
        assert_eq!(after("team/b&c", &asked, "n=1000").as_deref(), Some("n=1000&last=team%2Fb%26c"));
    }
}
