//! The document has every path that the router has, and the committed file is the document.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, clippy::indexing_slicing)] // a test

use std::collections::BTreeSet;

const ROUTER: &str = include_str!("../../functions/src/route.rs");

/// Paths that other specifications describe.
const ELSEWHERE: [&str; 3] = ["/mcp", "/.well-known/oauth-protected-resource", "/.well-known/ucp"];

/// Every path and method of the router, read from its source: each arm of its matches is a path.
fn routes() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    arms("dispatch", "", &mut found);
    found.retain(|(path, _)| !ELSEWHERE.contains(&path.as_str()));
    found
}

fn arms(function: &str, prefix: &str, found: &mut BTreeSet<(String, String)>) {
    let (_, body) = ROUTER.split_once(&format!("fn {function}(")).unwrap_or_else(|| panic!("no function {function}"));
    let body = body.split("\n}\n").next().unwrap();
    let mut starts: Vec<usize> = Vec::new();
    for (at, _) in body.match_indices("\n        [") {
        starts.push(at);
    }
    assert!(!starts.is_empty(), "{function} has no arms");
    for (index, start) in starts.iter().enumerate() {
        let arm = &body[*start..starts.get(index + 1).copied().unwrap_or(body.len())];
        let (pattern, does) = arm.split_once("=>").unwrap();
        for path in paths(pattern.trim(), prefix) {
            if let Some(next) = does.find("to_").map(|at| &does[at..]).filter(|_| pattern.contains("rest @ ..")) {
                arms(next.split('(').next().unwrap(), &path, found);
            } else {
                let methods = methods(does);
                assert!(!methods.is_empty(), "{path}: no method in {does}");
                found.extend(methods.into_iter().map(|method| (path.clone(), method)));
            }
        }
    }
}

/// The paths of a pattern such as `["quotes", id, act @ ("commit" | "release")]`.
fn paths(pattern: &str, prefix: &str) -> Vec<String> {
    let inside = pattern.trim_start_matches('[').trim_end_matches(']');
    let mut paths = vec![prefix.to_owned()];
    for segment in inside.split(',').map(str::trim).filter(|segment| !segment.is_empty() && *segment != "rest @ ..") {
        let names: Vec<String> = if segment.contains('"') {
            segment.split('"').skip(1).step_by(2).map(str::to_owned).collect()
        } else {
            vec!["{}".to_owned()]
        };
        paths = paths.iter().flat_map(|path| names.iter().map(move |name| format!("{path}/{name}"))).collect();
    }
    paths
}

/// The methods that an arm answers.
fn methods(arm: &str) -> BTreeSet<String> {
    if arm.contains("only_public(") {
        return BTreeSet::from(["GET".to_owned()]);
    }
    let quoted = arm.split('"').skip(1).step_by(2);
    quoted.filter(|text| matches!(*text, "GET" | "POST" | "PUT" | "DELETE" | "PATCH")).map(str::to_owned).collect()
}

/// A path whose parameters have no names.
fn bare(path: &str) -> String {
    let mut bare = String::new();
    let mut inside = false;
    for letter in path.chars() {
        inside = inside && letter != '}';
        if !inside {
            bare.push(letter);
        }
        inside = inside || letter == '{';
    }
    bare
}

#[test]
fn the_document_has_the_paths_and_methods_of_the_router() {
    let documented = openapi::operations().into_iter().map(|(path, method)| (bare(&path), method)).collect();
    let routes = routes();
    assert!(routes.len() >= 38, "{routes:?}");
    let missing: Vec<_> = routes.difference(&documented).collect();
    let invented: Vec<_> = documented.difference(&routes).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not described: {missing:?}; not there: {invented:?}");
}

#[test]
fn the_committed_file_is_the_document() {
    let committed = include_str!("../../web/openapi.json");
    assert!(committed == openapi::text(), "web/openapi.json is stale: cargo run --package openapi");
}

#[test]
fn every_problem_has_a_status() {
    // One without would be an answer of status 0.
    for (path, operations) in openapi::document()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(status.len() == 3, "{method} {path} answers {status}");
            }
        }
    }
}
