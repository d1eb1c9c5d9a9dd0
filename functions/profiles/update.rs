//! `PATCH /api/v1/profiles/users/{user_id}/profile/`: changes fields of a profile, or the picture.

use shared::{
    Endpoint,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Form, Path, Request, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::profiles::{NewProfile, Profile, ProfileUser},
    openapi::{Documented, Operation},
    profiles::{self, Fields, MediaUrl, NOT_ALLOWED, NOT_FOUND, PROFILE, Pictures, UPLOAD_FAILED},
    secrets::Secrets,
    validation::Patch,
};

pub(crate) struct UpdateProfile {
    database: Database,
    keys: AccessKeys,
    pictures: Pictures,
    media: MediaUrl,
}

impl Endpoint for UpdateProfile {
    const ROUTES: &'static [Route] = &[PROFILE.patch()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (pictures, media) = (Pictures::start()?, MediaUrl::start()?);
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys, pictures, media })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let claims = bearer::claims(request, &self.keys).await?;
        let (ProfileUser { user_id }, form) = request.read_form::<_, Patch<NewProfile>>().await?;
        let fields = Fields::of_patch(form).await?;
        let profile = profiles::update(&self.database, &self.pictures, &claims, user_id, fields).await?;
        json(StatusCode::OK, &profile.with_avatar_url(&self.media))
    }
}

impl Documented for UpdateProfile {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "updateProfile")
            .summary(
                "Update a profile",
                "Changes the fields that are sent, each by the rules of a new profile. For the user, and for \
                 moderators.",
            )
            .request::<(Path<ProfileUser>, Form<Patch<NewProfile>>)>(NewProfile::example())
            .responds::<Profile>(200, "The profile.", Profile::example())
            .requires_token()
            .error(403, NOT_ALLOWED)
            .error(404, NOT_FOUND)
            .error(500, UPLOAD_FAILED)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<UpdateProfile>()
}
