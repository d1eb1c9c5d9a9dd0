//! The cheapest statements that give the rows of the requests that clients send most. `benches/database.rs` checks that
//! they do. Each is prepared once, and reads indexes alone.

use crate::support::statement::Statement;

/// The requests that have cheapest statements.
pub const REQUESTS: [&str; 7] =
    ["list_movies", "list_movies by cursor", "get_movie", "list_genres", "me", "refresh", "login"];

/// A parameter: the OID of its type, and its binary value.
type Parameter = (u32, Option<Vec<u8>>);

/// Returns the cheapest statements with the rows of a request, or `None` if it is none of [`REQUESTS`]. `own` are the
/// function's statements for the request, from which it takes the parameters.
pub fn statements(request: &str, own: &[Statement]) -> Option<Vec<Statement>> {
    let parameters = |statement: usize, numbers: &[usize]| -> Vec<Parameter> {
        let all = own[statement].parameters.as_ref().expect("the function prepares its statements");
        numbers.iter().map(|number| all[*number].clone()).collect()
    };
    let prepared = |sql: &str, parameters| Statement {
        sql: sql.to_owned(),
        parameters: Some(parameters),
        is_prepared: true,
    };
    Some(match request {
        // The eleventh movie shows whether a page follows. The total of the answer is missing here: it is in no index.
        "list_movies" => vec![prepared(
            "SELECT id, name, date, score, overview FROM movies ORDER BY id DESC LIMIT 11",
            Vec::new(),
        )],
        // The cursor contains the total and the id after which the page starts.
        "list_movies by cursor" => vec![prepared(
            "SELECT id, name, date, score, overview FROM movies WHERE id < $1 ORDER BY id DESC LIMIT 11",
            parameters(0, &[1]),
        )],
        // Arrays of rows are cheaper than JSON, and lookups of single names cheaper than joins.
        "get_movie" => vec![prepared(
            "SELECT movies.xmin::text::bigint AS version, movies.id, movies.name, date, score, overview, status::text,
                    budget::double precision, revenue, country_id, code AS country_code,
                    countries.name AS country_name,
                    ARRAY(SELECT ROW(genre_id, (SELECT name FROM genres WHERE id = genre_id))
                          FROM movies_genres WHERE movie_id = $1 ORDER BY genre_id) AS genres,
                    ARRAY(SELECT ROW(actor_id, (SELECT name FROM actors WHERE id = actor_id))
                          FROM actors_movies WHERE movie_id = $1 ORDER BY actor_id) AS actors,
                    ARRAY(SELECT ROW(language_id, (SELECT name FROM languages WHERE id = language_id))
                          FROM movies_languages WHERE movie_id = $1 ORDER BY language_id) AS languages
             FROM movies JOIN countries ON countries.id = country_id WHERE movies.id = $1",
            parameters(0, &[0]),
        )],
        // Counts the links: counters would cost every write of a movie more than they save here.
        "list_genres" => vec![prepared(
            "SELECT id, name, coalesce(movies, 0) AS movies
             FROM genres LEFT JOIN (SELECT genre_id, count(*) AS movies FROM movies_genres GROUP BY genre_id) AS counts
                 ON genre_id = id ORDER BY key",
            Vec::new(),
        )],
        // The token names its session, which must not have ended.
        "me" => vec![prepared(
            "SELECT users.id, email, user_groups.name::text AS group, is_active, users.created_at,
                    disabled_at IS NOT NULL AS is_disabled
             FROM users JOIN user_groups ON user_groups.id = group_id JOIN refresh_tokens ON user_id = users.id
             WHERE users.id = $1 AND refresh_tokens.id = $2 AND expires_at > now()",
            parameters(0, &[0, 1]),
        )],
        // The function compares the times itself.
        "refresh" => vec![prepared(
            "SELECT refresh_tokens.id, user_id, expires_at, is_active, disabled_at IS NOT NULL AS is_disabled, now()
             FROM refresh_tokens LEFT JOIN users ON users.id = user_id WHERE token_hash = $1",
            parameters(0, &[0]),
        )],
        // What remains without rate limits, known clients and events.
        "login" => vec![
            prepared("SELECT id, hashed_password FROM users WHERE email = $1", parameters(0, &[6])),
            prepared(
                "INSERT INTO refresh_tokens (user_id, token_hash, expires_at) VALUES ($1, $2, $3)
                 RETURNING id AS new_id, floor(extract(epoch FROM now()))::bigint AS issued_at",
                parameters(1, &[0, 3, 4]),
            ),
        ],
        _ => return None,
    })
}
