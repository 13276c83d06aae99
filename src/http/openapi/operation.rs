//! The description of one operation: who may call it, what it takes, answers and refuses.
//!
//! Each method adds the refusals that come with what it says: a body can be too large, an object that
//! the path names can be missing.

use super::refusals::{
    BAD_REQUEST, CONFLICT, FORBIDDEN, HEADER_TOO_LARGE, INVALID, NOT_FOUND, PAYLOAD_TOO_LARGE,
    PRECONDITION_FAILED, REQUEST_TIMEOUT, Refusal, SERVER_ERROR, THROTTLED, UNAUTHORIZED, UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE, URI_TOO_LONG, header_reference, response,
};
use super::schemas::{
    Schemas, answered, any_object, closed, forbid_null, page_of, reference, taken, text, without_null,
};
use crate::manage::List;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{self, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{Content, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement};
use utoipa::{IntoParams, ToSchema};

/// The pattern of lists of entity tags.
const TAGS: &str = "^(?:\\*|(?:W/)?\"[!#-~]*\"(?:, ?(?:W/)?\"[!#-~]*\")*)?$";
/// The refusals of bodies.
const OF_BODIES: [Refusal; 5] =
    [BAD_REQUEST, REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID];

/// The description of an operation, and the schemas that it refers to.
pub(in crate::http) struct Operation {
    pub(super) operation: path::Operation,
    pub(super) schemas: Schemas,
}

impl Operation {
    /// Outside the administration API: anybody may call it, and refusals have the form of the token
    /// endpoint.
    pub(in crate::http) fn outside(tag: &str, id: &str, summary: &str) -> Self {
        Self::new(tag, id, summary)
            .security(SecurityRequirement::default())
            .fails("414", URI_TOO_LONG.meaning)
            .fails("431", HEADER_TOO_LARGE.meaning)
    }

    /// In the administration API: anybody may call it.
    pub(in crate::http) fn open(tag: &str, id: &str, summary: &str) -> Self {
        Self::of_api(tag, id, summary).security(SecurityRequirement::default())
    }

    /// In the administration API: everybody who signs in may call it.
    pub(in crate::http) fn signed_in(tag: &str, id: &str, summary: &str) -> Self {
        Self::of_api(tag, id, summary)
            .security(SecurityRequirement::new("basic", [""; 0]))
            .security(SecurityRequirement::new("bearer", [""; 0]))
            .refuses(&[UNAUTHORIZED, THROTTLED])
    }

    /// In the administration API: the caller needs a right.
    pub(in crate::http) fn allowed(tag: &str, id: &str, summary: &str) -> Self {
        Self::signed_in(tag, id, summary).refuses(&[FORBIDDEN])
    }

    fn of_api(tag: &str, id: &str, summary: &str) -> Self {
        Self::new(tag, id, summary).refuses(&[URI_TOO_LONG, HEADER_TOO_LARGE, SERVER_ERROR, UNAVAILABLE])
    }

    fn new(tag: &str, id: &str, summary: &str) -> Self {
        let mut operation = path::Operation::new();
        operation.tags = Some(vec![tag.to_owned()]);
        operation.operation_id = Some(id.to_owned());
        operation.summary = Some(summary.to_owned());
        Self { operation, schemas: Schemas::new() }
    }

    /// More than the summary says.
    pub(in crate::http) fn description(mut self, text: &str) -> Self {
        self.operation.description = Some(text.to_owned());
        self
    }

    /// Another way to prove who calls.
    pub(in crate::http) fn security(mut self, requirement: SecurityRequirement) -> Self {
        self.operation.security.get_or_insert_default().push(requirement);
        self
    }

    /// Adds a schema by its name, in the place of the one that its type has.
    pub(in crate::http) fn schema(mut self, name: &str, schema: RefOr<Schema>) -> Self {
        self.schemas.insert(name.to_owned(), closed(schema));
        self
    }

    /// Leaves a schema out that nothing refers to.
    pub(in crate::http) fn without_schema(mut self, name: &str) -> Self {
        self.schemas.remove(name);
        self
    }

    /// Takes a part of the path, which names an object.
    pub(in crate::http) fn path<T: ToSchema>(mut self, name: &str) -> Self {
        self.schemas.extend(taken::<T>());
        self.path_parameter(name, reference(T::name()))
    }

    /// Takes the id of an object from the path.
    pub(in crate::http) fn path_id(self) -> Self {
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        self.path_parameter("id", id.into())
    }

    fn path_parameter(self, name: &str, schema: RefOr<Schema>) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        self.parameter(parameter.required(Required::True).schema(Some(schema)).build()).refuses(&[NOT_FOUND])
    }

    /// Takes a query, which is checked.
    pub(in crate::http) fn query<Q: IntoParams>(self) -> Self {
        self.unchecked_query::<Q>().refuses(&[INVALID])
    }

    /// Takes a query.
    pub(in crate::http) fn unchecked_query<Q: IntoParams>(self) -> Self {
        Q::into_params(|| Some(ParameterIn::Query)).into_iter().fold(self, Self::parameter)
    }

    fn parameter(mut self, mut parameter: Parameter) -> Self {
        parameter.schema.iter_mut().for_each(forbid_null);
        self.operation.parameters.get_or_insert_default().push(parameter.into());
        self
    }

    fn condition(self, name: &str, meaning: &str, pattern: &str) -> Self {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .description(Some(meaning))
            .required(Required::False)
            .schema(Some(schema));
        self.parameter(parameter.build()).refuses(&[BAD_REQUEST])
    }

    /// Reads only what the client does not have.
    pub(in crate::http) fn if_none_match(self) -> Self {
        let meaning = "The `ETag` that the client has: 304 when it is still that.";
        self.condition("If-None-Match", meaning, TAGS)
    }

    /// Writes only over the version that the client knows.
    pub(in crate::http) fn if_match(self) -> Self {
        let meaning = "Only if the object is still this one: its `ETag`, or `*` for any.";
        self.condition("If-Match", meaning, TAGS).refuses(&[PRECONDITION_FAILED])
    }

    /// Writes only what is not there yet.
    pub(in crate::http) fn if_absent(self) -> Self {
        let meaning = "`*`: only if there is no such object.";
        self.condition("If-None-Match", meaning, "^(?:\\*)?$").refuses(&[PRECONDITION_FAILED])
    }

    /// Takes a JSON body.
    pub(in crate::http) fn takes<T: ToSchema>(mut self) -> Self {
        self.schemas.extend(taken::<T>());
        self.body(&["application/json"], &reference(T::name())).refuses(&OF_BODIES)
    }

    /// Takes one JSON body or another.
    pub(in crate::http) fn takes_one_of<T: ToSchema, U: ToSchema>(mut self) -> Self {
        self.schemas.extend(taken::<T>());
        self.schemas.extend(taken::<U>());
        let either = OneOfBuilder::new().item(reference(T::name())).item(reference(U::name()));
        self.body(&["application/json"], &either.into()).refuses(&OF_BODIES)
    }

    /// Answers 200 with this or that as JSON.
    pub(in crate::http) fn answers_one_of<T: ToSchema, U: ToSchema>(mut self) -> Self {
        self.schemas.extend(answered::<T>());
        self.schemas.extend(answered::<U>());
        let either = OneOfBuilder::new().item(reference(T::name())).item(reference(U::name()));
        self.answers_with("200", json(success("200"), either.into()))
    }

    /// Takes a body in one of several content types.
    pub(in crate::http) fn takes_as(self, content_types: &[&str], schema: &RefOr<Schema>) -> Self {
        self.body(content_types, schema).refuses(&OF_BODIES)
    }

    /// Takes a text in one of several other content types as well.
    pub(in crate::http) fn takes_text_as(mut self, content_types: &[&str]) -> Self {
        if let Some(RefOr::T(body)) = &mut self.operation.request_body {
            for content_type in content_types {
                body.content.insert((*content_type).to_owned(), Content::new(Some(text())).into());
            }
        }
        self
    }

    /// Takes a form, outside the administration API.
    pub(in crate::http) fn takes_form<T: ToSchema>(mut self) -> Self {
        // SPEC: RFC 6749 section 3.2: unknown parameters of a form are ignored, so it is not closed.
        self.schemas.insert(T::name().into_owned(), without_null(T::schema()));
        self.body(&["application/x-www-form-urlencoded"], &reference(T::name()))
            .fails("408", "the form took too long to arrive")
            .fails("413", "the form is longer than 16 KiB")
            .fails("415", "the body is not a form")
    }

    fn body(mut self, content_types: &[&str], schema: &RefOr<Schema>) -> Self {
        let mut body = RequestBodyBuilder::new().required(Some(Required::True));
        for content_type in content_types {
            body = body.content(*content_type, Content::new(Some(schema.clone())));
        }
        self.operation.request_body = Some(body.build().into());
        self
    }

    /// Answers 200 with this as JSON.
    pub(in crate::http) fn answers<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("200", None)
    }

    /// Answers with an object and its version.
    pub(in crate::http) fn answers_version_of<T: ToSchema>(self, status: &str) -> Self {
        self.answers_object::<T>(status, Some("ETag"))
    }

    /// Answers 201 with a new object and its path.
    pub(in crate::http) fn creates<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("201", Some("Location"))
    }

    /// Answers 201 with something new that has no path of its own.
    pub(in crate::http) fn answers_new<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("201", None)
    }

    fn answers_object<T: ToSchema>(mut self, status: &str, header: Option<&str>) -> Self {
        self.schemas.extend(answered::<T>());
        let answer = json(success(status), reference(T::name()));
        let with = |answer: ResponseBuilder, name: &str| answer.header_ref(name, header_reference(name));
        self.answers_with(status, header.into_iter().fold(answer, with))
    }

    /// Answers 200 with a page of a list.
    pub(in crate::http) fn lists<T: ToSchema>(mut self) -> Self {
        self.schemas.extend(answered::<T>());
        let name = format!("{}_{}", List::<T>::name(), T::name());
        self.schemas.insert(name.clone(), page_of::<T>());
        self.answers_with("200", json(success("200"), reference(name)))
    }

    /// Answers 304.
    pub(in crate::http) fn answers_not_modified(self, tag: &str) -> Self {
        self.answers_with("304", success("304").header_ref("ETag", header_reference(tag)))
    }

    /// Answers 204.
    pub(in crate::http) fn answers_nothing(self) -> Self {
        self.answers_with("204", success("204"))
    }

    /// Answers with some JSON object.
    pub(in crate::http) fn answers_any_object(self, status: &str) -> Self {
        self.answers_with(status, json(success(status), any_object()))
    }

    /// Answers 200 with a text, or with what it answers already.
    pub(in crate::http) fn answers_text(mut self, content_type: &str) -> Self {
        let answers = &mut self.operation.responses.responses;
        let answer = answers.entry("200".to_owned()).or_insert_with(|| success("200").into());
        if let RefOr::T(answer) = answer {
            answer.content.insert(content_type.to_owned(), Content::new(Some(text())).into());
        }
        self
    }

    /// Answers with this.
    pub(in crate::http) fn answers_with(mut self, status: &str, response: ResponseBuilder) -> Self {
        self.operation.responses.responses.insert(status.to_owned(), response.into());
        self
    }

    /// Refuses what collides with something that exists.
    pub(in crate::http) fn conflicts(self) -> Self {
        self.refuses(&[CONFLICT])
    }

    /// Refuses as the administration API does.
    pub(in crate::http) fn refuses(mut self, refusals: &[Refusal]) -> Self {
        for refusal in refusals {
            let responses = &mut self.operation.responses.responses;
            responses.insert(refusal.status.to_owned(), RefOr::Ref(Ref::from_response_name(refusal.name)));
        }
        self
    }

    /// Refuses as the token endpoint does.
    pub(in crate::http) fn fails(self, status: &str, meaning: &str) -> Self {
        self.answers_with(status, json(response(status, meaning), reference("TokenFailure")))
    }

    /// Leads from an answer to another operation. `parameters` says where its parameters come from.
    pub(in crate::http) fn links(mut self, status: &str, to: &str, parameters: &[(&str, &str)]) -> Self {
        let mut link = LinkBuilder::new().operation_id(to);
        for (name, from) in parameters {
            link = link.parameter(*name, *from);
        }
        if let Some(RefOr::T(answer)) = self.operation.responses.responses.get_mut(status) {
            answer.links.insert(to.to_owned(), link.build().into());
        }
        self
    }
}

/// An answer that is not a refusal.
pub(in crate::http) fn success(status: &str) -> ResponseBuilder {
    let meaning = match status {
        "201" => "made",
        "204" => "done",
        "304" => "the client has it already",
        _ => "as asked for",
    };
    response(status, meaning)
}

/// Gives an answer a JSON body.
pub(in crate::http) fn json(response: ResponseBuilder, schema: RefOr<Schema>) -> ResponseBuilder {
    response.content("application/json", Content::new(Some(schema)))
}
