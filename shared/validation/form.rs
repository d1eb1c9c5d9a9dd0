//! Fields of forms, which are texts or files.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use validator::ValidateLength;

use super::{Fault, Field};
use crate::json::{Json, Members};

/// The member of a file's name in the JSON that stands for the file.
const FILE_NAME: &str = "filename";

/// A value of a form, which counts as missing if it is empty, as in the original service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Filled<T>(pub T);

impl<T: Field> Field for Filled<T> {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        match value.as_str() {
            Some("") => Err(vec![missing()]),
            _ => T::read(value).map(Self),
        }
    }
}

impl<T: ValidateLength<u64>> ValidateLength<u64> for Filled<T> {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// A file of a form, by the name that the client gives it. The content is apart from it.
pub struct FileName(pub String);

impl FileName {
    /// Returns what stands for a file of this name in the fields of a form.
    pub fn to_json(name: &str) -> Json<'static> {
        Json::Object(Members::from_iter([(FILE_NAME.into(), Json::from(name.to_owned()))]))
    }
}

impl Field for FileName {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        match (value.get(FILE_NAME).and_then(Json::as_str), value.as_str()) {
            (Some(name), _) => Ok(Self(name.to_owned())),
            (None, Some("")) => Err(vec![missing()]),
            (None, _) => Err(vec![Fault::value_error("Expected UploadFile, received: <class 'str'>")]),
        }
    }
}

impl JsonSchema for FileName {
    fn schema_name() -> Cow<'static, str> {
        "FileName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "binary" })
    }
}

fn missing() -> Fault {
    Fault::missing().of_input(&Json::Null)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validation::{Text, testing::field_fault};

    #[test]
    fn empty_value_counts_as_missing() {
        let fault = json!(missing());
        assert_eq!(fault["input"], json!(null));
        assert_eq!(field_fault::<Filled<Text>>(json!("")), fault);
        assert_eq!(field_fault::<FileName>(json!("")), fault);
    }

    #[test]
    fn text_is_no_file_and_file_is_no_text() {
        let text = json!(Fault::value_error("Expected UploadFile, received: <class 'str'>"));
        assert_eq!(field_fault::<FileName>(json!("face.png")), text);
        let file = FileName::to_json("face.png");
        assert!(FileName::read(&file).is_ok_and(|name| name.0 == "face.png"));
        assert_eq!(field_fault::<Filled<Text>>(&file)["type"], "string_type");
    }
}
