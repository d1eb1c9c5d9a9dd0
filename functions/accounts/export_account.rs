//! `GET /api/v1/accounts/me/export/`: returns all that is stored of an account, as one document.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{Caller, NO_PERMISSION},
    config::ConfigError,
    database::Database,
    http::{Error, MAX_BODY, Request, Response, Route, StatusCode, as_download, json, size_in_event},
    jwt::{AccessKeys, TokenError},
    models::{
        Group,
        accounts::Session,
        administration::Event,
        export::{AccountExport, ExportedAccount, ExportedMail, KnownNetwork, UnusedToken},
        profiles::Profile,
    },
    openapi::{Documented, Operation},
    profiles::MediaUrl,
    secrets::Secrets,
};
use sqlx::{PgConnection, types::Json};

/// How many characters of each event's user agent fit into [`MAX_BODY`], with 10,000 events.
const SHORT_CLIENT: usize = 80;

pub(crate) struct ExportAccount {
    database: Database,
    keys: AccessKeys,
    media: MediaUrl,
}

impl Endpoint for ExportAccount {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/accounts/me/export/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let media = MediaUrl::start()?;
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys, media })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let caller = Caller::authenticate(request, &self.keys, &self.database).await?;
        let export = self.database.read(async |connection| load(connection, &caller).await).await?;
        // The account was deleted in the meantime.
        let mut export = export.ok_or(Error::Unauthorized(TokenError::Invalid.detail()))?;
        if let Some(profile) = &mut export.profile {
            profile.avatar = profile.avatar.take().map(|version| self.media.of(caller.user_id, &version));
        }
        let mut response = json(StatusCode::OK, &export)?;
        if size_in_event(response.body()) > MAX_BODY {
            for client in export.events.iter_mut().filter_map(|event| event.client.as_mut()) {
                *client = client.chars().take(SHORT_CLIENT).collect();
            }
            response = json(StatusCode::OK, &export)?;
        }
        Ok(as_download(response, "attachment; filename=\"account.json\""))
    }
}

/// Loads all that is stored of the caller. Returns `None` if the account is gone. The user agents of other users, who did
/// something to the account, are theirs. The picture of the profile is its version, not yet its URL.
async fn load(connection: &mut PgConnection, caller: &Caller) -> sqlx::Result<Option<AccountExport>> {
    let row = sqlx::query!(
        r#"
        SELECT users.id, email, user_groups.name::text AS "group!: Group", is_active, created_at, updated_at,
               tokens_valid_from,
               (SELECT json_build_object('id', id, 'user_id', user_id, 'first_name', first_name, 'last_name', last_name, 'gender', gender,
                           'date_of_birth', date_of_birth, 'info', info, 'avatar', picture)
                FROM user_profiles WHERE user_id = users.id) AS "profile: Json<Profile>",
               (SELECT coalesce(json_agg(json_build_object('id', id, 'created_at', created_at,
                           'last_used_at', last_used_at, 'expires_at', expires_at, 'client', client,
                           'is_current', id IS NOT DISTINCT FROM $2) ORDER BY id DESC), '[]')
                FROM refresh_tokens WHERE user_id = users.id) AS "sessions!: Json<Vec<Session>>",
               (SELECT coalesce(json_agg(json_build_object('last_login_at', used_at) ORDER BY used_at DESC), '[]')
                FROM known_clients WHERE user_id = users.id) AS "known_networks!: Json<Vec<KnownNetwork>>",
               (SELECT coalesce(json_agg(token ORDER BY purpose), '[]')
                FROM (
                    SELECT 'activation' AS purpose, expires_at, NULL AS email FROM activation_tokens
                    WHERE user_id = users.id
                    UNION ALL SELECT 'email_change', expires_at, email_change_tokens.email FROM email_change_tokens
                    WHERE user_id = users.id
                    UNION ALL SELECT 'password_reset', expires_at, NULL FROM password_reset_tokens
                    WHERE user_id = users.id
                ) AS token) AS "mailed_tokens!: Json<Vec<UnusedToken>>",
               (SELECT coalesce(json_agg(json_build_object('kind', kind, 'created_at', created_at,
                           'sent_at', sent_at, 'given_up_at', given_up_at) ORDER BY id DESC), '[]')
                FROM (
                    -- Without mails to another address, which leave only if that is free.
                    SELECT id, kind, created_at, sent_at, given_up_at FROM mail_outbox
                    WHERE user_id = users.id AND kind <> 'email_change' ORDER BY id DESC LIMIT 1000
                ) AS mail) AS "mails!: Json<Vec<ExportedMail>>",
               (SELECT coalesce(json_agg(json_build_object('id', id, 'at', at, 'action', action,
                           'actor_id', actor_id, 'user_id', user_id,
                           'client', CASE WHEN actor_id IS NULL OR actor_id = users.id THEN client END)
                       ORDER BY id DESC), '[]')
                FROM (
                    (SELECT * FROM events WHERE user_id = users.id ORDER BY id DESC LIMIT 10000)
                    UNION (SELECT * FROM events WHERE actor_id = users.id ORDER BY id DESC LIMIT 10000)
                    ORDER BY id DESC LIMIT 10000
                ) AS event) AS "events!: Json<Vec<Event>>"
        FROM users JOIN user_groups ON user_groups.id = group_id WHERE users.id = $1
        "#,
        caller.user_id,
        caller.session_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| AccountExport {
        account: ExportedAccount {
            id: row.id,
            email: row.email,
            group: row.group,
            is_active: row.is_active,
            created_at: row.created_at,
            updated_at: row.updated_at,
            tokens_valid_from: row.tokens_valid_from,
        },
        profile: row.profile.map(|profile| profile.0),
        sessions: row.sessions.0,
        known_networks: row.known_networks.0,
        mailed_tokens: row.mailed_tokens.0,
        mails: row.mails.0,
        events: row.events.0,
    }))
}

impl Documented for ExportAccount {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "exportAccount")
            .summary(
                "Export the account",
                "All that is stored of it, as one document: the profile, sessions, mails and events. It has no hash \
                 and no token. Of the events it has the newest 10,000, with shortened user agents if they would \
                 make it larger than 6 MB.",
            )
            .responds::<AccountExport>(
                200,
                "The document.",
                json!({
                    "account": {
                        "id": 1, "email": "reader@example.com", "group": "user", "is_active": true,
                        "created_at": "2026-11-22T19:13:54.513526Z", "updated_at": "2026-11-22T19:14:06.120934Z",
                        "tokens_valid_from": null,
                    },
                    "profile": Profile::example(),
                    "sessions": [{
                        "id": 1, "created_at": "2026-11-22T19:14:06.120934Z",
                        "last_used_at": "2026-11-22T19:14:06.120934Z", "expires_at": "2026-11-29T19:14:06.120934Z",
                        "client": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                        "is_current": true,
                    }],
                    "known_networks": [{"last_login_at": "2026-11-22T19:14:06.120934Z"}],
                    "mailed_tokens": [{
                        "purpose": "email_change", "expires_at": "2026-11-22T20:15:31.002417Z",
                        "email": "new.reader@example.com",
                    }],
                    "mails": [{
                        "kind": "activation", "created_at": "2026-11-22T19:13:54.513526Z",
                        "sent_at": "2026-11-22T19:13:55.300118Z", "given_up_at": null,
                    }],
                    "events": [{
                        "id": 2, "at": "2026-11-22T19:14:06.120934Z", "action": "login", "actor_id": 1, "user_id": 1,
                        "client": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    }],
                }),
            )
            .response_header(200, "Content-Disposition", "Makes browsers save the document as `account.json`.")
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ExportAccount>()
}
