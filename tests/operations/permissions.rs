//! The permissions of each function in `template.yaml`: exactly those that its environment variables need.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml_ng::Value;

use crate::support::template::Login;

/// The granted or needed actions of each resource.
type Actions = BTreeMap<String, BTreeSet<String>>;

/// The variables that name a resource, by the suffix of their names, with the actions that using it needs.
const NEEDS: [(&str, &str); 4] = [
    ("_SECRET_ARN", "secretsmanager:GetSecretValue"),
    ("_FUNCTION", "lambda:InvokeFunction"),
    ("_BUCKET", "s3:GetObject"),
    ("MAIL_FROM", "ses:SendEmail"),
];

/// The variable of the storage, and the actions that each function with it needs.
const STORAGE: &str = "STORAGE_URL";
const STORAGE_NEEDS: [(&str, &[&str]); 6] = [
    ("DeleteAccount", &["s3:DeleteObject", "s3:ListBucket"]),
    // It deletes its picture if it loses a race.
    ("CreateProfile", &["s3:DeleteObject", "s3:PutObject"]),
    ("UpdateProfile", &["s3:DeleteObject", "s3:PutObject"]),
    ("DeleteProfile", &["s3:DeleteObject"]),
    ("Media", &["s3:GetObject", "s3:ListBucket"]),
    ("PurgeTokens", &["s3:DeleteObject", "s3:ListBucket"]),
];

/// Actions that another action implies.
const WITH: [(&str, &str); 1] = [("ses:SendEmail", "ses:SendRawEmail")];
const ROTATION: &str = "secretsmanager:PutSecretValue";

fn template() -> Value {
    serde_yaml_ng::from_str(include_str!("../../template.yaml")).expect("the template is YAML")
}

fn functions(template: &Value) -> Vec<(&str, &Value)> {
    let resources = template["Resources"].as_mapping().expect("the template has resources");
    let resources = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    resources.map(|(name, resource)| (name.as_str().expect("a name is text"), resource)).collect()
}

/// Returns the references in a value: `Login` for `!Ref Login` and `!GetAtt Login.Arn`, `Secrets.Outputs.Jwt` for an
/// output of a nested stack, the names in a `!Sub` that are not AWS's own, and both branches of an `!If`.
fn referred(value: &Value) -> Vec<String> {
    let Value::Tagged(tagged) = value else { return Vec::new() };
    if tagged.tag == "If" {
        return list(&tagged.value).into_iter().skip(1).flat_map(referred).collect();
    }
    let text = tagged.value.as_str().unwrap_or_default();
    match tagged.tag.to_string().as_str() {
        "!Ref" => vec![text.to_owned()],
        "!GetAtt" => vec![text.strip_suffix(".Arn").unwrap_or(text).to_owned()],
        "!Sub" => {
            let names = text.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0));
            names.filter(|name| !name.starts_with("AWS::")).map(str::to_owned).collect()
        }
        tag => panic!("{tag} is not understood here"),
    }
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_sequence().map_or_else(|| vec![value], |list| list.iter().collect())
}

fn texts(value: &Value) -> BTreeSet<String> {
    list(value).into_iter().map(|text| text.as_str().expect("an action is text").to_owned()).collect()
}

fn granted(function: &Value) -> Actions {
    let mut granted = Actions::new();
    let policies = &function["Properties"]["Policies"];
    for policy in list(policies).into_iter().filter(|policy| !policy.is_null()) {
        let policy = match policy {
            Value::Tagged(tagged) if tagged.tag == "If" => &tagged.value[1],
            policy => policy,
        };
        let mut grant = |resource: &Value, actions: &BTreeSet<String>| {
            let names = referred(resource);
            assert_eq!(names.len(), 1, "{resource:?} must be one resource of the template");
            granted.entry(names[0].clone()).or_default().extend(actions.iter().cloned());
        };
        if let Some(read) = policy.get("AWSSecretsManagerGetSecretValuePolicy") {
            grant(&read["SecretArn"], &BTreeSet::from([String::from("secretsmanager:GetSecretValue")]));
            continue;
        }
        for statement in
            list(policy.get("Statement").unwrap_or_else(|| panic!("{policy:?} is not understood")))
        {
            assert_eq!(statement["Effect"], "Allow");
            let actions = texts(&statement["Action"]);
            // SES restricts the sender by a condition.
            let sender = &statement["Condition"]["StringEquals"]["ses:FromAddress"];
            let resources = if sender.is_null() { &statement["Resource"] } else { sender };
            list(resources).into_iter().for_each(|resource| grant(resource, &actions));
        }
    }
    granted
}

/// Returns the resources that the environment variables name, with the actions that each needs.
fn needed(template: &Value, name: &str, function: &Value) -> Actions {
    let resources = template["Resources"].as_mapping().expect("the template has resources");
    let environments = [&template["Globals"]["Function"], &function["Properties"]];
    let mut variables = BTreeMap::new();
    for environment in environments.map(|properties| &properties["Environment"]["Variables"]) {
        for (variable, value) in environment.as_mapping().into_iter().flatten() {
            variables.insert(variable.as_str().expect("a name is text"), value);
        }
    }
    let mut needed = Actions::new();
    for (variable, value) in variables {
        if variable == STORAGE {
            let (_, actions) =
                STORAGE_NEEDS.iter().find(|(function, _)| *function == name).expect("it is listed");
            let actions = actions.iter().map(|action| (*action).to_owned());
            referred(value).into_iter().for_each(|bucket| {
                needed.insert(bucket, actions.clone().collect());
            });
            continue;
        }
        let action = NEEDS.iter().find(|(end, _)| variable.ends_with(end)).map(|(_, action)| *action);
        // The sender's name needs no permission; sending includes every configuration set of the account.
        let names = referred(value).into_iter().filter(|name| name != "MailFromName" && name != "MailEvents");
        for name in names {
            let is_resource = name.ends_with("Arn") || resources.contains_key(&name);
            assert!(
                action.is_some() || !is_resource,
                "{variable} names a resource, but does not end like one"
            );
            if let Some(action) = action {
                needed.entry(name).or_default().insert(action.to_owned());
            }
        }
    }
    needed
}

#[test]
fn function_permissions_match_its_environment() {
    let template = template();
    for (name, function) in functions(&template) {
        let mut granted = granted(function);
        for actions in granted.values_mut() {
            for (action, companion) in WITH {
                assert_eq!(actions.contains(action), actions.contains(companion), "{name}: {companion}");
                actions.remove(companion);
            }
            if name == "Manage" {
                actions.remove(ROTATION);
            }
        }
        assert_eq!(
            granted,
            needed(&template, name, function),
            "{name}: granted, and named in its environment"
        );
    }
}

#[test]
fn only_manage_may_change_logins_of_its_stack() {
    let template = template();
    let (_, manage) = functions(&template).into_iter().find(|(name, _)| *name == "Manage").unwrap();
    for (name, actions) in granted(manage) {
        let writes = actions.contains(ROTATION);
        let made = name.starts_with("Secrets.Outputs.");
        assert_eq!(writes, made, "{name}");
    }
}

#[test]
fn functions_get_only_token_keys_they_use() {
    let template = template();
    let mut keys = BTreeMap::<&str, Vec<&str>>::new();
    for (name, function) in functions(&template) {
        let variables = &function["Properties"]["Environment"]["Variables"];
        for kind in ["ACCESS", "REFRESH"] {
            if !variables[format!("JWT_{kind}_SECRET_ARN")].is_null() {
                keys.entry(name).or_default().push(kind);
            }
        }
    }
    let (access, refresh) = (vec!["ACCESS"], vec!["REFRESH"]);
    let both = vec!["ACCESS", "REFRESH"];
    let expected = [
        ("Login", both.clone()),
        ("Refresh", both),
        ("Logout", refresh),
        ("Me", access.clone()),
        ("DeleteAccount", access.clone()),
        ("ExportAccount", access.clone()),
        ("PasswordChange", access.clone()),
        ("EmailChangeRequest", access.clone()),
        ("ListSessions", access.clone()),
        ("EndSession", access.clone()),
        ("EndOtherSessions", access.clone()),
        ("ListUsers", access.clone()),
        ("UpdateUser", access.clone()),
        ("ListEvents", access.clone()),
        ("CreateProfile", access.clone()),
        ("GetProfile", access.clone()),
        ("UpdateProfile", access.clone()),
        ("DeleteProfile", access.clone()),
        ("CreateMovie", access.clone()),
        ("ReplaceMovie", access.clone()),
        ("UpdateMovie", access.clone()),
        ("DeleteMovie", access),
    ];
    assert_eq!(keys, BTreeMap::from(expected));
}

#[test]
fn every_function_depends_on_migration() {
    let template = template();
    for (name, function) in functions(&template) {
        let waits = function["DependsOn"] == "Migration";
        assert_eq!(waits, name != "Manage", "{name}: all but manage, which migrates");
    }
}

#[test]
fn every_login_has_secret_named_after_stack() {
    let secrets: Value = serde_yaml_ng::from_str(include_str!("../../infra/secrets.yaml")).unwrap();
    for (_, kind) in Login::ALL.iter().filter(|(login, _)| *login != Login::Owner) {
        let resource = format!("{}{}", kind[..1].to_uppercase(), &kind[1..]);
        let username = &secrets["Resources"][&resource]["Properties"]["GenerateSecretString"];
        let username = serde_yaml_ng::to_string(&username["SecretStringTemplate"]).unwrap();
        assert!(username.contains(&format!("\"${{RolePrefix}}_{kind}\"")), "{resource}: {username}");
    }
}

#[test]
fn proxy_depends_on_migration() {
    let template = template();
    assert_eq!(template["Resources"]["Proxy"]["DependsOn"], "Migration");
    // And the migration bypasses it.
    let manage = &template["Resources"]["Manage"]["Properties"]["Environment"]["Variables"];
    assert_eq!(referred(&manage["POSTGRES_HOST"]), ["Database.Outputs.Host"]);
}

#[test]
fn database_name_is_not_a_parameter() {
    let database = database();
    let name = &database["Resources"]["Instance"]["Properties"]["DBName"];
    let Value::Tagged(condition) = name else { panic!("{name:?} is not a condition") };
    assert_eq!(condition.value[2], "movies_db");
    let rule = serde_yaml_ng::to_string(&template()["Rules"]["NewDatabaseName"]).unwrap();
    assert!(rule.contains("A new database is named movies_db."), "{rule}");
}

#[test]
fn slow_statement_log_omits_parameters() {
    let database = database();
    let parameters = &database["Resources"]["ParameterGroup"]["Properties"]["Parameters"];
    for name in ["log_parameter_max_length", "log_parameter_max_length_on_error"] {
        assert_eq!(parameters[name], "0", "{name}");
    }
}

fn database() -> Value {
    serde_yaml_ng::from_str(include_str!("../../infra/database.yaml")).unwrap()
}

#[test]
fn database_is_retained_when_stack_is_deleted() {
    let database = database();
    let instance = &database["Resources"]["Instance"];
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(instance[policy], "Snapshot", "{policy}");
    }
}
