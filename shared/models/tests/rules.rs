//! Rules that no model of the API uses yet.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use validator::Validate;

use crate::{
    json::Json,
    models::NameList,
    validation::{Fault, Field, Trimmed, model, testing::faults},
};

#[derive(JsonSchema, Serialize, Validate)]
#[schemars(inline)]
pub struct Seat {
    #[validate(length(min = 1))]
    name: Trimmed,
}

impl Field for Seat {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        Ok(Self { name: Trimmed::read(value)? })
    }
}

model! {
    /// A list that must not be empty.
    pub struct Cast, draft CastDraft {
        #[validate(length(min = 1, max = 2))]
        pub actors: NameList,
    }
}

model! {
    /// A field with nested rules.
    pub struct Booking, draft BookingDraft {
        #[validate(nested)]
        pub seat: Seat,
    }
}

#[test]
fn too_short_list_error_names_list() {
    let fault = json!({
        "type": "too_short", "loc": ["body", "actors"], "input": [],
        "msg": "List should have at least 1 item after validation, not 0",
        "ctx": {"field_type": "List", "min_length": 1, "actual_length": 0},
    });
    assert_eq!(faults::<Cast>("body", json!({"actors": []})), json!([fault]));
}

#[test]
#[should_panic(expected = "only the rules of a field itself can be reported")]
fn unreportable_rule_violation_still_fails() {
    faults::<Booking>("body", json!({"seat": ""}));
}
