//! The domain, CDN and firewall in front of the API, and the retries of schedules.

use serde_yaml_ng::Value;

fn read(text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap()
}

fn template() -> Value {
    read(include_str!("../../template.yaml"))
}

#[test]
fn global_concurrency_reservation_skips_spare_functions() {
    let template = template();
    let mut reserving = 0;
    for (name, resource) in template["Resources"].as_mapping().unwrap() {
        if resource["Type"] == "AWS::Serverless::Function" {
            let is_left_out = resource["Properties"].get("ReservedConcurrentExecutions").is_some();
            let is_spare = ["Pages", "Docs", "NotFound", "Manage", "SendMail", "MailFeedback", "PurgeTokens"];
            assert_eq!(is_left_out, is_spare.contains(&name.as_str().unwrap()), "{name:?}");
            reserving += usize::from(!is_left_out);
        }
    }
    assert_eq!(reserving, 34, "docs/run/sizing.md, docs/run/parameters.md and ReservedConcurrency say so");
}

#[test]
fn rare_events_are_retried() {
    let template = template();
    for (name, resource) in template["Resources"].as_mapping().unwrap() {
        let properties = &resource["Properties"];
        for (event, about) in properties["Events"].as_mapping().into_iter().flatten() {
            // The run of the next minute is the retry.
            if about["Type"] == "Api" || event == "Minutely" {
                continue;
            }
            let retries = &about["Properties"]["RetryPolicy"]["MaximumRetryAttempts"];
            assert!(retries.as_u64().unwrap() > 0, "{name:?}: {event:?}");
            let retries = &properties["EventInvokeConfig"]["MaximumRetryAttempts"];
            assert!(retries.as_u64().unwrap() > 0, "{name:?}");
        }
    }
    for (function, event) in
        [("Manage", "Rotation"), ("PurgeTokens", "Nightly"), ("MailFeedback", "Reported")]
    {
        assert!(!template["Resources"][function]["Properties"]["Events"][event].is_null(), "{function}");
    }
}

#[test]
fn trusted_proxy_hops_require_closed_origin() {
    let rules = &template()["Rules"];
    let of = |value: &Value| serde_yaml_ng::to_string(value).unwrap();
    assert!(of(&rules["ForwardedAddresses"]["RuleCondition"]).contains("TrustedProxyHops"));
    assert!(of(&rules["ForwardedAddresses"]["Assertions"]).contains("Cdn"));
    assert!(of(&rules["ClosedEdge"]["Assertions"]).contains("TrustedProxyHops"));
}

#[test]
fn cloudfront_caches_no_error_responses() {
    let edge = read(include_str!("../../infra/edge.yaml"));
    let policy = &edge["Resources"]["CataloguePolicy"]["Properties"]["CachePolicyConfig"];
    assert_eq!(policy["MinTTL"], 0);
    assert_eq!(policy["DefaultTTL"], 0);
    let distribution = &edge["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
    let disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
    assert_eq!(distribution["DefaultCacheBehavior"]["CachePolicyId"], disabled);
    let behaviors = distribution["CacheBehaviors"].as_sequence().unwrap();
    assert!(behaviors.iter().all(|behavior| behavior["PathPattern"] == "/api/v1/theater/*"));
    for error in distribution["CustomErrorResponses"].as_sequence().unwrap() {
        assert_eq!(error["ErrorCachingMinTTL"], 0, "{error:?}");
    }
}
