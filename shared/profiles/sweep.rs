//! Deletes pictures that no profile names: of requests that ended between the upload and the row, or between the row
//! and the deletion of the old picture.

use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::box_error::BoxError;
use sqlx::PgConnection;

use super::pictures::{PREFIX, Pictures, version};
use crate::storage::StoredObject;

/// The age from which an object without a profile is left over, and not one of a request that has yet to store its row.
const SAFE_AGE: Duration = Duration::from_secs(60 * 60);

/// What a sweep did.
pub struct Swept {
    /// How many objects were deleted.
    pub deleted: u64,
    /// Whether all objects were looked at.
    pub is_complete: bool,
}

impl Pictures {
    /// Looks at the objects in the order of their keys, as long as `has_time`, and deletes those that are an hour old and
    /// that no profile names.
    pub async fn sweep(
        &self,
        connection: &mut PgConnection,
        has_time: impl Fn() -> bool,
    ) -> Result<Swept, BoxError> {
        let (mut deleted, mut after) = (0, String::new());
        while has_time() {
            let objects = self.storage().list(PREFIX, &after).await?;
            let Some(last) = objects.last() else { return Ok(Swept { deleted, is_complete: true }) };
            after = last.key.clone();
            for key in left_over(connection, objects).await? {
                if !has_time() {
                    return Ok(Swept { deleted, is_complete: false });
                }
                self.storage().delete(&key).await?;
                deleted += 1;
            }
        }
        Ok(Swept { deleted, is_complete: false })
    }
}

/// Returns the keys of the objects that are old enough and that no profile names. An object that none names now is never
/// named later, because each upload has a new key.
async fn left_over(connection: &mut PgConnection, objects: Vec<StoredObject>) -> sqlx::Result<Vec<String>> {
    let now = SystemTime::now();
    let is_old = |object: &StoredObject| now.duration_since(object.stored_at).is_ok_and(|age| age > SAFE_AGE);
    let (versions, keys): (Vec<_>, Vec<_>) = objects
        .into_iter()
        .filter(is_old)
        .filter_map(|object| Some((version(&object.key)?.to_owned(), object.key)))
        .unzip();
    if keys.is_empty() {
        return Ok(keys);
    }
    sqlx::query_scalar!(
        r#"
        SELECT key AS "key!" FROM unnest($1::text[], $2::text[]) AS object (version, key)
        WHERE NOT EXISTS (SELECT FROM user_profiles WHERE picture = version)
        "#,
        &versions,
        &keys,
    )
    .fetch_all(connection)
    .await
}
