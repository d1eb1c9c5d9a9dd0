//! `DELETE /api/v1/accounts/me/`: deletes the account of a user who knows the password.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{
        CANNOT_DELETE_LAST_ADMIN, ME, NO_PERMISSION,
        rate_limit::{self, HashedKey, check},
        reauthentication::{INVALID_PASSWORD, Owner, Reauthentication},
    },
    config::ConfigError,
    http::{Body, Error, Request, Response, Route, StatusCode, no_content},
    mail::Wake,
    models::accounts::AccountDeletion,
    openapi::{Documented, Operation},
    profiles::Pictures,
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct DeleteAccount {
    reauthentication: Reauthentication,
    pictures: Pictures,
    wake: Wake,
}

/// What the SQL function `delete_account` did.
#[derive(sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
enum Outcome {
    /// The account is gone.
    Deleted,
    /// Nothing: the password was changed, or the session ended, in the meantime.
    Stale,
    /// Nothing: no other admin would be left.
    LastAdmin,
}

impl Endpoint for DeleteAccount {
    const ROUTES: &'static [Route] = &[ME.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (pictures, wake) = (Pictures::start()?, Wake::start());
        let reauthentication = Reauthentication::start(secrets).await?;
        Ok(Self { reauthentication, pictures, wake })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let (mut owner, AccountDeletion { password }) = self.reauthentication.authenticate(request).await?;
        check(owner.wait)?;

        // Twice, for a deletion during a login that is just replacing an outdated hash.
        for _ in 0..2 {
            if !self.reauthentication.is_correct(&owner, &password).await? {
                break;
            }
            let delete = async |connection: &mut PgConnection| delete(connection, &owner).await;
            match self.reauthentication.database.write(delete).await? {
                Outcome::Deleted => {
                    tokio::join!(self.wake.send_mail(), self.pictures.remove_all(owner.user_id));
                    return Ok(no_content());
                }
                Outcome::LastAdmin => {
                    return Err(Error::status(StatusCode::CONFLICT, CANNOT_DELETE_LAST_ADMIN));
                }
                Outcome::Stale => owner = self.reauthentication.reload(owner).await?,
            }
        }
        Err(Error::bad_request(INVALID_PASSWORD))
    }
}

/// Deletes the account and the failed logins on its address, stores the notice, and gives the attempt back.
async fn delete(connection: &mut PgConnection, owner: &Owner) -> sqlx::Result<Outcome> {
    let [own, about] = rate_limit::failed_logins(&owner.email);
    sqlx::query_scalar!(
        r#"
        WITH deletion AS MATERIALIZED (
            SELECT delete_account($1, $2, $3) AS outcome
        ), given_back AS MATERIALIZED (
            SELECT rate_limit_give_back($4, $5, $6) FROM deletion WHERE outcome <> 'stale'
        ), forgotten AS MATERIALIZED (
            SELECT rate_limit_forget($7, $8) FROM deletion WHERE outcome = 'deleted'
        )
        SELECT outcome AS "outcome!: Outcome" FROM deletion LEFT JOIN given_back ON true LEFT JOIN forgotten ON true
        "#,
        owner.user_id,
        owner.hashed_password,
        owner.session_id,
        &owner.attempt.buckets as &[HashedKey],
        &owner.attempt.capacities,
        owner.attempt.period.clone(),
        &own[..],
        &about[..],
    )
    .fetch_one(connection)
    .await
}

impl Documented for DeleteAccount {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "deleteAccount")
            .summary(
                "Delete the account",
                "Deletes all that belongs to it, and mails a notice. Events keep its id and lose the user agent. Wrong \
                 passwords are limited.",
            )
            .request::<Body<AccountDeletion>>(json!({"password": "StrongPassword123!"}))
            .responds_without_body(204, "The account is deleted.")
            .error(400, INVALID_PASSWORD)
            .error(409, CANNOT_DELETE_LAST_ADMIN)
            .requires_token()
            .error(403, NO_PERMISSION)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<DeleteAccount>()
}
