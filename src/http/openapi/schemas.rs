//! Schemas of bodies, from the schemas that types have.
//!
//! A type has one schema, whether it is taken or answered, and other crates' derive macros say of it
//! only what serde knows. What the API promises besides is added here: objects have no other fields
//! than those that are named, and answers leave no field out.

use crate::domain::subject::Labels;
use crate::manage::List;
use std::collections::BTreeMap;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayItems, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Object, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Schemas by name.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The reference to a schema.
pub(in crate::http) fn reference(name: impl Into<String>) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
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

/// One object with the fields of several. serde writes the fields of a `flatten`ed object in place;
/// the derive macro makes `allOf` of that, and objects that are closed cannot be parts of one.
pub(in crate::http) fn joined(parts: &[RefOr<Schema>]) -> RefOr<Schema> {
    let mut object = Object::new();
    for part in parts {
        match part {
            RefOr::T(Schema::Object(part)) => object.properties.extend(part.properties.clone()),
            RefOr::T(Schema::AllOf(all)) => {
                for part in &all.items {
                    if let RefOr::T(Schema::Object(part)) = part {
                        object.properties.extend(part.properties.clone());
                    }
                }
            }
            _ => {}
        }
    }
    object.into()
}

/// The body of `PUT`: `fields` that may be written, and those `shown` besides, which are accepted
/// unchanged.
pub(in crate::http) fn put_body(mut fields: Object, shown: &RefOr<Schema>) -> Object {
    // The name is in the path; the one inside must be the same.
    fields.properties.remove("name");
    fields.required.retain(|field| field != "name");
    let RefOr::T(Schema::Object(shown)) = shown else { return fields };
    for (name, schema) in &shown.properties {
        if fields.properties.contains_key(name) {
            continue;
        }
        let mut schema = schema.clone();
        if name != "managed_by" {
            forget_default(&mut schema);
            mark_read_only(&mut schema);
        }
        fields.properties.insert(name.clone(), schema);
    }
    fields
}

/// The body of `PATCH` (RFC 7396): any fields of the body of `PUT`; null returns one to its default.
pub(in crate::http) fn patch_body(put: &Object) -> Object {
    let mut patch = ObjectBuilder::new()
        .description(Some("the fields to change; null returns one to its default"))
        .min_properties(Some(0));
    for (name, schema) in &put.properties {
        let mut schema = schema.clone();
        forget_default(&mut schema);
        if let RefOr::Ref(labels) = &schema
            && labels.ref_location == Ref::from_schema_name(Labels::name()).ref_location
        {
            schema = reference(LABELS_PATCH);
        }
        let is_needed = put.required.contains(name);
        if !is_needed && !is_read_only(&schema) && !takes_null(&schema) {
            schema = or_null(schema);
        }
        patch = patch.property(name, schema);
    }
    let mut patch = patch.build();
    patch.example.clone_from(&put.example);
    patch
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

fn forget_default(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::Ref(other) => other.default = None,
        RefOr::T(Schema::Object(object)) => object.default = None,
        RefOr::T(Schema::Array(array)) => array.default = None,
        RefOr::T(Schema::OneOf(one)) => one.default = None,
        RefOr::T(_) => {}
    }
}

/// Marks a field that is accepted but cannot be changed.
fn mark_read_only(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::Ref(other) => other.read_only = Some(true),
        RefOr::T(Schema::Object(object)) => object.read_only = Some(true),
        RefOr::T(Schema::OneOf(one)) => one.read_only = Some(true),
        // Arrays have no `read_only`.
        RefOr::T(Schema::Array(array)) => {
            array.extensions.get_or_insert_default().insert("readOnly".to_owned(), true.into());
        }
        RefOr::T(_) => {}
    }
}

fn is_read_only(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::Ref(other) => other.read_only.is_some(),
        RefOr::T(Schema::Object(object)) => object.read_only.is_some(),
        RefOr::T(Schema::OneOf(one)) => one.read_only.is_some(),
        RefOr::T(Schema::Array(array)) => {
            array.extensions.as_ref().is_some_and(|more| more.contains_key("readOnly"))
        }
        RefOr::T(_) => false,
    }
}
