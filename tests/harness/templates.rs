//! Valid and invalid templates.

use std::time::Duration;

use super::TEMPLATE;
use crate::support::template::Template;

#[test]
fn function_values_override_globals() {
    let template = Template::parse(TEMPLATE).unwrap();
    assert_eq!(template.stage, "test");
    let (item, special) = (&template.functions["Item"], &template.functions["Special"]);
    assert_eq!(item.timeout, Duration::from_secs(1));
    assert_eq!(special.timeout, Duration::from_secs(10));
    assert_eq!((item.memory, special.memory), (256, 128));
    assert_eq!(item.executable, "function.py");
    let variables = |environment: &std::collections::BTreeMap<String, String>| {
        Vec::from_iter(environment.iter().map(|(name, value)| format!("{name}={value}"))).join(" ")
    };
    assert_eq!(variables(&item.environment), "COLOR=blue SHARED=own");
    assert_eq!(variables(&special.environment), "COLOR=blue SHARED=global");
    let routes: Vec<_> = item.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(routes, ["ANY /items/{item}", "GET /items"]);
}

#[test]
fn unsupported_template_value_error_names_function() {
    let binary = "Binary: function.py";
    for (from, to, message) in [
        (binary, "Target: x", "Item: it has no Metadata.BuildProperties.Binary"),
        ("Type: Schedule", "Type: Sqs", "Special: an event of the type Sqs is unknown"),
        ("Method: PUT", "Method: FETCH", "Special: FETCH /items/{item} has no method of API Gateway"),
        ("Method: PUT", "Method: ANY", "Special: ANY /items/{item} is a route of Item already"),
        (
            "Path: /items,",
            "Path: /items/,",
            "Item: the path \"/items/\" must start, and not end, with a slash",
        ),
        ("Path: /items,", "Paths: /items,", "Item: missing field `Path`"),
        ("Timeout: 10", "Timeout: 30", "Special: API Gateway does not wait 30 s"),
        ("Timeout: 10", "Timeout: soon", "Special: \"soon\" is not a whole number"),
        ("Timeout: 10", "Timeout: !Ref Database", "Special: !Ref Database has no value here"),
    ] {
        assert!(TEMPLATE.contains(from), "{from}");
        let error = Template::parse(&TEMPLATE.replacen(from, to, 1)).err();
        assert_eq!(error.as_deref(), Some(message));
    }
}
