//! `POST /api/v1/profiles/users/{user_id}/profile/`: creates the profile of a user, with a picture.

use shared::{
    Endpoint,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Form, Path, Request, Response, Route, StatusCode, json, with_location_of_request},
    jwt::AccessKeys,
    models::profiles::{NewProfile, Profile, ProfileUser},
    openapi::{Documented, Operation},
    profiles::{
        self, ALREADY_EXISTS, Fields, MediaUrl, NO_ACTIVE_USER, NOT_ALLOWED, PROFILE, Pictures, UPLOAD_FAILED,
    },
    secrets::Secrets,
};

pub(crate) struct CreateProfile {
    database: Database,
    keys: AccessKeys,
    pictures: Pictures,
    media: MediaUrl,
}

impl Endpoint for CreateProfile {
    const ROUTES: &'static [Route] = &[PROFILE.post()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (pictures, media) = (Pictures::start()?, MediaUrl::start()?);
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys, pictures, media })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let claims = bearer::claims(request, &self.keys).await?;
        let (ProfileUser { user_id }, form) = request.read_form::<_, NewProfile>().await?;
        let fields = Fields::of_new(form).await?;
        let profile = profiles::create(&self.database, &self.pictures, &claims, user_id, fields).await?;
        with_location_of_request(json(StatusCode::CREATED, &profile.with_avatar_url(&self.media))?, request)
    }
}

impl Documented for CreateProfile {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "createProfile")
            .summary(
                "Create a profile",
                "With a picture, which is stored upright as a JPEG of at most 512 pixels a side, without metadata. For \
                 the user, and for moderators. Fields that are missing or unreadable are reported all at once, others \
                 one at a time.",
            )
            .request::<(Path<ProfileUser>, Form<NewProfile>)>(NewProfile::example())
            .responds::<Profile>(201, "The profile.", Profile::example())
            .response_header(201, "Location", "The path of the profile.")
            .error(400, ALREADY_EXISTS)
            .error(401, NO_ACTIVE_USER)
            .requires_token()
            .error(403, NOT_ALLOWED)
            .error(500, UPLOAD_FAILED)
            .link(201, "getProfile", &[("user_id", "$response.body#/user_id")])
            .link(201, "updateProfile", &[("user_id", "$response.body#/user_id")])
            .link(201, "deleteProfile", &[("user_id", "$response.body#/user_id")])
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<CreateProfile>()
}
