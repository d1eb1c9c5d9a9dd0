//! Enumerations whose values have the same name everywhere.

pub use crate::__enumeration as enumeration;

/// Declares an enumeration whose values have one name in JSON, in PostgreSQL and in the schema.
///
/// Statements convert it to and from text (`status::text`, `$1::text::movie_status`), because looking up the
/// id of a custom type would cost every new connection a round trip. As a
/// [`Field`](crate::validation::Field), it fails with `enum`.
#[doc(hidden)]
#[macro_export]
macro_rules! __enumeration {
    (
        $(#[$attribute:meta])*
        pub enum $type:ident {
            $( $(#[$value_attribute:meta])* $value:ident = $name:literal ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize, ::sqlx::Type)]
        #[sqlx(type_name = "text")]
        pub enum $type {
            $( $(#[$value_attribute])* #[serde(rename = $name)] #[sqlx(rename = $name)] $value ),*
        }

        impl $type {
            /// All values, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The names of all values, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the name.
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }

            /// Returns the value with this name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl $crate::validation::Field for $type {
            fn read(value: &$crate::json::Json<'_>) -> Result<Self, Vec<$crate::validation::Fault>> {
                let value = value.as_str().and_then(Self::parse);
                value.ok_or_else(|| vec![$crate::validation::Fault::enumeration(Self::NAMES)])
            }
        }

        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "enum": Self::NAMES })
            }
        }
    };
}
