//! Takes over a database of the original service.

mod accounts;
mod again;
mod catalogue;
mod exchange;
mod rejections;
mod source;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use crate::support::{App, app::REFRESH_KEY, jwt, postgres::Database, runtime::FunctionError};

/// `hashpw(b"StrongPassword123!", gensalt(4))` of Python's bcrypt.
const HASH: &str = "$2b$04$jyosDArHFctvi/Ng.epPQ.623uo2ByZZ17jtsD/bO.ttmdCGoHdWi";

/// A database of the original.
struct Original {
    database: Database,
    db: PgConnection,
}

impl Original {
    /// Creates one with `movies` movies and a tenth as many users, each with a session.
    async fn with(movies: u32) -> Self {
        let database = Database::create().await;
        let mut db = database.connect().await;
        db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
        db.execute(include_str!("original.sql")).await.unwrap();
        let rows = include_str!("rows.sql").replace("{movies}", &movies.to_string()).replace("{hash}", HASH);
        db.execute(AssertSqlSafe(rows)).await.unwrap();
        let mut original = Self { database, db };
        let ids: Vec<i64> = (1..=i64::from(movies / 10)).collect();
        let tokens: Vec<_> = ids.iter().map(|id| refresh_token(*id)).collect();
        sqlx::query(
            "INSERT INTO refresh_tokens (token, expires_at, user_id)
             SELECT token, now() + interval '1 day', id FROM unnest($1::text[], $2::bigint[]) AS new (token, id)",
        )
        .bind(tokens)
        .bind(ids)
        .execute(&mut original.db)
        .await
        .unwrap();
        original
    }

    async fn execute(&mut self, statement: &'static str) {
        self.db.execute(statement).await.unwrap();
    }

    fn source(&self) -> Value {
        json!({"command": "adopt", "source": self.database.url()})
    }

    /// Takes it over, and returns the report.
    async fn adopt(&self, app: &App) -> Value {
        app.invoke("Manage", self.source()).await.unwrap_or_else(|error| panic!("{}", error.error_message))
    }

    /// Takes it over with one more argument.
    async fn adopt_with(&self, app: &App, argument: &str) -> Result<Value, FunctionError> {
        let mut event = self.source();
        event[argument] = json!(true);
        app.invoke("Manage", event).await
    }
}

/// The token of a session of the original, which its clients still have.
fn refresh_token(user_id: i64) -> String {
    // The end of the century.
    jwt::sign(&json!({ "user_id": user_id, "exp": 4_102_444_800_i64 }), REFRESH_KEY)
}

/// Returns the counts of a table in a report: rows, new, changed, rejected, gone, renumbered.
fn counts(answer: &Value, table: &str) -> [u64; 6] {
    let counts = &answer["tables"][table];
    assert!(counts["rows"].is_u64(), "{table}: {answer}");
    // The report omits the last two if they are zero.
    ["rows", "new", "changed", "rejected", "gone", "renumbered"]
        .map(|count| counts[count].as_u64().unwrap_or(0))
}

/// Returns all rows of the tables that a run writes to, as one text.
async fn everything(app: &App) -> String {
    let mut db = app.db().await;
    let mut all = String::new();
    for table in [
        "users",
        "user_profiles",
        "activation_tokens",
        "password_reset_tokens",
        "refresh_tokens",
        "countries",
        "genres",
        "actors",
        "languages",
        "movies",
        "movies_genres",
        "actors_movies",
        "movies_languages",
        "movie_search",
        "adopted_users",
        "adopted_rows",
        "adopted_tokens",
    ] {
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT {table}::text FROM {table} ORDER BY 1")));
        for row in rows.fetch_all(&mut db).await.unwrap() {
            all += &format!("{table} {}\n", row.get::<String, _>(0));
        }
    }
    let counted: i64 =
        sqlx::query_scalar("SELECT movies FROM movie_counts").fetch_one(&mut db).await.unwrap();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM movies").fetch_one(&mut db).await.unwrap();
    assert_eq!(counted, stored, "the catalogue's size is counted as it is");
    all
}
