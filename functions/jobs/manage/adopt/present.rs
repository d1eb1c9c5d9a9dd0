//! Reads which rows and tokens the original has, invalid ones included: what a run rejects is not gone.

use futures_util::StreamExt;
use shared::JobError;
use sqlx::PgConnection;

use super::{CHUNK_SIZE, source::failure, tokens};

/// The kinds of rows that have ids, and their tables, which have the same names in the original and here.
pub const KINDS: [(&str, &str); 7] = [
    ("account", "users"),
    ("profile", "user_profiles"),
    ("country", "countries"),
    ("genre", "genres"),
    ("actor", "actors"),
    ("language", "languages"),
    ("movie", "movies"),
];

/// Copies the ids of all rows of `original` into the table `source_rows`, and the digests of all its unexpired tokens
/// into `source_hashes`.
pub async fn read(original: &mut PgConnection, target: &mut PgConnection) -> Result<(), JobError> {
    let ids = KINDS.map(|(kind, table)| format!("SELECT '{kind}', id::bigint FROM public.{table}"));
    copy(original, target, &ids.join(" UNION ALL "), "source_rows").await?;
    let hashes = tokens::NAMES.map(|table| {
        format!("SELECT sha256(convert_to(token, 'UTF8')) FROM public.{table} WHERE expires_at > now()")
    });
    copy(original, target, &hashes.join(" UNION ALL "), "source_hashes").await
}

/// Copies the rows of a query into the table `into`.
async fn copy(
    original: &mut PgConnection,
    target: &mut PgConnection,
    query: &str,
    into: &str,
) -> Result<(), JobError> {
    let statement = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
    let mut chunks = original.copy_out_raw(&statement).await.map_err(failure)?;
    let mut copy = target.copy_in_raw(&format!("COPY {into} FROM STDIN (FORMAT binary)")).await?;
    let mut waiting = Vec::with_capacity(2 * CHUNK_SIZE);
    while let Some(chunk) = chunks.next().await {
        waiting.extend_from_slice(&chunk.map_err(failure)?);
        if waiting.len() >= CHUNK_SIZE {
            copy.send(&waiting[..]).await?;
            waiting.clear();
        }
    }
    copy.send(waiting).await?;
    copy.finish().await?;
    Ok(())
}
