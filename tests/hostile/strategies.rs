//! Turns valid requests into hostile ones: each strategy makes one change.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    dice::Dice,
    draft::{Body, Draft, encoded},
    fixtures::Fixtures,
    form,
    giants::GIANTS,
    json::{Json, quoted},
    texts, tokens,
};
use crate::support::{
    Method,
    app::{ACCESS_KEY, REFRESH_KEY},
};

/// The largest body that endpoints read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// A change of JSON, by name.
pub type JsonStrategy = (&'static str, fn(&mut Json, &mut Dice));

/// A change of a request, by name.
pub type Strategy = (&'static str, fn(&mut Draft<'_>, &Fixtures, &mut Dice));

/// The changes of JSON.
pub const JSON: [JsonStrategy; 9] = [
    ("another type", |json, dice| {
        with_value(json, dice, |_, value, dice| *value = Json::Raw(texts::raw(dice)));
    }),
    ("a number", |json, dice| {
        with_value(json, dice, |_, value, dice| *value = Json::Raw(texts::number(dice)));
    }),
    ("a text", |json, dice| {
        with_value(json, dice, |name, value, dice| *value = Json::text(&texts::of_field(name, dice)));
    }),
    ("a missing member", |json, dice| {
        with_object(json, dice, |members, dice| {
            if !members.is_empty() {
                members.remove(dice.below(members.len()));
            }
        });
    }),
    ("a member more", |json, dice| {
        with_object(json, dice, |members, dice| {
            members.push((quoted(&texts::any(dice)), Json::Raw("1".into())))
        });
    }),
    ("a repeated member", |json, dice| {
        with_object(json, dice, |members, dice| {
            if let Some((name, _)) = members.first() {
                members.push((name.clone(), Json::Raw(texts::raw(dice))));
            }
        });
    }),
    ("private names of serde_json", |json, dice| {
        let name = dice.pick(&["$serde_json::private::RawValue", "$serde_json::private::Number"]);
        with_value(json, dice, |_, value, dice| {
            let mut text = value.write();
            for _ in 0..dice.within(1..=6) {
                text = Json::object(vec![(name, Json::text(&text))]).write();
            }
            *value = Json::Raw(text);
        });
    }),
    ("nesting", |json, dice| {
        let depth = *dice.choose(&[1, 2, 100, 126, 127, 128, 129, 500, 5000]);
        let (open, close) = *dice.choose(&[("[", "]"), (r#"{"a":"#, "}")]);
        with_value(json, dice, |_, value, _| {
            *value = Json::Raw(format!("{}{}{}", open.repeat(depth), value.write(), close.repeat(depth)));
        });
    }),
    ("blanks", |json, dice| {
        with_value(json, dice, |_, value, dice| {
            let blanks = dice.pick(&[" ", "\n\n", "\t", "\r\n ", "\u{a0}", "\u{feff}"]);
            *value = Json::Raw(format!("{blanks}{}{blanks}", value.write()));
        });
    }),
];

/// The changes of requests.
pub const REQUEST: [Strategy; 17] = [
    ("json", |draft, _, dice| {
        if let Body::Json(json) | Body::Form(json, _) = &mut draft.body {
            for _ in 0..dice.within(1..=3) {
                dice.choose(&JSON).1(json, dice);
            }
        }
    }),
    ("json", |draft, _, dice| {
        if let Body::Json(json) | Body::Form(json, _) = &mut draft.body {
            dice.choose(&JSON).1(json, dice);
        }
    }),
    ("a large value", |draft, _, dice| {
        // Large requests are slow, so they are rare here; memory.rs sends each of them.
        let size = if dice.one_in(20) { MAX_BODY - 200 } else { dice.within(100..=20_000) };
        let giant = dice.choose(&GIANTS).1(size);
        match &mut draft.body {
            Body::Json(json) | Body::Form(json, _) if dice.one_in(2) => {
                with_value(json, dice, |_, value, _| *value = Json::Raw(giant))
            }
            body => *body = Body::Bytes(giant.into_bytes()),
        }
    }),
    ("a body over the limit", |draft, _, dice| {
        if dice.one_in(20) {
            draft.body = Body::Bytes(vec![*dice.choose(b" {[\"0"); MAX_BODY + dice.below(2)]);
        }
    }),
    ("a picture", |draft, _, dice| {
        if let Body::Form(_, file) = &mut draft.body {
            *file = form::file(dice);
        }
    }),
    ("bytes", |draft, _, dice| {
        let bytes = draft.bytes();
        for _ in 0..dice.within(1..=4) {
            let at = dice.below(bytes.len() + 1);
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, dice.byte()),
                2 if at < bytes.len() => bytes[at] = dice.byte(),
                _ => drop(bytes.splice(at..at, b"\xef\xbb\xbf".iter().copied())),
            }
        }
    }),
    ("a content type", |draft, _, dice| {
        let types = [
            "",
            "text/plain",
            "APPLICATION/JSON",
            "application/x+json; charset=latin1",
            "application/json;;;=",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "application/",
            "json",
            "é",
        ];
        draft.set_header("content-type", dice.pick(&types));
    }),
    ("a query", |draft, _, dice| {
        let names: Vec<_> = draft.operation.parameters_in("query").map(|parameter| parameter.name).collect();
        for _ in 0..dice.within(1..=3) {
            let name = if names.is_empty() { "page" } else { dice.choose(&names) };
            let value = match dice.below(3) {
                0 => texts::number(dice),
                _ => texts::of_field(name, dice),
            };
            draft.set_query(name, &value);
        }
    }),
    ("a search", |draft, _, dice| draft.set_query("q", &texts::search(dice))),
    ("a cursor", |draft, fixtures, dice| {
        let (order, cursor) = dice.choose(&fixtures.cursors);
        let mut fields: Vec<_> = cursor.splitn(4, ':').map(str::to_owned).collect();
        if !fields.is_empty() {
            let at = dice.below(fields.len());
            fields[at] = match dice.below(4) {
                0 => texts::date(dice),
                1 => texts::any(dice),
                _ => texts::number(dice),
            };
        }
        if let Some((name, value)) = order.split_once('=') {
            draft.set_query(name, value);
        }
        draft.set_query("after", &BASE64_URL_SAFE_NO_PAD.encode(fields.join(":")));
    }),
    ("broken percent signs", |draft, _, dice| {
        let broken = dice.pick(&["%", "%0", "%zz", "%ff", "%00", "%ED%A0%80", "+", "&&=&", "a=b=c", ";"]);
        if dice.one_in(2) {
            draft.path.push_str(broken)
        } else {
            draft.query.push((broken.to_owned(), broken.to_owned()))
        }
    }),
    ("a path", |draft, _, dice| {
        let value = match dice.below(3) {
            0 => texts::number(dice),
            1 => texts::any(dice),
            _ => dice.pick(&["..", "%2e%2e/", "1/2", "//", "0x1", "١", "1\u{a0}", "-0", "00001"]).to_owned(),
        };
        let path = draft.path.trim_end_matches('/').rsplit_once('/').map_or("", |(start, _)| start);
        draft.path = format!("{path}/{}/", encoded(&value));
    }),
    ("a method", |draft, _, dice| {
        let methods = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::POST, Method::DELETE];
        draft.method = dice.choose(&methods).clone();
    }),
    ("an authorization", |draft, fixtures, dice| {
        let value = match dice.below(4) {
            0 => texts::any(dice),
            1 => format!(
                "{} {}",
                dice.pick(&["bearer", "BEARER", "Basic", "Bearer ", ""]),
                fixtures.access_token(dice)
            ),
            _ => format!("Bearer {}", tokens::forged(1 + dice.below(6) as i64, ACCESS_KEY, 8000, dice)),
        };
        draft.set_header("authorization", value);
    }),
    ("a refresh token", |draft, _, dice| {
        if let Body::Json(json) = &mut draft.body {
            let token = tokens::forged(1 + dice.below(6) as i64, REFRESH_KEY, 100_000, dice);
            json.set("refresh_token", Json::text(&token));
        }
    }),
    ("a header", |draft, _, dice| {
        let name = dice.pick(&[
            "if-match",
            "if-none-match",
            "accept-encoding",
            "origin",
            "accept",
            "content-length",
        ]);
        let value = match dice.below(3) {
            0 => texts::any(dice),
            1 => "\"x\", W/".repeat(dice.within(1..=400)),
            _ => dice.pick(&["*", "\"", "W/\"x\"", "gzip;q=nan", "*;q=1e9", ", ,,"]).to_owned(),
        };
        draft.set_header(name, value);
    }),
    ("forwarded addresses", |draft, _, dice| {
        let entries = [
            "203.0.113.5:4711",
            "[2001:db8::1]:443",
            "unknown",
            "\"",
            "_hidden",
            "::ffff:1.2.3.4",
            "999.1.1.1",
            "1.2.3.4,,",
        ];
        let list: Vec<_> = (0..dice.within(1..=200)).map(|_| dice.pick(&entries)).collect();
        draft.set_header("x-forwarded-for", list.join(", "));
        draft.source_ip =
            dice.pick(&["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "no address"]).to_owned();
    }),
];

/// Calls `work` with a random value of `json`.
fn with_value(json: &mut Json, dice: &mut Dice, work: impl FnOnce(&str, &mut Json, &mut Dice)) {
    let index = dice.below(json.count());
    if let Some((name, value)) = json.value(index) {
        let name = name.to_owned();
        work(&name, value, dice);
    }
}

/// Calls `work` with the outermost object.
fn with_object(json: &mut Json, dice: &mut Dice, work: impl FnOnce(&mut Vec<(String, Json)>, &mut Dice)) {
    if let Json::Object(members) = json {
        work(members, dice);
    }
}
