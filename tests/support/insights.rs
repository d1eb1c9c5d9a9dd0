//! Runs the part of CloudWatch Logs Insights' query language that the runbook uses
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html>): `fields`, `filter` with
//! comparisons joined by `and`, `stats … by …`, `sort` and `limit`.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Map, Value, json};

/// A row of a result.
pub type Row = Map<String, Value>;

/// Runs a query on log lines. Fails with the first unknown command.
pub fn run(query: &str, lines: &[Value]) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = lines.iter().map(row).collect();
    for command in commands(query) {
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        match name {
            "fields" => {
                let names: Vec<_> = list(rest).collect();
                for row in &mut rows {
                    *row = names.iter().map(|name| ((*name).to_owned(), get(row, name))).collect();
                }
            }
            "filter" => {
                let conditions = conditions(rest)?;
                rows.retain(|row| conditions.iter().all(|condition| condition.holds(row)));
            }
            "stats" => rows = stats(&rows, rest)?,
            "sort" => {
                let (field, order) = rest.split_once(' ').unwrap_or((rest, "asc"));
                rows.sort_by(|one, other| compare(&get(one, field), &get(other, field)));
                if order == "desc" {
                    rows.reverse();
                }
            }
            "limit" => rows.truncate(rest.parse().map_err(|_| format!("no number: {command}"))?),
            _ => return Err(format!("not understood: {command}")),
        }
    }
    Ok(rows)
}

/// Returns the fields of the log that a query names.
pub fn fields(query: &str) -> Result<Vec<String>, String> {
    let (mut fields, mut made) = (Vec::new(), Vec::new());
    for command in commands(query) {
        let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
        match name {
            "fields" => fields.extend(list(rest).map(str::to_owned)),
            "filter" => fields.extend(conditions(rest)?.into_iter().map(|condition| condition.field)),
            "stats" => {
                let (aggregates, groups) = rest.split_once(" by ").unwrap_or((rest, ""));
                for aggregate in list(aggregates) {
                    let (call, name) = aggregate.split_once(" as ").unwrap_or((aggregate, aggregate));
                    made.push(name.to_owned());
                    fields.push(argument(call).split(',').next().unwrap_or_default().to_owned());
                }
                fields.extend(list(groups).map(str::to_owned));
            }
            "sort" => fields.push(rest.split(' ').next().unwrap_or_default().to_owned()),
            _ => {}
        }
    }
    fields.retain(|field| {
        !made.contains(field) && field != "*" && !field.starts_with("bin(") && !field.is_empty()
    });
    Ok(fields)
}

/// Returns the commands without comments, in order.
fn commands(query: &str) -> impl Iterator<Item = &str> {
    let lines =
        query.lines().map(|line| line.trim().trim_start_matches("| ")).filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(" | ")).map(str::trim).filter(|command| !command.is_empty())
}

/// Splits a text at commas, except those in brackets.
fn list(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let parts = text.split(move |character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        character == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn row(line: &Value) -> Row {
    let mut row = line.as_object().cloned().unwrap_or_default();
    let time = row.get("timestamp").cloned().unwrap_or_default();
    row.insert("@timestamp".into(), time);
    row.insert("@message".into(), json!(line.to_string()));
    row
}

fn get(row: &Row, field: &str) -> Value {
    row.get(field).cloned().unwrap_or_default()
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => one.as_str().cmp(&other.as_str()),
    }
}

/// Returns a value as a number; booleans are 1 or 0.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_bool().map(f64::from))
}

struct Condition {
    field: String,
    operator: String,
    value: Value,
}

impl Condition {
    fn holds(&self, row: &Row) -> bool {
        let found = get(row, &self.field);
        let order = || (!found.is_null()).then(|| compare(&found, &self.value));
        match self.operator.as_str() {
            "ispresent" => !found.is_null(),
            "like" => found.as_str().zip(self.value.as_str()).is_some_and(|(text, part)| text.contains(part)),
            "=" => order() == Some(Ordering::Equal),
            "!=" => order() != Some(Ordering::Equal),
            ">" => order() == Some(Ordering::Greater),
            ">=" => order().is_some_and(Ordering::is_ge),
            "<" => order() == Some(Ordering::Less),
            _ => false,
        }
    }
}

fn conditions(text: &str) -> Result<Vec<Condition>, String> {
    let condition = |text: &str| {
        let text = text.trim();
        if text.starts_with("ispresent(") {
            let field = argument(text).to_owned();
            return Ok(Condition { field, operator: "ispresent".into(), value: Value::Null });
        }
        let mut parts = text.splitn(3, ' ');
        let (Some(field), Some(operator), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("no comparison: {text}"));
        };
        if !["=", "!=", ">", ">=", "<", "like"].contains(&operator) {
            return Err(format!("no operator: {operator} in {text}"));
        }
        let value = serde_json::from_str(value).map_err(|_| format!("no value: {value}"))?;
        Ok(Condition { field: field.to_owned(), operator: operator.to_owned(), value })
    };
    text.split(" and ").map(condition).collect()
}

fn argument(call: &str) -> &str {
    call.split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(')'))
        .map_or("", |(argument, _)| argument.trim())
}

fn stats(rows: &[Row], text: &str) -> Result<Vec<Row>, String> {
    let (aggregates, keys) = text.split_once(" by ").unwrap_or((text, ""));
    let keys: Vec<_> = list(keys).collect();
    let mut groups: BTreeMap<String, (Row, Vec<&Row>)> = BTreeMap::new();
    for row in rows {
        let key: Row = keys.iter().map(|key| ((*key).to_owned(), group_key(row, key))).collect();
        groups.entry(json!(key).to_string()).or_insert_with(|| (key, Vec::new())).1.push(row);
    }
    let aggregate = |(mut result, rows): (Row, Vec<&Row>)| {
        for aggregate in list(aggregates) {
            let (call, name) = aggregate.split_once(" as ").unwrap_or((aggregate, aggregate));
            result.insert(name.to_owned(), value(call, &rows)?);
        }
        Ok(result)
    };
    groups.into_values().map(aggregate).collect()
}

/// Returns the value that a row is grouped by; for `bin(1m)` the minute.
fn group_key(row: &Row, key: &str) -> Value {
    match key {
        "bin(1m)" => get(row, "@timestamp")
            .as_str()
            .and_then(|time| time.get(..16))
            .map_or(Value::Null, |time| json!(time)),
        _ => get(row, key),
    }
}

fn value(call: &str, rows: &[&Row]) -> Result<Value, String> {
    let mut arguments = argument(call).split(',').map(str::trim);
    let field = arguments.next().unwrap_or_default();
    let mut values: Vec<f64> = rows.iter().filter_map(|row| number(&get(row, field))).collect();
    values.sort_by(f64::total_cmp);
    let sum: f64 = values.iter().sum();
    Ok(match call.split('(').next().unwrap_or_default() {
        "count" => json!(rows.len()),
        "sum" => json!(sum),
        "avg" => json!(sum / values.len() as f64),
        "max" => json!(values.last()),
        "pct" => {
            let percent: f64 =
                arguments.next().and_then(|text| text.parse().ok()).ok_or("pct needs a number")?;
            let place = (percent / 100.0 * values.len() as f64).ceil() as usize;
            json!(values.get(place.max(1) - 1))
        }
        name => return Err(format!("no function: {name}")),
    })
}
