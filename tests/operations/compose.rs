//! The schedules of `docker compose`, which has no EventBridge.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;
use xtask::compose::SCHEDULES;

#[test]
fn compose_schedules_match_template() {
    let template: Value = serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    let mut expected = BTreeMap::new();
    for resource in template["Resources"].as_mapping().unwrap().values() {
        for event in
            resource["Properties"]["Events"].as_mapping().into_iter().flat_map(|events| events.values())
        {
            if event["Type"] == "Schedule" {
                let function = resource["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
                expected.insert(function, event["Properties"]["Schedule"].as_str().unwrap());
            }
        }
    }
    // It rotates secrets, which exist only on AWS.
    expected.remove("manage").expect("the template rotates");
    assert_eq!(BTreeMap::from(SCHEDULES), expected);
}
