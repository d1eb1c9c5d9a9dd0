//! From a request to checked input: every fault at once, in the shapes of the contract.
//!
//! An endpoint lists its fields once, in the order of the schema:
//!
//! ```ignore
//! input! {
//!     struct Input {
//!         path movie_id: Integer,
//!         query page: Integer<1> = 1,
//!         body email: EmailAddress,
//!     }
//! }
//! let input = Input::read(request)?;
//! ```

mod change;
mod date;
mod email;
mod fault;
mod integer;
pub mod number;
mod reader;
mod repeated;
pub mod text;

pub use crate::__input as input;
pub use change::Change;
pub use email::EmailAddress;
pub use fault::{Fault, MAX_FAULTS};
pub use integer::Integer;
pub use number::Number;
pub use reader::Reader;
pub use repeated::Repeated;
pub use text::{Line, Text};

use crate::{
    json::Json,
    openapi::{RefOr, Schema},
};

/// A value that a client sends, judged as it is read: one that exists is right.
pub trait Field: Sized {
    /// Reads `value`, or says every fault in it. A fault without an input of its own repeats `value`.
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>>;

    /// What counts where nothing was sent, for a type of fields that may be left out.
    fn absent() -> Option<Self> {
        None
    }

    /// The values that are right, as far as a schema can say it.
    fn schema() -> RefOr<Schema>;
}

/// Declares what an endpoint takes: a structure whose `read` turns a request into checked input.
///
/// A line is `path`, `query` or `body`, the field's name and its type (a [`Field`]), and for one that may be
/// missing `= value` (anything that turns into the type), or a type that says so itself; a comment before it
/// tells clients what it means. `read` fails with every fault of path, query and
/// body in the order of the lines; where there are `body` lines, also as [`Request::json`] does.
///
/// [`Request::json`]: crate::http::Request::json
#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $( $(#[doc = $doc:literal])* $place:ident $field:ident: $type:ty $(= $default:expr)? ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $( $field: $type ),*
        }

        impl $name {
            $visibility fn read(request: &$crate::http::Request) -> Result<Self, $crate::http::Error> {
                let mut reader = $crate::input::Reader::new(request, &[$(stringify!($place)),*])?;
                $(
                    let default: Option<$type> =
                        <$type as $crate::input::Field>::absent() $( .or(Some($default.into())) )?;
                    let $field = reader.$place(stringify!($field), default);
                )*
                match ($($field,)*) {
                    ($(Some($field),)*) => Ok(Self { $($field),* }),
                    _ => Err(reader.into_error()),
                }
            }
        }

        impl $crate::openapi::Takes for $name {
            fn fields() -> Vec<$crate::openapi::Taken> {
                vec![$({
                    let default = None $( .or(Some($default.into())) )?;
                    let (place, name) = (stringify!($place), stringify!($field));
                    $crate::openapi::Taken::of::<$type>(place, name, concat!($($doc),*), default)
                }),*]
            }
        }
    };
}
