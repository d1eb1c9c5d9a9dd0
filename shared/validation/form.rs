//! Files in forms.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Fault, Field};
use crate::json::{Json, Members};

/// The member of a file's name in the JSON that stands for the file.
const FILE_NAME: &str = "filename";

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
        match value.get(FILE_NAME).and_then(Json::as_str) {
            Some(name) => Ok(Self(name.to_owned())),
            None => Err(vec![Fault::value_error("Expected UploadFile, received: <class 'str'>")]),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validation::{Text, testing::field_fault};

    #[test]
    fn text_is_no_file_and_file_is_no_text() {
        let text = json!(Fault::value_error("Expected UploadFile, received: <class 'str'>"));
        for value in ["", "face.png"] {
            assert_eq!(field_fault::<FileName>(json!(value)), text);
        }
        let file = FileName::to_json("face.png");
        assert!(FileName::read(&file).is_ok_and(|name| name.0 == "face.png"));
        assert_eq!(field_fault::<Text>(&file)["type"], "string_type");
    }
}
