//! Measures how long PostgreSQL plans and executes the statements of a request, beside the cheapest ones with the same
//! rows, once both are prepared and their plans are kept.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow, types::Oid},
    query_scalar, query_with, raw_sql,
    types::Json,
};

use crate::{
    measure::{Figures, Report, SIMPLEST, Subject, Target, Unit, arguments, requests},
    support::statement::Statement,
};

/// PostgreSQL keeps a plan from the sixth execution on.
const WARM_UP: usize = 10;
const BATCHES: usize = 40;
/// PostgreSQL rounds to microseconds, so a value is the mean of the middle half of a batch.
const BATCH: usize = 24;

pub async fn run(report: &mut Report) {
    for request in requests() {
        let subject = Subject::record_request(&request, 1).await;
        let Some(simplest) = subject.simplest(0) else { continue };
        let own = &subject.traffic[0].statements;
        let stage = subject.stage().await;
        let options: PgConnectOptions = subject.url(&stage).parse().expect("it is a URL");
        let connection = &mut options.connect().await.expect("the server answers");
        assert_same_rows(connection, &request.name, own, &simplest).await;

        let own = Prepared::new(connection, "own", own).await;
        let simplest = Prepared::new(connection, "simplest", &simplest).await;
        for _ in 0..WARM_UP {
            own.time(connection).await;
            simplest.time(connection).await;
        }
        let (mut times, mut limits) = (Figures::default(), Figures::default());
        for _ in 0..BATCHES {
            let (mut batch, mut limit) = (Vec::new(), Vec::new());
            for _ in 0..BATCH {
                batch.push(own.time(connection).await);
                limit.push(simplest.time(connection).await);
            }
            times.push(mean_of_middle(batch));
            limits.push(mean_of_middle(limit));
        }
        let target = Some(Target::UpToTimes(1.5));
        let limit = Some((SIMPLEST, &limits));
        report.add("database time", request.name, Unit::Microseconds, &times, limit, target);
    }
}

/// The statements of a request, prepared in a session.
struct Prepared(Vec<String>);

impl Prepared {
    async fn new(connection: &mut PgConnection, name: &str, statements: &[Statement]) -> Self {
        let mut executions = Vec::new();
        for (number, statement) in statements.iter().enumerate() {
            let (mut types, mut values) = (Vec::new(), Vec::new());
            for parameter in statement.parameters.as_ref().expect("the function prepares its statements") {
                let name = query_scalar("SELECT $1::oid::regtype::text").bind(Oid(parameter.0));
                types.push(name.fetch_one(&mut *connection).await.expect("the type exists"));
                let value = arguments(vec![parameter.clone()]).expect("it is bytes");
                // Not kept, because the next value may have another type.
                let value = query_with("SELECT format('%L', $1)", value).persistent(false);
                let value = value.fetch_one(&mut *connection).await;
                values.push(value.expect("the value is one of its type").get(0));
            }
            let in_brackets = |list: Vec<String>| {
                if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) }
            };
            let name = format!("{name}_{number}");
            let prepare = format!("PREPARE {name} {} AS {}", in_brackets(types), statement.sql);
            raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.expect("the statement is valid");
            executions.push(format!("{name} {}", in_brackets(values)));
        }
        Self(executions)
    }

    /// Returns the microseconds of one execution, whose changes are undone.
    async fn time(&self, connection: &mut PgConnection) -> f64 {
        let mut transaction = connection.begin().await.expect("the server answers");
        let mut time = 0.0;
        for execution in &self.0 {
            let explain = format!(
                "EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, SERIALIZE BINARY, FORMAT JSON) EXECUTE {execution}"
            );
            let row = raw_sql(AssertSqlSafe(explain)).fetch_one(&mut *transaction).await;
            let Json(plan): Json<Value> = row.expect("the statement works again").get(0);
            for part in ["Planning Time", "Execution Time"] {
                time += plan[0][part].as_f64().expect("a time is a number") * 1000.0;
            }
        }
        transaction.rollback().await.expect("the server answers");
        time
    }
}

/// Asserts that the cheapest statements give the rows of a function's own, in this order, except ids of new rows.
async fn assert_same_rows(
    connection: &mut PgConnection,
    request: &str,
    own: &[Statement],
    simplest: &[Statement],
) {
    // In one transaction, so that both have the same time.
    let mut transaction = connection.begin().await.expect("the server answers");
    let mut both = Vec::new();
    for statements in [own, simplest] {
        let mut savepoint = transaction.begin().await.expect("the server answers");
        let mut rows = Vec::new();
        for statement in statements {
            rows.push(rows_of(&mut savepoint, statement).await);
        }
        savepoint.rollback().await.expect("the server answers");
        both.push(rows);
    }
    transaction.rollback().await.expect("the server answers");
    let [own, simplest] = &mut both[..] else { unreachable!("there are two") };
    assert_eq!(own.len(), simplest.len(), "{request}");
    for (own, simplest) in own.iter_mut().zip(simplest) {
        assert!(!own.is_empty(), "{request} selects no rows");
        assert_eq!(own.len(), simplest.len(), "{request}");
        for (own, simplest) in own.iter_mut().zip(simplest) {
            simplest.remove("new_id");
            own.retain(|column, _| simplest.contains_key(column));
            assert_eq!(own, simplest, "{request}");
        }
    }
}

/// Returns the rows of a statement: the bytes of each column by its name, without what sqlx's macros read in a name.
async fn rows_of(connection: &mut PgConnection, statement: &Statement) -> Vec<BTreeMap<String, Vec<u8>>> {
    let parameters = statement.parameters.clone().expect("the function prepares its statements");
    let arguments = arguments(parameters).expect("they are bytes");
    let query = query_with(AssertSqlSafe(statement.sql.clone()), arguments);
    let rows = query.fetch_all(connection).await.expect("the statement is valid");
    rows.iter().map(columns).collect()
}

fn columns(row: &PgRow) -> BTreeMap<String, Vec<u8>> {
    let columns = row.columns().iter().map(|column| {
        let name = column.name().split(['!', '?', ':']).next().unwrap_or_default().to_owned();
        let value = row.try_get_raw(column.ordinal()).expect("the column is there");
        (name, value.as_bytes().map(<[u8]>::to_vec).unwrap_or_default())
    });
    columns.collect()
}

fn mean_of_middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = &values[values.len() / 4..values.len() * 3 / 4];
    middle.iter().sum::<f64>() / middle.len() as f64
}
