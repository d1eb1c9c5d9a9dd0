//! Checks that the layers of `shared/` depend on one another in one direction.

use std::{fs, path::Path};

/// The layers, each after those that it uses. `docs/change/architecture.md` describes them.
const LAYERS: [&str; 20] = [
    "json",
    "config",
    "token",
    "validation",
    "models",
    "logging",
    "aws",
    "secrets",
    "storage",
    "invocation",
    "http",
    "passwords",
    "jwt",
    "database",
    "mail",
    "accounts",
    "movies",
    "profiles",
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

/// Returns the layers that `source` uses: the first names after `crate::`, alone or in braces.
fn used(source: &str) -> Vec<String> {
    let mut layers = Vec::new();
    for rest in source.split("crate::").skip(1) {
        let (mut depth, mut word, mut is_first) = (0, String::new(), true);
        for c in rest.chars() {
            if c == '_' || c.is_ascii_alphanumeric() {
                word.push(c);
                continue;
            }
            if depth <= 1 && is_first && !word.is_empty() {
                layers.push(word.clone());
                is_first = false;
            }
            word.clear();
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_first = true,
                _ => {}
            }
            // Only the first name of a path is a layer.
            if depth == 0 {
                break;
            }
        }
    }
    layers
}

#[test]
fn layers_use_only_earlier_layers() {
    let place = |layer: &str| LAYERS.iter().position(|known| *known == layer);
    let mut seen = 0;
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("shared");
    sources(&shared, &mut |path, source| {
        let inside = path.strip_prefix(&shared).unwrap();
        let layer = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if matches!(layer, "lib" | "layers") {
            return;
        }
        let own = place(layer).unwrap_or_else(|| panic!("add the layer {layer} to LAYERS in {}", file!()));
        for used in used(source).iter().filter_map(|used| place(used)) {
            seen += 1;
            assert!(used <= own, "{}: {layer} uses {}, a later layer", path.display(), LAYERS[used]);
        }
    });
    assert!(seen > 100, "{seen}");
}

#[test]
fn used_layers_are_found_in_paths_and_braces() {
    let source = "use crate::json::Json;\nuse crate::{\n    config,\n    http::{Error, logging},\n    models::movies::Movie,\n};\ncrate::aws::put()";
    assert_eq!(used(source), ["json", "config", "http", "models", "aws"]);
}
