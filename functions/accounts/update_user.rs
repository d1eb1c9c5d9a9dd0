//! `PATCH /api/v1/accounts/users/{user_id}/`: changes the group of an account, and disables or enables it, for admins.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{CANNOT_DEMOTE_LAST_ADMIN, ChangeOutcome, NO_PERMISSION, change_account},
    config::ConfigError,
    database::Database,
    http::{Body, Error, Method, Path, Request, Resource, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::{
        Group,
        administration::{AccountChange, ManagedUser, UserId},
    },
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

const USER: Resource = Resource::new("/api/v1/accounts/users/{user_id}/", &[Method::PATCH]);

const MISSING: &str = "User not found.";

type Input = (Path<UserId>, Body<AccountChange>);

pub(crate) struct UpdateUser {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for UpdateUser {
    const ROUTES: &'static [Route] = &[USER.patch()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let admin = Group::Admin.require(request, &self.keys, &self.database).await?;
        let (Path(UserId { user_id }), Body(change)) = request.read::<Input>()?;
        let change = async |connection: &mut PgConnection| {
            change_account(connection, user_id, &change, Some(admin), request.user_agent()).await
        };
        match self.database.write(change).await? {
            ChangeOutcome::Done(user) => json(StatusCode::OK, &user),
            ChangeOutcome::Missing => Err(Error::not_found(MISSING)),
            ChangeOutcome::LastAdmin => Err(Error::status(StatusCode::CONFLICT, CANNOT_DEMOTE_LAST_ADMIN)),
        }
    }
}

impl Documented for UpdateUser {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "updateUser")
            .summary(
                "Change an account",
                "Puts the account into a group, and disables or enables it; what is not sent stays. A disabled account \
                 has no sessions, and cannot log in. One active admin always remains. For admins.",
            )
            .request::<Input>(json!({"user_id": 1, "group": "moderator", "is_disabled": false}))
            .responds::<ManagedUser>(
                200,
                "The account.",
                json!({
                    "id": 1, "email": "reader@example.com", "group": "moderator", "is_active": true,
                    "is_disabled": false, "created_at": "2026-11-22T19:13:54.513526Z",
                }),
            )
            .error(404, MISSING)
            .error(409, CANNOT_DEMOTE_LAST_ADMIN)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<UpdateUser>()
}
