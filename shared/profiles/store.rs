//! Profiles in the database. Each statement also decides who may do it, in the same round trip.

use sqlx::PgConnection;

use super::{
    ALREADY_EXISTS, Fields, MediaUrl, NO_ACTIVE_USER, NOT_ALLOWED, Pictures, UPLOAD_FAILED, not_found,
    pictures::key,
};
use crate::{
    database::Database,
    http::{Error, StatusCode},
    jwt::{Claims, TokenError},
    logging::error_chain,
    models::profiles::{Gender, Profile},
    token::Token,
    validation::enumeration,
};

enumeration! {
    /// What the user of a token may do with a profile: the result of `profile_access`.
    pub enum Access {
        /// Nothing: the token's session has ended.
        Ended = "ended",
        /// Nothing.
        Forbidden = "forbidden",
        /// Everything but create it, because the account of its user must not be used.
        Inactive = "inactive",
        /// Everything.
        Granted = "granted",
    }
}

impl Access {
    /// Fails with 401 for a token whose session has ended, and with 403 for a user who may not do anything.
    pub fn check(self) -> Result<(), Error> {
        match self {
            Self::Ended => Err(Error::Unauthorized(TokenError::Invalid.detail())),
            Self::Forbidden => Err(Error::status(StatusCode::FORBIDDEN, NOT_ALLOWED)),
            Self::Inactive | Self::Granted => Ok(()),
        }
    }
}

/// A profile with the version of its picture, if it has one here.
pub struct StoredProfile {
    profile: Profile,
    picture: Option<String>,
}

impl StoredProfile {
    /// Returns the profile as clients see it.
    pub fn with_avatar_url(self, media: &MediaUrl) -> Profile {
        let avatar = self.picture.map(|version| media.of(self.profile.user_id, &version));
        Profile { avatar, ..self.profile }
    }
}

/// A profile that was looked for, and what the user of the token may do with it. `profile` is `None` also where nothing
/// may be done.
pub struct ProfileLookup {
    /// See [`Access::check`].
    pub access: Access,
    /// The profile.
    pub profile: Option<StoredProfile>,
}

impl ProfileLookup {
    /// Returns the profile. Fails as [`Access::check`] does, and with 404 if it was not found.
    pub fn profile(self) -> Result<StoredProfile, Error> {
        self.access.check()?;
        self.profile.ok_or_else(not_found)
    }
}

/// Returns the profile in a row, or `None` if the row has none. Each query has a type of its own.
macro_rules! stored_profile {
    ($row:ident, $user_id:ident) => {
        $row.id.map(|id| StoredProfile {
            profile: Profile {
                id,
                user_id: $user_id,
                first_name: $row.first_name,
                last_name: $row.last_name,
                gender: $row.gender,
                date_of_birth: $row.date_of_birth,
                info: $row.info,
                avatar: None,
            },
            picture: $row.picture,
        })
    };
}

/// Loads the profile of a user for the user of a token.
pub async fn find(
    connection: &mut PgConnection,
    claims: &Claims,
    user_id: i64,
) -> sqlx::Result<ProfileLookup> {
    let row = sqlx::query!(
        r#"
        WITH access AS MATERIALIZED (SELECT profile_access($1, $2, $3, $4) AS verdict)
        SELECT verdict AS "access!: Access", id AS "id?", first_name AS "first_name?", last_name AS "last_name?",
               gender::text AS "gender?: Gender", date_of_birth AS "date_of_birth?", info AS "info?",
               picture AS "picture?"
        FROM access LEFT JOIN user_profiles ON user_id = $4 AND verdict IN ('inactive', 'granted')
        "#,
        claims.user_id,
        claims.session_id,
        claims.issued_at,
        user_id,
    )
    .fetch_one(connection)
    .await?;
    let profile = stored_profile!(row, user_id);
    Ok(ProfileLookup { access: row.access, profile })
}

/// Creates the profile of a user for the user of a token.
///
/// Checks first who asks, then stores the picture, then the row with one statement that checks again: no transaction is
/// open while the picture is sent. Of two creations at once one stores its row, and the other deletes its own picture.
///
/// Fails with 401 and 403 as [`Access::check`] does, with 401 for a user who must not use the account, with 400 for a
/// second profile, and with 500 if the picture cannot be stored.
pub async fn create(
    database: &Database,
    pictures: &Pictures,
    claims: &Claims,
    user_id: i64,
    fields: Fields,
) -> Result<StoredProfile, Error> {
    let found = database.read(async |connection| find(connection, claims, user_id).await).await?;
    if found.access != Access::Granted || found.profile.is_some() {
        return Err(access_error(found.access));
    }
    let picture = fields.picture.as_deref();
    let picture = picture.ok_or_else(|| Error::internal("a new profile has no picture"))?;
    let version = upload(pictures, user_id, picture).await?;
    let create = async |connection: &mut PgConnection| {
        sqlx::query!(
            r#"
            WITH access AS MATERIALIZED (SELECT profile_access($1, $2, $3, $4) AS verdict), created AS (
                INSERT INTO user_profiles
                    (user_id, first_name, last_name, gender, date_of_birth, info, avatar, picture)
                SELECT $4, $5, $6, $7::text::gender, $8, $9, $10, $11 FROM access WHERE verdict = 'granted'
                ON CONFLICT (user_id) DO NOTHING
                RETURNING id
            )
            SELECT verdict AS "access!: Access", id AS "id?" FROM access LEFT JOIN created ON true
            "#,
            claims.user_id,
            claims.session_id,
            claims.issued_at,
            user_id,
            fields.first_name,
            fields.last_name,
            fields.gender as Option<Gender>,
            fields.date_of_birth,
            fields.info,
            key(user_id),
            version.expose(),
        )
        .fetch_one(connection)
        .await
    };
    let refusal = match database.write(create).await {
        Ok(row) => match row.id {
            Some(id) => return Ok(created(id, user_id, fields, &version)),
            None => access_error(row.access),
        },
        // The user was deleted meanwhile.
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            Error::Unauthorized(NO_ACTIVE_USER)
        }
        // The row may be stored, so the picture stays: the sweep deletes it if no row names it.
        Err(error) => return Err(error.into()),
    };
    pictures.remove(user_id, version.expose()).await;
    Err(refusal)
}

fn created(id: i64, user_id: i64, fields: Fields, version: &Token) -> StoredProfile {
    StoredProfile {
        profile: Profile {
            id,
            user_id,
            first_name: fields.first_name,
            last_name: fields.last_name,
            gender: fields.gender,
            date_of_birth: fields.date_of_birth,
            info: fields.info,
            avatar: None,
        },
        picture: Some(version.expose().to_owned()),
    }
}

fn access_error(access: Access) -> Error {
    match access.check() {
        Err(error) => error,
        Ok(()) if access == Access::Inactive => Error::Unauthorized(NO_ACTIVE_USER),
        Ok(()) => Error::bad_request(ALREADY_EXISTS),
    }
}

/// Stores a picture and returns its version. Fails with 500.
async fn upload(pictures: &Pictures, user_id: i64, picture: &[u8]) -> Result<Token, Error> {
    let version = Token::generate().map_err(Error::internal)?;
    match pictures.put(user_id, version.expose(), picture).await {
        Ok(()) => Ok(version),
        Err(error) => {
            tracing::error!(error = error_chain(&*error), "a picture cannot be stored");
            Err(Error::status(StatusCode::INTERNAL_SERVER_ERROR, UPLOAD_FAILED))
        }
    }
}

/// A profile that was changed, and the version of the picture that it had before.
struct Changed {
    found: ProfileLookup,
    old_picture: Option<String>,
}

/// Changes the profile of a user for the user of a token, and deletes a picture that was replaced. Stores a picture as
/// [`create`] does.
///
/// Fails with 401 and 403 as [`Access::check`] does, with 404 if there is no profile, and with 500 if the picture cannot
/// be stored.
pub async fn update(
    database: &Database,
    pictures: &Pictures,
    claims: &Claims,
    user_id: i64,
    fields: Fields,
) -> Result<StoredProfile, Error> {
    let version = match fields.picture.as_deref() {
        Some(picture) => {
            let found = database.read(async |connection| find(connection, claims, user_id).await).await?;
            found.profile()?;
            Some(upload(pictures, user_id, picture).await?)
        }
        None => None,
    };
    let version = version.as_ref().map(Token::expose);
    let update =
        async |connection: &mut PgConnection| change(connection, claims, user_id, &fields, version).await;
    let Changed { found, old_picture } = database.write(update).await?;
    let unnamed = if found.profile.is_some() { old_picture.as_deref() } else { version };
    if let (Some(_), Some(unnamed)) = (version, unnamed) {
        pictures.remove(user_id, unnamed).await;
    }
    found.profile()
}

async fn change(
    connection: &mut PgConnection,
    claims: &Claims,
    user_id: i64,
    fields: &Fields,
    picture: Option<&str>,
) -> sqlx::Result<Changed> {
    let row = sqlx::query!(
        r#"
        WITH access AS MATERIALIZED (SELECT profile_access($1, $2, $3, $4) AS verdict), old AS MATERIALIZED (
            SELECT id, picture FROM user_profiles, access
            WHERE user_id = $4 AND verdict IN ('inactive', 'granted') FOR UPDATE OF user_profiles
        ), changed AS (
            UPDATE user_profiles AS profile
            SET first_name = coalesce($5, first_name), last_name = coalesce($6, last_name),
                gender = coalesce($7::text::gender, gender), date_of_birth = coalesce($8, date_of_birth),
                info = coalesce($9, info), picture = coalesce($11, profile.picture),
                avatar = CASE WHEN $11::text IS NULL THEN avatar ELSE $10 END
            FROM old WHERE profile.id = old.id
            RETURNING profile.id, first_name, last_name, gender, date_of_birth, info, profile.picture,
                      old.picture AS old_picture
        )
        SELECT verdict AS "access!: Access", id AS "id?", first_name AS "first_name?", last_name AS "last_name?",
               gender::text AS "gender?: Gender", date_of_birth AS "date_of_birth?", info AS "info?",
               picture AS "picture?", old_picture AS "old_picture?"
        FROM access LEFT JOIN changed ON true
        "#,
        claims.user_id,
        claims.session_id,
        claims.issued_at,
        user_id,
        fields.first_name,
        fields.last_name,
        fields.gender as Option<Gender>,
        fields.date_of_birth,
        fields.info,
        key(user_id),
        picture,
    )
    .fetch_one(connection)
    .await?;
    let profile = stored_profile!(row, user_id);
    Ok(Changed { found: ProfileLookup { access: row.access, profile }, old_picture: row.old_picture })
}

/// Deletes the profile of a user for the user of a token, and then the picture.
///
/// Fails with 401 and 403 as [`Access::check`] does, and with 404 if there is no profile.
pub async fn delete(
    database: &Database,
    pictures: &Pictures,
    claims: &Claims,
    user_id: i64,
) -> Result<(), Error> {
    let delete = async |connection: &mut PgConnection| {
        sqlx::query!(
            r#"
            WITH access AS MATERIALIZED (SELECT profile_access($1, $2, $3, $4) AS verdict), gone AS (
                DELETE FROM user_profiles USING access
                WHERE user_id = $4 AND verdict IN ('inactive', 'granted')
                RETURNING id, picture
            )
            SELECT verdict AS "access!: Access", id AS "id?", picture AS "picture?" FROM access LEFT JOIN gone ON true
            "#,
            claims.user_id,
            claims.session_id,
            claims.issued_at,
            user_id,
        )
        .fetch_one(connection)
        .await
    };
    let gone = database.write(delete).await?;
    gone.access.check()?;
    if gone.id.is_none() {
        return Err(not_found());
    }
    if let Some(version) = gone.picture {
        pictures.remove(user_id, &version).await;
    }
    Ok(())
}
