//! The OpenAPI description. The test support checks every response of every test against it.

use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{App, description::description};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Returns the path, the method and the operation of everything in the description.
fn operations(description: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = description["paths"].as_object().expect("there are paths");
    let of_path = paths.iter().flat_map(|(path, item)| {
        let members = item.as_object().expect("a path has operations").iter();
        members.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    of_path.filter(|(_, method, _)| METHODS.contains(method)).collect()
}

#[tokio::test]
async fn description_is_valid_openapi() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    fs::write(&file, description().await.to_string()).unwrap();
    let script = xtask::root().join("infra/local/tools.py");
    let mut validator = Command::new("python3");
    validator.arg(script).args(["openapi", "--", "openapi-spec-validator", "--schema", "3.1"]).arg(file);
    let outcome = validator.stdin(Stdio::null()).output().unwrap();
    assert!(outcome.status.success(), "{outcome:?}");
}

#[tokio::test]
async fn description_has_routes_of_template() {
    let app = App::start().await;
    let routes = app.template().routes().map(|(route, _)| route.path.trim_end_matches('/').to_owned());
    let routes: BTreeSet<_> = routes.filter(|path| path != "/{proxy+}").collect();
    let described =
        operations(description().await).into_iter().map(|(path, ..)| path.trim_end_matches('/').to_owned());
    let described: BTreeSet<_> = described.collect();
    assert!(
        described == routes,
        "paths of template.yaml that the description lacks, as functions/endpoints.rs does not name their endpoint: {:?}; \
         described paths that template.yaml lacks: {:?}",
        routes.difference(&described),
        described.difference(&routes),
    );
}

#[tokio::test]
async fn description_has_methods_of_each_path() {
    let app = App::start().await;
    let operations = operations(description().await);
    for path in operations.iter().map(|(path, ..)| *path).collect::<BTreeSet<_>>() {
        let of_path = operations.iter().filter(|(other, ..)| *other == path);
        let mut described: BTreeSet<_> = of_path.map(|(_, method, _)| method.to_ascii_uppercase()).collect();
        if described.contains("GET") {
            described.insert("HEAD".into());
        }
        let sent = path.replace("{movie_id}", "1").replace("{actor_id}", "1").replace("{user_id}", "1");
        let sent = sent.replace("{file}", "LICENSE");
        let other = ["PUT", "POST"].into_iter().find(|method| !described.contains(*method)).unwrap();
        let reply = app.request(other.parse().unwrap(), &sent).send().await;
        let allowed =
            reply.header("allow").expect("the method is not allowed").split(", ").map(str::to_owned);
        assert_eq!(allowed.collect::<BTreeSet<_>>(), described, "{path}");
    }
}

#[tokio::test]
async fn every_description_part_has_explanation() {
    let description = description().await;
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(description) {
        let shown = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "{shown}");
        for member in ["summary", "description"] {
            assert!(operation[member].as_str().is_some_and(|text| !text.is_empty()), "{shown}: {member}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let is_explained = parameter.get("description").or(parameter["schema"].get("description"));
            let is_explained = is_explained.or(parameter["schema"].get("enum"));
            assert!(is_explained.is_some(), "{shown}: {parameter}");
        }
        for (status, answer) in operation["responses"].as_object().expect("there are answers") {
            assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{shown}: {status}");
            let content = &answer["content"]["application/json"];
            let has_example = content.get("example").or(content.get("examples")).is_some();
            assert!(has_example || content.is_null() || path == "/openapi.json", "{shown}: {status}");
        }
    }
}

/// Collects every object in `value`, including itself.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            found.push(value);
            members.values().for_each(|member| objects(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        _ => {}
    }
}

/// Asserts that `value` matches `schema`, a part of the description.
fn assert_matches(description: &Value, schema: &Value, value: &Value) {
    let whole = json!({ "allOf": [schema], "components": description["components"] });
    let validator = jsonschema::draft202012::new(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"));
    assert!(validator.is_valid(value), "{value} does not match {schema}");
}

#[tokio::test]
async fn examples_and_enumerated_values_match_their_schemas() {
    let description = description().await;
    let (mut parts, mut examples, mut enumerated) = (Vec::new(), 0, 0);
    objects(description, &mut parts);
    for part in parts {
        let schema = &part["schema"];
        let named = part["examples"].as_object().into_iter().flat_map(|named| named.values());
        for example in
            named.map(|named| &named["value"]).chain(part.get("example")).filter(|_| schema.is_object())
        {
            examples += 1;
            assert_matches(description, schema, example);
        }
        for value in part["enum"].as_array().into_iter().flatten() {
            enumerated += 1;
            assert_matches(description, part, value);
        }
    }
    assert!(examples > 80 && enumerated > 80, "{examples} examples, {enumerated} values");
}

#[test]
#[should_panic(expected = "does not match")]
fn example_of_wrong_type_is_detected() {
    let schema = json!({ "type": "string", "const": "Released", "enum": ["Released", "Rumored"] });
    assert_matches(&json!({}), &schema, &json!("Rumored"));
}
