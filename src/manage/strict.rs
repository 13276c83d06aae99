//! Reads JSON values within bounds: no key occurs twice in an object, and depth and size are limited.
//!
//! A value with a repeated key is refused, because one of the two values would be lost silently. A YAML alias can
//! make a short text a huge value, so the size of the value is counted.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// The number of bytes that each value and each key counts in addition to its text: roughly its memory.
const NODE: usize = 16;
/// The greatest number up to which a float represents every integer exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// The greatest depth of lists and mappings.
pub(super) const DEEPEST: usize = 64;
/// The number of values and keys that are read between two calls of `stop`.
const ASKED_EVERY: usize = 256;

/// The bounds for reading a value.
pub struct Bounds<'a> {
    /// The number of bytes that the value may still have: its texts, and 16 bytes for each value and key in it.
    budget: Cell<usize>,
    values: Cell<usize>,
    /// The function that returns the reason why reading must stop, or `None` to continue.
    stop: &'a dyn Fn() -> Option<&'static str>,
}

impl Bounds<'static> {
    /// Makes the bounds of a value of at most `budget` bytes: its texts, and 16 bytes for each value and key in it.
    #[must_use]
    pub fn of(budget: usize) -> Self {
        Bounds::until(budget, &|| None)
    }
}

impl<'a> Bounds<'a> {
    /// Makes the bounds of a value of at most `budget` bytes. Reading calls `stop` once in 256 values and keys, and
    /// stops if `stop` returns a reason.
    #[must_use]
    pub fn until(budget: usize, stop: &'a dyn Fn() -> Option<&'static str>) -> Self {
        Self { budget: Cell::new(budget), values: Cell::new(0), stop }
    }

    fn spend<E: Error>(&self, text: usize) -> Result<(), E> {
        let values = self.values.get();
        self.values.set(values + 1);
        if values.is_multiple_of(ASKED_EVERY)
            && let Some(why) = (self.stop)()
        {
            return Err(E::custom(why));
        }
        match self.budget.get().checked_sub(text + NODE) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => Err(E::custom("the value holds too much: write less, and repeat less by alias")),
        }
    }
}

/// Reads a value within its bounds. Lists and mappings may nest at most 64 deep.
///
/// # Errors
/// The error of the deserializer, a key that occurs twice, or a value beyond its bounds.
pub fn read_strict<'de, D: Deserializer<'de>>(
    deserializer: D,
    bounds: &Bounds<'_>,
) -> Result<Value, D::Error> {
    Strict { bounds, depth: 0 }.deserialize(deserializer)
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    bounds: &'a Bounds<'a>,
    /// The depth of this value in lists and mappings.
    depth: usize,
}

impl Strict<'_> {
    fn spend<E: Error>(self, text: usize) -> Result<(), E> {
        self.bounds.spend(text)
    }

    /// Returns the reader for the values inside a list or mapping. Fails at the greatest depth.
    fn inside<E: Error>(self) -> Result<Self, E> {
        self.spend(0)?;
        match self.depth {
            DEEPEST => Err(E::custom(format_args!(
                "it nests too deep: at most {DEEPEST} lists and mappings within each other"
            ))),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.spend(0).map(|()| value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.spend(0).map(|()| value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.spend(0)?;
        // SPEC: JSON Schema section 6.1.1: a number without a fraction, such as `300.0`, is an integer.
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Ok(Value::from(value as i64));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number of JSON"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.spend(value.len()).map(|()| Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.spend(0).map(|()| Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            self.spend(key.len())?;
            if values.contains_key(&key) {
                let key: String = key.chars().take(80).collect();
                return Err(A::Error::custom(format_args!("the key `{key}` is given twice")));
            }
            let value = map.next_value_seed(inside)?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> serde_json::Result<Value> {
        read_strict(&mut serde_json::Deserializer::from_str(text), &Bounds::of(1000))
    }

    #[test]
    fn a_number_without_a_fraction_is_an_integer() {
        let read = |text: &str| read(text).unwrap();
        for (text, integer) in [("300.0", 300), ("3e2", 300), ("-0.0", 0), ("-1.0", -1)] {
            assert_eq!(read(text).as_i64(), Some(integer), "{text}");
        }
        for text in ["300.5", "1e300"] {
            assert_eq!(read(text).as_i64(), None, "{text}");
        }
    }

    #[test]
    fn a_key_given_twice_is_refused_at_any_depth() {
        let text = r#"{"a":[1,-2,2.5,"x",null,true],"b":{"a":1}}"#;
        assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for text in [r#"{"a":1,"a":1}"#, r#"{"b":[{"a":1,"\u0061":2}]}"#] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("the key `a` is given twice"), "{error}");
        }
    }

    #[test]
    fn a_value_that_nests_too_deep_is_refused() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":[".repeat(depth / 2), "]}".repeat(depth / 2));
        let read = |text: &str| read_strict(&mut serde_json::Deserializer::from_str(text), &Bounds::of(9999));
        assert!(read(&nested(64)).is_ok());
        let error = read(&nested(66)).unwrap_err().to_string();
        assert!(error.contains("nests too deep: at most 64"), "{error}");
    }

    #[test]
    fn reading_stops_when_it_must() {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            (asked.get() > 3).then_some("it takes too long")
        };
        let text = format!("[{}1]", "1,".repeat(2000));
        let bounds = Bounds::until(100_000, &stop);
        let error = read_strict(&mut serde_json::Deserializer::from_str(&text), &bounds).unwrap_err();
        assert!(error.to_string().contains("it takes too long at line 1 column 15"), "{error}");
    }

    #[test]
    fn a_value_that_holds_too_much_is_refused() {
        assert!(read(&format!("[{}1]", "1,".repeat(50))).is_ok());
        for text in [format!("[{}1]", "1,".repeat(70)), format!("\"{}\"", "x".repeat(990))] {
            assert!(read(&text).unwrap_err().to_string().contains("holds too much"));
        }
    }
}
