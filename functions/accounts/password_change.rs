//! `POST /api/v1/accounts/password-change/`: changes the password of a user who knows the old one.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{
        NO_PERMISSION,
        rate_limit::{HashedKey, check},
        reauthentication::{INVALID_PASSWORD, Owner, Reauthentication},
    },
    config::ConfigError,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    mail::Wake,
    models::{accounts::PasswordChange, password},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct ChangePassword {
    reauthentication: Reauthentication,
    wake: Wake,
}

impl Endpoint for ChangePassword {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/password-change/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        password::check_settings()?;
        let wake = Wake::start();
        let reauthentication = Reauthentication::start(secrets).await?;
        Ok(Self { reauthentication, wake })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let (mut owner, passwords) = self.reauthentication.authenticate::<PasswordChange>(request).await?;
        if let Some(fault) = passwords.address_fault(&owner.email) {
            if owner.wait == 0 {
                self.reauthentication.give_back(&owner.attempt).await?;
            }
            return Err(Error::Invalid(vec![fault]));
        }
        check(owner.wait)?;
        let PasswordChange { old_password, new_password } = passwords;

        let client = self.reauthentication.client(request, &owner);
        let mut hash = None;
        // Twice, for a change during a login that is just replacing an outdated hash.
        for _ in 0..2 {
            if !self.reauthentication.is_correct(&owner, &old_password).await? {
                break;
            }
            let new_hash = match &hash {
                Some(hash) => hash,
                None => hash.insert(self.reauthentication.hasher.hash(&new_password).await?),
            };
            let change = async |connection: &mut PgConnection| {
                change(connection, &owner, new_hash, &client, request.user_agent()).await
            };
            if self.reauthentication.database.write(change).await? {
                self.wake.send_mail().await;
                return json(StatusCode::OK, &json!({ "message": "Password changed successfully." }));
            }
            owner = self.reauthentication.reload(owner).await?;
        }
        Err(Error::bad_request(INVALID_PASSWORD))
    }
}

/// Changes the password, ends the other sessions, forgets the known clients but `client`, stores the notice and the event,
/// and gives the attempt back. Returns false if the password was changed, or the session ended, in the meantime.
async fn change(
    connection: &mut PgConnection,
    owner: &Owner,
    new_hash: &str,
    client: &HashedKey,
    user_agent: Option<&str>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        WITH change AS MATERIALIZED (
            SELECT change_password($1, $2, $3, $4) AS is_made
        ), given_back AS MATERIALIZED (
            SELECT rate_limit_give_back($5, $6, $7) FROM change WHERE is_made
        ), remembered AS (
            INSERT INTO known_clients (client, user_id) SELECT $9, $1 FROM change WHERE is_made
            ON CONFLICT (client) DO UPDATE SET user_id = excluded.user_id, used_at = now()
        ), event AS (
            INSERT INTO events (action, actor_id, user_id, client)
            SELECT 'password_changed', $1, $1, $8 FROM change WHERE is_made
        )
        SELECT is_made AS "is_made!" FROM change LEFT JOIN given_back ON true
        "#,
        owner.user_id,
        owner.hashed_password,
        new_hash,
        owner.session_id,
        &owner.attempt.buckets as &[HashedKey],
        &owner.attempt.capacities,
        owner.attempt.period,
        user_agent,
        &client[..],
    )
    .fetch_one(connection)
    .await
}

impl Documented for ChangePassword {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "changePassword")
            .summary(
                "Change the password",
                "Ends all sessions but the current one, and mails a notice. Wrong passwords are limited.",
            )
            .request::<Body<PasswordChange>>(json!({
                "old_password": "StrongPassword123!", "new_password": "AnotherPassword456#",
            }))
            .responds_with_message(200, "message", "Password changed successfully.")
            .error(400, INVALID_PASSWORD)
            .requires_token()
            .error(403, NO_PERMISSION)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ChangePassword>()
}
