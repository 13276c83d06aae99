//! The refusals of operations, and the headers of answers: the components that operations refer to.

use super::schemas::reference;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{
    Components, Content, Header, HeaderBuilder, Object, Ref, Response, ResponseBuilder, Schema,
};

/// A refusal of the administration API: its status, its name among the components, its meaning.
#[derive(Clone, Copy)]
pub(in crate::http) struct Refusal {
    pub(super) status: &'static str,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
}

macro_rules! refusals {
    ($($constant:ident: $status:literal, $name:literal, $meaning:literal;)+) => {
        $(pub(in crate::http) const $constant: Refusal =
            Refusal { status: $status, name: $name, meaning: $meaning };)+
        const ALL: &[Refusal] = &[$($constant),+];
    };
}
refusals! {
    BAD_REQUEST: "400", "BadRequest", "the body is not JSON, or a condition is not a list of entity tags";
    UNAUTHORIZED: "401", "Unauthorized", "no credentials, or wrong ones";
    FORBIDDEN: "403", "Forbidden", "the caller may not do this";
    NOT_FOUND: "404", "NotFound", "there is no such object";
    METHOD_NOT_ALLOWED: "405", "MethodNotAllowed", "the path has other methods";
    REQUEST_TIMEOUT: "408", "RequestTimeout", "the body took too long to arrive";
    CONFLICT: "409", "Conflict", "the write collides with an existing object, or rules name the object";
    PRECONDITION_FAILED: "412", "PreconditionFailed", "a condition of the request does not hold";
    PAYLOAD_TOO_LARGE: "413", "PayloadTooLarge", "the body is larger than 1 MiB, or than 2 GiB for `apply`";
    URI_TOO_LONG: "414", "UriTooLong", "the query is longer than 16 KiB";
    UNSUPPORTED_MEDIA_TYPE: "415", "UnsupportedMediaType", "the operation does not take the content type of the body";
    INVALID: "422", "Invalid", "the input does not fit; all errors are listed by field";
    THROTTLED: "429", "Throttled", "too many passwords were wrong";
    HEADER_TOO_LARGE: "431", "HeaderTooLarge", "the Authorization header is longer than 16 KiB";
    SERVER_ERROR: "500", "ServerError", "the server failed; its log says why";
    UNAVAILABLE: "503", "Unavailable", "too many requests at once, or the database cannot be reached";
}

/// Makes an answer with the headers that every answer of this status has.
pub(in crate::http) fn response(status: &str, meaning: &str) -> ResponseBuilder {
    let response =
        ResponseBuilder::new().description(meaning).header_ref("X-Request-Id", header_reference("RequestId"));
    match status {
        "401" => response.header_ref("WWW-Authenticate", header_reference("Challenge")),
        "405" => response.header_ref("Allow", header_reference("Allow")),
        "429" | "503" => response.header_ref("Retry-After", header_reference("RetryAfter")),
        _ => response,
    }
}

/// Returns the reference to a header that [`add_components`] adds.
pub(in crate::http) fn header_reference(name: &str) -> Ref {
    Ref::new(format!("#/components/headers/{name}"))
}

/// Adds the refusals of the administration API and the headers of answers to the components.
pub(super) fn add_components(components: &mut Components) {
    for refusal in ALL {
        let problem = Content::new(Some(reference("Problem")));
        let response: Response =
            response(refusal.status, refusal.meaning).content("application/problem+json", problem).build();
        components.responses.insert(refusal.name.to_owned(), response.into());
    }
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let format = |name: &str| Some(SchemaFormat::Custom(name.to_owned()));
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let headers: [(&str, &str, Object); 7] = [
        (
            "RequestId",
            "the id of the request, which is also in the log and in the audit trail",
            text().format(format("uuid")).build(),
        ),
        (
            "ETag",
            "the version of the object, for `If-Match` and `If-None-Match`",
            text().pattern(Some("^\"[0-9]+\"$")).build(),
        ),
        ("KeysETag", "the version of the key set", text().build()),
        ("Location", "the path of the new object", text().format(format("uri-reference")).build()),
        ("Challenge", "how to sign in", text().build()),
        ("RetryAfter", "seconds", seconds.build()),
        ("Allow", "the methods of the path", text().build()),
    ];
    for (name, meaning, schema) in headers {
        components.headers.insert(name.to_owned(), always_sent(meaning, schema).into());
    }
}

/// Makes a header that every answer with a reference to it contains.
fn always_sent(meaning: &str, schema: Object) -> Header {
    HeaderBuilder::new()
        .description(Some(meaning))
        .schema(Some(Schema::from(schema)))
        // The builder of headers has no `required`, so an extension adds it.
        .extensions(Some(Extensions::from_iter([("required", true)])))
        .build()
}
