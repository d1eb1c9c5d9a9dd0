//! `GET /api/v1/accounts/users/` and `PATCH /api/v1/accounts/users/{user_id}/`.

use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Method, Reply,
    accounts::{active, register},
    app::ACCESS_KEY,
    jwt, poll,
};

const PATH: &str = "/api/v1/accounts/users/";
const ADMIN: &str = "admin@example.com";
const DENIED: &str = "You do not have permission to perform this action.";
const LAST_ADMIN: &str = "The last admin cannot be demoted or disabled.";

async fn grant(app: &App, email: &str, group: &str) {
    let event = json!({ "command": "grant", "email": email, "group": group });
    app.invoke("Manage", event).await.unwrap();
}

/// An API with one admin, who is signed in and has the id 1.
async fn with_admin() -> (App, SignedIn) {
    let app = App::start().await;
    active(&app, ADMIN).await;
    grant(&app, ADMIN, "admin").await;
    let admin = SignedIn::to(&app, ADMIN).await;
    (app, admin)
}

async fn patch(app: &App, signed: &SignedIn, id: i64, body: Value) -> Reply {
    let request = app.request(Method::PATCH, &format!("{PATH}{id}/"));
    let request = request.header("authorization", &signed.authorization);
    request.header("content-type", "application/json").body(body.to_string()).send().await
}

async fn ids(app: &App, signed: &SignedIn, query: &str) -> Vec<i64> {
    let reply = signed.send(app, Method::GET, &format!("{PATH}{query}")).await;
    match reply.status.as_u16() {
        404 => assert_eq!(reply.json(), json!({ "detail": "No users found." })),
        status => assert_eq!(status, 200, "{query}: {}", reply.text()),
    }
    let users = reply.json()["users"].as_array().cloned().unwrap_or_default();
    users.iter().map(|user| user["id"].as_i64().unwrap()).collect()
}

#[track_caller]
fn assert_detail(reply: &Reply, status: u16, detail: &str) {
    assert_eq!((reply.status.as_u16(), reply.json()), (status, json!({ "detail": detail })));
}

#[tokio::test]
async fn only_admins_list_and_change_users() {
    let (app, admin) = with_admin().await;
    let user = active(&app, "ann@example.com").await;
    for group in ["user", "moderator"] {
        grant(&app, "ann@example.com", group).await;
        let signed = SignedIn::to(&app, "ann@example.com").await;
        // Before anything that was sent is looked at.
        for query in ["", "?page=x", "?page=99"] {
            assert_detail(&signed.send(&app, Method::GET, &format!("{PATH}{query}")).await, 403, DENIED);
        }
        for (id, body) in [(user, json!({"group": "admin"})), (99, json!({})), (user, json!({"group": null}))]
        {
            assert_detail(&patch(&app, &signed, id, body).await, 403, DENIED);
        }
    }
    let missing = "Authorization header is missing";
    assert_detail(&app.get(&format!("{PATH}?page=x")).await, 401, missing);
    assert_detail(&app.request(Method::PATCH, &format!("{PATH}x/")).send().await, 401, missing);
    assert_eq!(ids(&app, &admin, "").await, [user, 1]);
}

#[tokio::test]
async fn list_shows_each_account_with_group_and_state() {
    let (app, admin) = with_admin().await;
    register(&app, "ann@example.com").await;
    assert_eq!(patch(&app, &admin, 2, json!({"is_disabled": true})).await.status, 200);
    let mut page = admin.send(&app, Method::GET, PATH).await.json();
    for user in page["users"].as_array_mut().unwrap() {
        let created = user["created_at"].take();
        assert!(created.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{created}");
    }
    let expected = json!({
        "users": [
            {"id": 2, "email": "ann@example.com", "group": "user", "is_active": false, "is_disabled": true,
             "created_at": null},
            {"id": 1, "email": ADMIN, "group": "admin", "is_active": true, "is_disabled": false,
             "created_at": null},
        ],
        "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 2,
    });
    assert_eq!(page, expected);
}

#[tokio::test]
async fn pages_are_stable_and_keep_their_filters() {
    let (app, admin) = with_admin().await;
    let insert = "INSERT INTO users (email, hashed_password, is_active, group_id)
                  SELECT 'user' || number || '@example.com', 'x', true, 1 FROM generate_series(1, 25) AS number";
    query(insert).execute(&mut app.db().await).await.unwrap();
    // Where a row lies in the table changes nothing.
    query("UPDATE users SET is_active = true WHERE id % 2 = 0").execute(&mut app.db().await).await.unwrap();

    let mut seen = Vec::new();
    let mut next = Some(String::from("/accounts/users/?page=1&per_page=10&q=User&group=user&state=active"));
    let mut totals = Vec::new();
    while let Some(path) = next {
        let page = admin.send(&app, Method::GET, &format!("/api/v1{path}")).await.json();
        seen.extend(page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()));
        totals.push((page["total_pages"].clone(), page["total_items"].clone()));
        next = page["next_page"].as_str().map(str::to_owned);
    }
    assert_eq!(seen, Vec::from_iter((2..=26).rev()));
    assert_eq!(totals, vec![(json!(3), json!(25)); 3]);
    let page = admin.send(&app, Method::GET, &format!("{PATH}?page=2&q=%25&group=admin")).await;
    assert_detail(&page, 404, "No users found.");
    let page = admin.send(&app, Method::GET, &format!("{PATH}?page=2&q=user1%40")).await;
    assert_detail(&page, 404, "No users found.");
    let page = admin.send(&app, Method::GET, &format!("{PATH}?page=3&state=active")).await.json();
    assert_eq!(page["prev_page"], "/accounts/users/?page=2&per_page=10&state=active");
    for page in ["4", "99999999999999999999"] {
        assert_eq!(ids(&app, &admin, &format!("?page={page}")).await, [0; 0], "{page}");
    }
}

#[tokio::test]
async fn filters_find_addresses_groups_and_states() {
    let (app, admin) = with_admin().await;
    let insert = "INSERT INTO users (email, hashed_password, is_active, disabled_at, group_id) VALUES
        ('a_b%c@example.com', 'x', true, NULL, 1), ('axbyc@example.com', 'x', false, NULL, 1),
        ('jörg@example.com', 'x', true, now(), 2), ('x\\y@example.com', 'x', false, now(), 3)";
    query(insert).execute(&mut app.db().await).await.unwrap();
    for (filter, expected) in [
        ("q=EXAMPLE.com", vec![5, 4, 3, 2, 1]),
        ("q=a_b", vec![2]),
        ("q=%25", vec![2]),
        ("q=_", vec![2]),
        ("q=x%5C", vec![5]),
        ("q=J%C3%96RG", vec![4]),
        // The same in another normal form, with blanks around.
        ("q=+jo%CC%88rg%40+", vec![4]),
        ("q=nobody", vec![]),
        ("group=user", vec![3, 2]),
        ("group=moderator", vec![4]),
        ("group=admin", vec![5, 1]),
        ("state=active", vec![2, 1]),
        ("state=inactive", vec![3]),
        ("state=disabled", vec![5, 4]),
        ("state=disabled&group=admin&q=example", vec![5]),
        ("state=active&group=moderator", vec![]),
    ] {
        assert_eq!(ids(&app, &admin, &format!("?{filter}")).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn invalid_filters_get_422() {
    let (app, admin) = with_admin().await;
    let long = "x".repeat(255);
    let filters = format!("?page=0&per_page=21&q={long}&group=root&state=gone");
    let reply = admin.send(&app, Method::GET, &format!("{PATH}{filters}")).await;
    assert_eq!(reply.status, 422);
    let faults = reply.json();
    let faults = faults["detail"].as_array().unwrap().iter().map(|fault| {
        (fault["type"].as_str().unwrap().to_owned(), fault["loc"][1].as_str().unwrap().to_owned())
    });
    let expected = [
        ("greater_than_equal", "page"),
        ("less_than_equal", "per_page"),
        ("string_too_long", "q"),
        ("enum", "group"),
        ("enum", "state"),
    ];
    assert_eq!(Vec::from_iter(faults), expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
    for (filter, kind) in [("q=+", "string_too_short"), ("q=%00", "value_error"), ("page=x", "int_parsing")] {
        let reply = admin.send(&app, Method::GET, &format!("{PATH}?{filter}")).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["detail"][0]["type"]),
            (422, &json!(kind)),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn patch_changes_what_is_sent() {
    let (app, admin) = with_admin().await;
    let id = active(&app, "ann@example.com").await;
    let mut created = None;
    for (body, group, is_disabled) in [
        (json!({}), "user", false),
        (json!({"unknown": null}), "user", false),
        (json!({"group": "moderator"}), "moderator", false),
        (json!({"is_disabled": true}), "moderator", true),
        (json!({"group": "user", "is_disabled": true}), "user", true),
        (json!({}), "user", true),
        (json!({"group": "admin", "is_disabled": false}), "admin", false),
    ] {
        let reply = patch(&app, &admin, id, body.clone()).await;
        let mut user = reply.json();
        let at = user["created_at"].take();
        assert_eq!(*created.get_or_insert(at.clone()), at);
        let expected = json!({
            "id": id, "email": "ann@example.com", "group": group, "is_active": true, "is_disabled": is_disabled,
            "created_at": null,
        });
        assert_eq!((reply.status.as_u16(), user), (200, expected), "{body}");
    }
    let actions =
        "SELECT array_agg(action::text ORDER BY id) FROM events WHERE user_id = $1 AND actor_id = 1";
    let actions: Vec<String> = query_scalar(actions).bind(id).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(
        actions,
        ["group_changed", "account_disabled", "group_changed", "group_changed", "account_enabled"]
    );
}

#[tokio::test]
async fn patch_refuses_null_and_wrong_types() {
    let (app, admin) = with_admin().await;
    let id = active(&app, "ann@example.com").await;
    let group = "Input should be 'user', 'moderator' or 'admin'";
    let boolean = "Input should be a valid boolean";
    for (body, faults) in [
        (json!({"group": null}), vec![("enum", "group", group)]),
        (json!({"group": "Admin"}), vec![("enum", "group", group)]),
        (json!({"group": 3}), vec![("enum", "group", group)]),
        (json!({"is_disabled": null}), vec![("bool_type", "is_disabled", boolean)]),
        (json!({"is_disabled": "true"}), vec![("bool_type", "is_disabled", boolean)]),
        (json!({"is_disabled": 1}), vec![("bool_type", "is_disabled", boolean)]),
        (
            json!({"group": null, "is_disabled": []}),
            vec![("enum", "group", group), ("bool_type", "is_disabled", boolean)],
        ),
    ] {
        let reply = patch(&app, &admin, id, body.clone()).await;
        let answer = reply.json();
        let found = answer["detail"].as_array().unwrap().iter().map(|fault| {
            let text = |member: &Value| member.as_str().unwrap().to_owned();
            (text(&fault["type"]), text(&fault["loc"][1]), text(&fault["msg"]))
        });
        let faults = faults.into_iter().map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!((reply.status.as_u16(), Vec::from_iter(found)), (422, Vec::from_iter(faults)), "{body}");
    }
    assert_eq!(admin.send(&app, Method::PATCH, &format!("{PATH}x/")).await.status, 422);
    for id in [0, -1, 99, i64::MAX] {
        assert_detail(&patch(&app, &admin, id, json!({"group": "user"})).await, 404, "User not found.");
    }
}

#[tokio::test]
async fn last_admin_stays_admin_and_enabled() {
    let (app, admin) = with_admin().await;
    // Neither of them could do an admin's work.
    register(&app, "inactive@example.com").await;
    active(&app, "disabled@example.com").await;
    for id in [2, 3] {
        assert_eq!(patch(&app, &admin, id, json!({"group": "admin"})).await.status, 200);
    }
    assert_eq!(patch(&app, &admin, 3, json!({"is_disabled": true})).await.status, 200);
    for body in [
        json!({"group": "user"}),
        json!({"group": "moderator", "is_disabled": false}),
        json!({"is_disabled": true}),
        json!({"group": "admin", "is_disabled": true}),
    ] {
        assert_detail(&patch(&app, &admin, 1, body).await, 409, LAST_ADMIN);
    }
    for body in [json!({}), json!({"group": "admin"}), json!({"is_disabled": false})] {
        assert_eq!(patch(&app, &admin, 1, body).await.status, 200);
    }
    assert_eq!(patch(&app, &admin, 2, json!({"group": "user"})).await.status, 200);
    assert_eq!(patch(&app, &admin, 3, json!({"is_disabled": false})).await.status, 200);
    assert_eq!(patch(&app, &admin, 1, json!({"group": "user"})).await.status, 200);
    assert_detail(&patch(&app, &admin, 1, json!({"group": "admin"})).await, 403, DENIED);
}

#[tokio::test]
async fn two_admins_at_once_do_not_leave_none() {
    let (app, _) = with_admin().await;
    active(&app, "other@example.com").await;
    for round in 0..4 {
        for email in [ADMIN, "other@example.com"] {
            app.invoke("Manage", json!({ "command": "enable", "email": email })).await.unwrap();
            grant(&app, email, "admin").await;
        }
        let token = |id: i64| {
            let claims = json!({"user_id": id, "exp": jwt::in_seconds(60), "iat": jwt::in_seconds(60)});
            let authorization = format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY));
            SignedIn { authorization, refresh_token: Value::Null }
        };
        let change = if round % 2 == 0 { json!({"group": "user"}) } else { json!({"is_disabled": true}) };
        let (one, two) = (token(1), token(2));
        let replies =
            futures_util::join!(patch(&app, &one, 2, change.clone()), patch(&app, &two, 1, change.clone()),);
        let mut statuses = [replies.0.status.as_u16(), replies.1.status.as_u16()];
        statuses.sort_unstable();
        // The later of them is refused, or comes too late to be an admin's.
        assert!([[200, 409], [200, 403]].contains(&statuses), "{statuses:?}");
        let admins = "SELECT count(*) FROM users JOIN user_groups ON user_groups.id = group_id
                      WHERE name = 'admin' AND is_active AND disabled_at IS NULL";
        assert_eq!(query_scalar::<_, i64>(admins).fetch_one(&mut app.db().await).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn change_waits_for_another_one_of_an_admin() {
    let (app, admin) = with_admin().await;
    active(&app, "other@example.com").await;
    grant(&app, "other@example.com", "admin").await;
    let mut db = app.db().await;
    query("BEGIN").execute(&mut db).await.unwrap();
    let refused = "SELECT is_refused FROM change_account(1, 'user', NULL, NULL, NULL)";
    assert!(!query_scalar::<_, bool>(refused).fetch_one(&mut db).await.unwrap());
    let blocked = "SELECT count(*) > 0 FROM pg_locks JOIN pg_database ON pg_database.oid = database
                   WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted";
    let commit = async {
        let mut other = app.db().await;
        poll::until(async || query_scalar(blocked).fetch_one(&mut other).await.unwrap()).await;
        query("COMMIT").execute(&mut db).await.unwrap();
    };
    let (reply, ()) = futures_util::join!(patch(&app, &admin, 2, json!({"is_disabled": true})), commit);
    assert_detail(&reply, 409, LAST_ADMIN);
}
