//! The description of one operation: its callers, its input, its answers and its refusals.
//!
//! Most methods that add a part of the operation also add the refusals that the part can cause. For example, a method
//! that adds a JSON body adds 413 (too large), and a method that adds an object in the path adds 404 (missing).

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
/// The refusals of operations with a body.
const OF_BODIES: [Refusal; 5] =
    [BAD_REQUEST, REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID];

/// The description of an operation, and the schemas that it refers to.
pub(in crate::http) struct Operation {
    pub(super) operation: path::Operation,
    pub(super) schemas: Schemas,
}

impl Operation {
    /// Begins an operation outside the administration API that anybody may call. Its refusals have the form of the
    /// token endpoint.
    pub(in crate::http) fn outside(tag: &str, id: &str, summary: &str) -> Self {
        Self::new(tag, id, summary)
            .security(SecurityRequirement::default())
            .fails("414", URI_TOO_LONG.meaning)
            .fails("431", HEADER_TOO_LARGE.meaning)
    }

    /// Begins an operation outside the administration API whose caller needs a right. Its refusals have the form of
    /// the administration API.
    pub(in crate::http) fn receives(tag: &str, id: &str, summary: &str) -> Self {
        Self::of_api(tag, id, summary).refuses(&[UNAUTHORIZED, THROTTLED])
    }

    /// Begins an operation of the administration API that anybody may call.
    pub(in crate::http) fn open(tag: &str, id: &str, summary: &str) -> Self {
        Self::of_api(tag, id, summary).security(SecurityRequirement::default())
    }

    /// Begins an operation of the administration API that everybody who signs in may call.
    pub(in crate::http) fn signed_in(tag: &str, id: &str, summary: &str) -> Self {
        Self::of_api(tag, id, summary)
            .security(SecurityRequirement::new("basic", [""; 0]))
            .security(SecurityRequirement::new("bearer", [""; 0]))
            .refuses(&[UNAUTHORIZED, THROTTLED])
    }

    /// Begins an operation of the administration API that refuses callers without a right.
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

    /// Adds a description that is longer than the summary.
    pub(in crate::http) fn description(mut self, text: &str) -> Self {
        self.operation.description = Some(text.to_owned());
        self
    }

    /// Adds a way in which the caller can prove who it is.
    pub(in crate::http) fn security(mut self, requirement: SecurityRequirement) -> Self {
        self.operation.security.get_or_insert_default().push(requirement);
        self
    }

    /// Adds a schema by its name. It replaces a schema that the operation already has under this name.
    pub(in crate::http) fn schema(mut self, name: &str, schema: RefOr<Schema>) -> Self {
        self.schemas.insert(name.to_owned(), closed(schema));
        self
    }

    /// Removes a schema that nothing refers to.
    pub(in crate::http) fn without_schema(mut self, name: &str) -> Self {
        self.schemas.remove(name);
        self
    }

    /// Adds a part of the path, which names an object.
    pub(in crate::http) fn path<T: ToSchema>(mut self, name: &str) -> Self {
        self.schemas.extend(taken::<T>());
        self.path_parameter(name, reference(T::name()))
    }

    /// Adds the id of an object in the path.
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

    /// Adds a query whose parameters are checked.
    pub(in crate::http) fn query<Q: IntoParams>(self) -> Self {
        self.unchecked_query::<Q>().refuses(&[INVALID])
    }

    /// Adds a query whose parameters are not checked.
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

    /// Adds `If-None-Match`, with which a client reads an object only if it has changed.
    pub(in crate::http) fn if_none_match(self) -> Self {
        let meaning = "The `ETag` that the client has. The answer is 304 if the object still has it.";
        self.condition("If-None-Match", meaning, TAGS)
    }

    /// Adds `If-Match`, with which a client replaces only the version that it knows.
    pub(in crate::http) fn if_match(self) -> Self {
        let meaning = "Writes only if the object still has this `ETag`; `*` stands for any existing object.";
        self.condition("If-Match", meaning, TAGS).refuses(&[PRECONDITION_FAILED])
    }

    /// Adds `If-None-Match: *`, with which a client writes an object only if the object does not exist yet.
    pub(in crate::http) fn if_absent(self) -> Self {
        let meaning = "`*`: writes only if there is no such object.";
        self.condition("If-None-Match", meaning, "^(?:\\*)?$").refuses(&[PRECONDITION_FAILED])
    }

    /// Adds a JSON body.
    pub(in crate::http) fn takes<T: ToSchema>(mut self) -> Self {
        self.schemas.extend(taken::<T>());
        self.body(&["application/json"], &reference(T::name())).refuses(&OF_BODIES)
    }

    /// Adds a body with one of two JSON types.
    pub(in crate::http) fn takes_one_of<T: ToSchema, U: ToSchema>(mut self) -> Self {
        self.schemas.extend(taken::<T>());
        self.schemas.extend(taken::<U>());
        let either = OneOfBuilder::new().item(reference(T::name())).item(reference(U::name()));
        self.body(&["application/json"], &either.into()).refuses(&OF_BODIES)
    }

    /// Adds the answer 200 with one of two types as JSON.
    pub(in crate::http) fn answers_one_of<T: ToSchema, U: ToSchema>(mut self) -> Self {
        self.schemas.extend(answered::<T>());
        self.schemas.extend(answered::<U>());
        let either = OneOfBuilder::new().item(reference(T::name())).item(reference(U::name()));
        self.answers_with("200", json(success("200"), either.into()))
    }

    /// Adds a body in one of several content types.
    pub(in crate::http) fn takes_as(self, content_types: &[&str], schema: &RefOr<Schema>) -> Self {
        self.body(content_types, schema).refuses(&OF_BODIES)
    }

    /// Adds further content types of the body, which contain a text.
    pub(in crate::http) fn takes_text_as(mut self, content_types: &[&str]) -> Self {
        if let Some(RefOr::T(body)) = &mut self.operation.request_body {
            for content_type in content_types {
                body.content.insert((*content_type).to_owned(), Content::new(Some(text())).into());
            }
        }
        self
    }

    /// Adds a body of this content type, with any content.
    pub(in crate::http) fn takes_anything(self, content_type: &str) -> Self {
        self.body(&[content_type], &Schema::default().into())
    }

    /// Adds a form, for an operation outside the administration API.
    pub(in crate::http) fn takes_form<T: ToSchema>(mut self) -> Self {
        // SPEC: RFC 6749 section 3.2: unknown parameters of a form are ignored, so its schema allows them.
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

    /// Adds the answer 200 with this type as JSON.
    pub(in crate::http) fn answers<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("200", None)
    }

    /// Adds the answer with an object and its version.
    pub(in crate::http) fn answers_version_of<T: ToSchema>(self, status: &str) -> Self {
        self.answers_object::<T>(status, Some("ETag"))
    }

    /// Adds the answer 201 with a new object and its path.
    pub(in crate::http) fn creates<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("201", Some("Location"))
    }

    /// Adds the answer 201 with a new object that has no path of its own.
    pub(in crate::http) fn answers_new<T: ToSchema>(self) -> Self {
        self.answers_object::<T>("201", None)
    }

    fn answers_object<T: ToSchema>(mut self, status: &str, header: Option<&str>) -> Self {
        self.schemas.extend(answered::<T>());
        let answer = json(success(status), reference(T::name()));
        let with = |answer: ResponseBuilder, name: &str| answer.header_ref(name, header_reference(name));
        self.answers_with(status, header.into_iter().fold(answer, with))
    }

    /// Adds the answer 200 with a page of a list.
    pub(in crate::http) fn lists<T: ToSchema>(mut self) -> Self {
        self.schemas.extend(answered::<T>());
        let name = format!("{}_{}", List::<T>::name(), T::name());
        self.schemas.insert(name.clone(), page_of::<T>());
        self.answers_with("200", json(success("200"), reference(name)))
    }

    /// Adds the answer 304.
    pub(in crate::http) fn answers_not_modified(self, tag: &str) -> Self {
        self.answers_with("304", success("304").header_ref("ETag", header_reference(tag)))
    }

    /// Adds the answer 204.
    pub(in crate::http) fn answers_nothing(self) -> Self {
        self.answers_with("204", success("204"))
    }

    /// Adds the answer with any JSON object.
    pub(in crate::http) fn answers_any_object(self, status: &str) -> Self {
        self.answers_with(status, json(success(status), any_object()))
    }

    /// Adds the answer 200 with a text, beside the other answers.
    pub(in crate::http) fn answers_text(mut self, content_type: &str) -> Self {
        let answers = &mut self.operation.responses.responses;
        let answer = answers.entry("200".to_owned()).or_insert_with(|| success("200").into());
        if let RefOr::T(answer) = answer {
            answer.content.insert(content_type.to_owned(), Content::new(Some(text())).into());
        }
        self
    }

    /// Adds an answer with this status and body.
    pub(in crate::http) fn answers_with(mut self, status: &str, response: ResponseBuilder) -> Self {
        self.operation.responses.responses.insert(status.to_owned(), response.into());
        self
    }

    /// Adds the refusal of a write that collides with an existing object, or that rules prevent.
    pub(in crate::http) fn conflicts(self) -> Self {
        self.refuses(&[CONFLICT])
    }

    /// Adds refusals in the form of the administration API.
    pub(in crate::http) fn refuses(mut self, refusals: &[Refusal]) -> Self {
        for refusal in refusals {
            let responses = &mut self.operation.responses.responses;
            responses.insert(refusal.status.to_owned(), RefOr::Ref(Ref::from_response_name(refusal.name)));
        }
        self
    }

    /// Adds a refusal in the form of the token endpoint.
    pub(in crate::http) fn fails(self, status: &str, meaning: &str) -> Self {
        self.answers_with(status, json(response(status, meaning), reference("TokenFailure")))
    }

    /// Links an answer to another operation. `parameters` maps the parameters of that operation to their sources.
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

/// Begins an answer that is not a refusal.
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
