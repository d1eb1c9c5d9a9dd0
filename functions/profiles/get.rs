//! `GET /api/v1/profiles/users/{user_id}/profile/`: returns the profile of a user.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Path, Request, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::profiles::{Profile, ProfileUser},
    openapi::{Documented, Operation},
    profiles::{self, MediaUrl, NOT_ALLOWED, NOT_FOUND, PROFILE},
    secrets::Secrets,
};

pub(crate) struct GetProfile {
    database: Database,
    keys: AccessKeys,
    media: MediaUrl,
}

impl Endpoint for GetProfile {
    const ROUTES: &'static [Route] = &[PROFILE.get()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let media = MediaUrl::start()?;
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys, media })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let claims = bearer::claims(request, &self.keys).await?;
        let Path(ProfileUser { user_id }) = request.read()?;
        let found =
            self.database.read(async |connection| profiles::find(connection, &claims, user_id).await).await?;
        json(StatusCode::OK, &found.profile()?.with_avatar_url(&self.media))
    }
}

impl Documented for GetProfile {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "getProfile")
            .summary("Get a profile", "For the user, and for moderators.")
            .request::<Path<ProfileUser>>(json!({"user_id": 1}))
            .responds::<Profile>(200, "The profile.", Profile::example())
            .requires_token()
            .error(403, NOT_ALLOWED)
            .error(404, NOT_FOUND)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<GetProfile>()
}
