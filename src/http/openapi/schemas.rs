//! Schemas of bodies, from the schemas that types have.
//!
//! The derive macros give a type one schema, and know only what serde knows. Requests and answers need
//! different ones, which are made here: objects have no other fields than those that are named, and
//! answers leave no field out.

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

/// The reference to a schema.
pub(in crate::http) fn reference(name: impl Into<String>) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// Any object, or a list of objects.
pub(in crate::http) fn any_objects() -> RefOr<Schema> {
    let list = ArrayBuilder::new().items(any_object());
    AnyOfBuilder::new().item(any_object()).item(list).into()
}

/// Any text.
pub(in crate::http) fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// Any object.
pub(in crate::http) fn any_object() -> RefOr<Schema> {
    Object::new().into()
}

/// The schemas of a type that is taken, and of all that it refers to.
pub(super) fn taken<T: ToSchema>() -> Schemas {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    schemas.push((T::name().into_owned(), T::schema()));
    schemas.into_iter().map(|(name, schema)| (name, closed(schema))).collect()
}

/// The schemas of a type that is answered, and of all that it refers to.
pub(super) fn answered<T: ToSchema>() -> Schemas {
    taken::<T>().into_iter().map(|(name, schema)| (name, complete(schema))).collect()
}

/// A page of a list, which describes its entries in place.
pub(super) fn page_of<T: ToSchema>() -> RefOr<Schema> {
    let mut page = List::<T>::schema();
    if let RefOr::T(Schema::Object(page)) = &mut page
        && let Some(RefOr::T(Schema::Array(entries))) = page.properties.get_mut("items")
    {
        entries.items = ArrayItems::RefOrSchema(Box::new(T::schema()));
    }
    complete(closed(page))
}

/// An answer leaves nothing out: a field without a value is null.
pub(in crate::http) fn complete(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.required = object.properties.keys().cloned().collect();
        // Of a page, the total is there when it was asked for.
        if object.properties.contains_key("next") {
            object.required.retain(|field| field != "total");
            object.properties.get_mut("total").into_iter().for_each(forbid_null);
        }
    }
    schema
}

/// An object has the fields that are named and no others, and so have the objects inside it.
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

/// A parameter is there or not, but never null.
pub(super) fn forbid_null(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(schema)) = schema
        && let SchemaType::Array(kinds) = &schema.schema_type
        && let [kind, Type::Null] | [Type::Null, kind] = kinds.as_slice()
    {
        schema.schema_type = SchemaType::Type(kind.clone());
    }
}

/// The fields of this object are there or not, but never null.
pub(super) fn without_null(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.properties.values_mut().for_each(forbid_null);
    }
    schema
}

/// One object with the fields of several. serde writes the fields of a `flatten`ed object in place;
/// the derive macro makes `allOf` of that, and closed objects cannot be parts of one.
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

/// The bodies of `PUT` and `PATCH`.
///
/// `PUT` takes the fields that may be written, and accepts unchanged what is shown besides. `PATCH`
/// (RFC 7396) takes any of these; null returns a field to its default.
pub(in crate::http) fn put_and_patch(fields: &Object, shown: &Object) -> (Object, Object) {
    let (mut put, mut patch) = (fields.clone(), Object::new());
    // The name is in the path; the one inside must be the same.
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

/// Labels in a merge patch: null removes a key.
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

/// Takes the default away; `read_only` marks a field that is accepted but cannot be changed.
fn without_default(schema: &RefOr<Schema>, read_only: bool) -> RefOr<Schema> {
    let (mut schema, read_only) = (schema.clone(), read_only.then_some(true));
    match &mut schema {
        RefOr::Ref(other) => (other.default, other.read_only) = (None, read_only),
        RefOr::T(Schema::Object(object)) => (object.default, object.read_only) = (None, read_only),
        RefOr::T(Schema::OneOf(one)) => (one.default, one.read_only) = (None, read_only),
        RefOr::T(Schema::Array(array)) => {
            array.default = None;
            // The type of arrays has no `read_only`.
            array.extensions = read_only.map(|value| Extensions::from_iter([("readOnly", value)]));
        }
        RefOr::T(_) => {}
    }
    schema
}
