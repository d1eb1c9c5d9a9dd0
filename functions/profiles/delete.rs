//! `DELETE /api/v1/profiles/users/{user_id}/profile/`: deletes the profile of a user, with the picture.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Path, Request, Response, Route, no_content},
    jwt::AccessKeys,
    models::profiles::ProfileUser,
    openapi::{Documented, Operation},
    profiles::{self, NOT_ALLOWED, NOT_FOUND, PROFILE, Pictures},
    secrets::Secrets,
};

pub(crate) struct DeleteProfile {
    database: Database,
    keys: AccessKeys,
    pictures: Pictures,
}

impl Endpoint for DeleteProfile {
    const ROUTES: &'static [Route] = &[PROFILE.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let pictures = Pictures::start()?;
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys, pictures })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let claims = bearer::claims(request, &self.keys).await?;
        let Path(ProfileUser { user_id }) = request.read()?;
        profiles::delete(&self.database, &self.pictures, &claims, user_id).await?;
        Ok(no_content())
    }
}

impl Documented for DeleteProfile {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "deleteProfile")
            .summary("Delete a profile", "With its picture. For the user, and for moderators.")
            .request::<Path<ProfileUser>>(json!({"user_id": 1}))
            .responds_without_body(204, "The profile is deleted.")
            .requires_token()
            .error(403, NOT_ALLOWED)
            .error(404, NOT_FOUND)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<DeleteProfile>()
}
