//! Makes the schemas of bodies from the schemas of types.
//!
//! The derive macros give a type one schema, and know only the rules of serde. Requests and answers need different
//! schemas, which are made here: objects have only the named fields, and answers contain every field.

use crate::domain::subject::Labels;
use crate::manage::List;
use std::collections::BTreeMap;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, ArrayItems, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Object, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Schemas by name.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Returns the reference to a schema.
pub(in crate::http) fn reference(name: impl Into<String>) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// Returns the schema of any object, or a list of objects.
pub(in crate::http) fn any_objects() -> RefOr<Schema> {
    let list = ArrayBuilder::new().items(any_object());
    AnyOfBuilder::new().item(any_object()).item(list).into()
}

/// Returns the schema of any text.
pub(in crate::http) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// Returns the schema of any object.
pub(in crate::http) fn any_object() -> RefOr<Schema> {
    Object::new().into()
}

/// Returns the schemas of a type in requests, and of all types that it refers to.
pub(super) fn taken<T: ToSchema>() -> Schemas {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    schemas.push((T::name().into_owned(), T::schema()));
    schemas.into_iter().map(|(name, schema)| (name, closed(schema))).collect()
}

/// Returns the schemas of a type in answers, and of all types that it refers to.
pub(super) fn answered<T: ToSchema>() -> Schemas {
    taken::<T>().into_iter().map(|(name, schema)| (name, complete(schema))).collect()
}

/// Returns the schema of a page of a list. It contains the schema of the entries itself, not a reference.
pub(super) fn page_of<T: ToSchema>() -> RefOr<Schema> {
    let mut page = List::<T>::schema();
    if let RefOr::T(Schema::Object(page)) = &mut page
        && let Some(RefOr::T(Schema::Array(entries))) = page.properties.get_mut("items")
    {
        entries.items = ArrayItems::RefOrSchema(Box::new(T::schema()));
    }
    complete(closed(page))
}

/// Makes every field of an answer required: a field without a value is null.
pub(in crate::http) fn complete(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.required = object.properties.keys().cloned().collect();
        // A page contains a total only on request.
        if object.properties.contains_key("next") {
            object.required.retain(|field| field != "total");
            object.properties.get_mut("total").into_iter().for_each(forbid_null);
        }
    }
    schema
}

/// Closes an object and the objects inside it: they have only the named fields. An object without named fields stays
/// open.
pub(super) fn closed(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    close(&mut schema);
    schema
}

fn close(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            object.properties.values_mut().for_each(close);
            if !object.properties.is_empty() {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                close(items);
            }
        }
        Schema::OneOf(one) => one.items.iter_mut().for_each(close),
        Schema::AllOf(all) => all.items.iter_mut().for_each(close),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Removes null from the values of a parameter: a parameter may be absent, but never null.
pub(super) fn forbid_null(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(schema)) = schema
        && let SchemaType::Array(kinds) = &schema.schema_type
        && let [kind, Type::Null] | [Type::Null, kind] = kinds.as_slice()
    {
        schema.schema_type = SchemaType::Type(kind.clone());
    }
}

/// Removes null from the values of an object's fields: a field may be absent, but never null.
pub(super) fn without_null(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.properties.values_mut().for_each(forbid_null);
    }
    schema
}

/// Joins the fields of several objects into one object. serde writes the fields of a `flatten`ed object into the
/// outer object. The derive macro describes that as `allOf`, which does not work with closed objects.
pub(in crate::http) fn joined(parts: &[RefOr<Schema>]) -> RefOr<Schema> {
    let mut object = Object::new();
    parts.iter().for_each(|part| add_fields(&mut object, part));
    object.into()
}

fn add_fields(object: &mut Object, part: &RefOr<Schema>) {
    match part {
        RefOr::T(Schema::Object(part)) => object.properties.extend(part.properties.clone()),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().for_each(|part| add_fields(object, part)),
        _ => {}
    }
}

/// Returns the schemas of the bodies of `PUT` and `PATCH`.
///
/// `PUT` takes the fields that may be written, and accepts the other shown fields unchanged. `PATCH` (RFC 7396) takes
/// any of these fields; null returns a field to its default, unless `PUT` requires the field.
pub(in crate::http) fn put_and_patch(fields: &Object, shown: &Object) -> (Object, Object) {
    let (mut put, mut patch) = (fields.clone(), Object::new());
    // The name is in the path, so the body may leave it out. A name in the body must be the name in the path.
    put.properties.remove("name");
    put.required.retain(|field| field != "name");
    patch.description = Some("the fields to change; null returns one to its default".to_owned());
    patch.example.clone_from(&fields.example);
    patch.min_properties = Some(0);
    for (name, schema) in &put.properties {
        let mut schema = without_default(schema, false);
        if let RefOr::Ref(other) = &schema
            && other.ref_location == Ref::from_schema_name(Labels::name()).ref_location
        {
            schema = reference(LABELS_PATCH);
        }
        let may_be_null = takes_null(&schema) || put.required.contains(name);
        patch.properties.insert(name.clone(), if may_be_null { schema } else { or_null(schema) });
    }
    for (name, schema) in &shown.properties {
        if !put.properties.contains_key(name) {
            let is_given = name == "managed_by";
            let schema = if is_given { schema.clone() } else { without_default(schema, true) };
            put.properties.insert(name.clone(), schema.clone());
            patch.properties.insert(name.clone(), schema);
        }
    }
    (put, patch)
}

/// The name of the schema of labels in a merge patch.
pub(super) const LABELS_PATCH: &str = "LabelsPatch";

/// Returns the schema of labels in a merge patch: null removes a key.
pub(super) fn labels_patch() -> RefOr<Schema> {
    let mut labels = Labels::schema();
    if let RefOr::T(Schema::Object(labels)) = &mut labels {
        labels.description = Some("labels to set; null removes one".to_owned());
        if let Some(AdditionalProperties::RefOr(values)) = labels.additional_properties.as_deref().cloned() {
            labels.additional_properties = Some(Box::new(or_null(values).into()));
        }
    }
    labels
}

fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    AnyOfBuilder::new().item(schema).item(Object::with_type(Type::Null)).into()
}

fn takes_null(schema: &RefOr<Schema>) -> bool {
    let kinds = match schema {
        RefOr::T(Schema::Object(object)) => &object.schema_type,
        RefOr::T(Schema::Array(array)) => &array.schema_type,
        RefOr::T(Schema::OneOf(_)) => return true,
        _ => return false,
    };
    matches!(kinds, SchemaType::Array(kinds) if kinds.contains(&Type::Null))
}

/// Removes the default of a field. With `read_only`, marks the field as accepted but unchangeable.
fn without_default(schema: &RefOr<Schema>, read_only: bool) -> RefOr<Schema> {
    let (mut schema, read_only) = (schema.clone(), read_only.then_some(true));
    match &mut schema {
        RefOr::Ref(other) => (other.default, other.read_only) = (None, read_only),
        RefOr::T(Schema::Object(object)) => (object.default, object.read_only) = (None, read_only),
        RefOr::T(Schema::OneOf(one)) => (one.default, one.read_only) = (None, read_only),
        RefOr::T(Schema::Array(array)) => {
            array.default = None;
            // The type of array schemas has no `read_only`, so an extension adds it.
            array.extensions = read_only.map(|value| Extensions::from_iter([("readOnly", value)]));
        }
        RefOr::T(_) => {}
    }
    schema
}
