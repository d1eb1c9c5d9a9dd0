//! Binds the recorded parameters of a statement.

use sqlx::{
    Arguments, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid},
};

/// Returns arguments for parameters, each the OID of its type and its binary value.
pub fn arguments(parameters: Vec<(u32, Option<Vec<u8>>)>) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    for (oid, value) in parameters {
        arguments.add(Parameter { oid: Oid(oid), value })?;
    }
    Ok(arguments)
}

struct Parameter {
    oid: Oid,
    value: Option<Vec<u8>>,
}

impl Type<Postgres> for Parameter {
    fn type_info() -> PgTypeInfo {
        // Not used, because each value has its own type.
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Parameter {
    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(self.oid))
    }

    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(value) = &self.value else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(value);
        Ok(IsNull::No)
    }
}
