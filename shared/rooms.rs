//! The rooms of `shared/` and what they use of one another.

use std::{fs, path::Path};

/// Every room, after all that it uses. `docs/change/architecture.md` says what is in them.
const ROOMS: [&str; 18] = [
    "json",
    "config",
    "token",
    "validation",
    "models",
    "logging",
    "aws",
    "secrets",
    "invocation",
    "http",
    "passwords",
    "jwt",
    "database",
    "mail",
    "accounts",
    "movies",
    "runtime",
    "openapi",
];

/// Calls `visit` with every source file below `folder`.
fn sources(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// The rooms that a source names after `crate::`, alone or in braces.
fn used(source: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for rest in source.split("crate::").skip(1) {
        let (mut depth, mut word, mut is_first) = (0, String::new(), true);
        for c in rest.chars() {
            if c == '_' || c.is_ascii_alphanumeric() {
                word.push(c);
                continue;
            }
            if depth <= 1 && is_first && !word.is_empty() {
                rooms.push(word.clone());
                is_first = false;
            }
            word.clear();
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                _ => {}
            }
            // Only the first name of a path is a room.
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn rooms_use_only_rooms_before_them() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut seen = 0;
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared");
    sources(&shared, &mut |path, source| {
        let inside = path.strip_prefix(&shared).unwrap();
        let room = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if matches!(room, "lib" | "rooms") {
            return;
        }
        let own = place(room).unwrap_or_else(|| panic!("name the room {room} in {}", file!()));
        for used in used(source).iter().filter_map(|used| place(used)) {
            seen += 1;
            assert!(used <= own, "{}: {room} uses {}, which stands on it", path.display(), ROOMS[used]);
        }
    });
    assert!(seen > 100, "{seen}");
}

#[test]
fn used_rooms_are_found_alone_and_in_braces() {
    let source = "use crate::json::Json;\nuse crate::{\n    config,\n    http::{Error, logging},\n    models::movies::Movie,\n};\ncrate::aws::put()";
    assert_eq!(used(source), ["json", "config", "http", "models", "aws"]);
}
