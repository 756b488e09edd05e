//! A JSON Schema (draft 7, which editors' YAML language servers take) from the shapes, so that it cannot say anything else
//! than what is read.

use super::{Alias, Field, Shape, Takes, Visit};
use serde_json::{Map, Value, json};

/// A number with an optional multiplier.
const NUMBER: &str = r"[0-9][0-9_]*(\.[0-9]+)?";

/// The schema of documents of this shape.
pub fn json_schema(root: &'static Shape, title: &str) -> Value {
    let mut definitions = Map::new();
    for visit in root.walk() {
        match visit {
            Visit::Shape(shape) => definitions.insert(shape.name.into(), of_shape(shape)),
            Visit::Alias(alias) => definitions.insert(alias.name.into(), of_alias(alias)),
        };
    }
    let mut schema = of_shape(root);
    if let Value::Object(map) = &mut schema {
        map.shift_insert(0, "$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
        map.shift_insert(1, "title".into(), json!(title));
        map.insert("definitions".into(), Value::Object(definitions));
    }
    schema
}

fn of_shape(shape: &'static Shape) -> Value {
    let properties: Map<String, Value> = shape.all_fields().map(|field| (field.name.into(), of_field(field))).collect();
    let required: Vec<&str> = shape.all_fields().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = Map::new();
    schema.insert("description".into(), json!(shape.about));
    // A component without any field has every default: `db:`.
    let types = if required.is_empty() && !shape.one_of { json!(["object", "null"]) } else { json!("object") };
    schema.insert("type".into(), types);
    schema.insert("properties".into(), Value::Object(properties));
    schema.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    if shape.one_of {
        schema.insert("minProperties".into(), json!(1));
        schema.insert("maxProperties".into(), json!(1));
    }
    Value::Object(schema)
}

fn of_alias(alias: &'static Alias) -> Value {
    described(of(&alias.takes), alias.about)
}

fn of_field(field: &'static Field) -> Value {
    described(of(&field.takes), field.about)
}

/// In draft 7 a reference stands alone: what is said beside it goes around it.
fn described(schema: Value, about: &str) -> Value {
    match schema {
        Value::Object(mut map) if !map.contains_key("$ref") => {
            map.shift_insert(0, "description".into(), json!(about));
            Value::Object(map)
        }
        reference => json!({ "description": about, "allOf": [reference] }),
    }
}

fn of(takes: &'static Takes) -> Value {
    let pattern = |pattern: String| json!({ "type": "string", "pattern": format!("^{pattern}$") });
    let or_number = |text: Value, number: Value| json!({ "anyOf": [text, number] });
    match takes {
        Takes::Duration => {
            let text = pattern(format!(r"(0|({NUMBER}\s*(ns|us|µs|μs|ms|s|sec|m|min|h|d)\s*)+)"));
            or_number(text, json!({ "const": 0 }))
        }
        Takes::Rate => pattern(rate()),
        Takes::Share => or_number(pattern(format!(r"{NUMBER}\s*%")), json!({ "const": 0 })),
        Takes::Factor => {
            or_number(pattern(format!(r"{NUMBER}\s*x?")), json!({ "type": "number", "exclusiveMinimum": 0 }))
        }
        Takes::Load => {
            let text = pattern(format!(r"({}|{NUMBER}\s*x?)", rate()));
            or_number(text, json!({ "type": "number", "exclusiveMinimum": 0 }))
        }
        Takes::Number => or_number(pattern(format!(r"{NUMBER}\s*[mkMGB]?")), json!({ "type": "number", "minimum": 0 })),
        Takes::Whole(least, most) => {
            let number = json!({ "type": "integer", "minimum": least, "maximum": most });
            or_number(pattern(format!(r"{NUMBER}\s*[kMGB]?")), number)
        }
        Takes::Text => json!({ "type": ["string", "number", "boolean"] }),
        Takes::Date => pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}".into()),
        Takes::Boolean => json!({ "type": "boolean" }),
        Takes::Word(words) => json!({ "enum": words }),
        Takes::Name | Takes::Edge => json!({ "type": ["string", "integer"] }),
        Takes::Expectation => pattern(r".*([<>]|within).*".into()),
        Takes::Popularity => pattern(format!(r"(uniform|zipf\({NUMBER}\))")),
        Takes::Map(shape) => json!({ "$ref": format!("#/definitions/{}", shape.name) }),
        Takes::Alias(alias) => json!({ "$ref": format!("#/definitions/{}", alias.name) }),
        Takes::Named(takes) => json!({ "type": ["object", "null"], "additionalProperties": of(takes) }),
        Takes::List(takes) => json!({ "type": "array", "items": of(takes) }),
        Takes::Any(several) => json!({ "anyOf": several.iter().map(of).collect::<Vec<_>>() }),
    }
}

fn rate() -> String {
    format!(r"{NUMBER}\s*[mkMGB]?\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)")
}
