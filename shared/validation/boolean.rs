//! Booleans.

use super::{Fault, Field};
use crate::json::Json;

/// Read from `true` or `false` alone.
impl Field for bool {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        match value {
            Json::Bool(value) => Ok(*value),
            _ => Err(vec![Fault::new("bool_type", "Input should be a valid boolean")]),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    #[test]
    fn boolean_is_true_or_false() {
        assert_eq!(read_field::<bool>(json!(true)).ok(), Some(true));
        assert_eq!(read_field::<bool>(json!(false)).ok(), Some(false));
    }

    #[test]
    fn other_values_fail_with_bool_type() {
        for sent in [json!(null), json!(1), json!("true"), json!(""), json!([]), json!({})] {
            let fault = json!(Fault::new("bool_type", "Input should be a valid boolean"));
            assert_eq!(field_fault::<bool>(&sent), fault, "{sent}");
        }
    }
}
