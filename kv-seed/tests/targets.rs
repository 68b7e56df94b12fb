//! Targets over the network: an instance that is busy, forgets, or lies, and a wrangler that is not the real one.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{COMPONENTS, Case, PARTS, write};
use kv_seed::progress::Console;
use kv_seed::stock;
use kv_seed::target::{Http, Instance, Wrangler};
use serde_json::{Value, json};

/// What the fake instance holds and was asked.
#[derive(Default)]
struct Seen {
    pairs: BTreeMap<String, Value>,
    movements: Vec<Value>,
    asked: Vec<String>,
    /// Answers 503 so many times more.
    busy: u32,
}

/// A fake instance on a free port.
fn instance() -> (String, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let shared = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &shared);
        }
    });
    (url, seen)
}

fn answer(mut stream: TcpStream, seen: &Mutex<Seen>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    assert!(body.len() <= 1024 * 1024);
    let (status, text) = reply(&mut seen.lock().unwrap(), first.trim(), &String::from_utf8(body).unwrap());
    let head =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\nretry-after: 0\r\ncontent-length: {}\r\n\r\n", text.len());
    stream.write_all((head + &text).as_bytes()).unwrap();
}

fn reply(seen: &mut Seen, request: &str, body: &str) -> (&'static str, String) {
    seen.asked.push(request.trim_end_matches(" HTTP/1.1").to_owned());
    if seen.busy > 0 {
        seen.busy -= 1;
        return ("503 Service Unavailable", String::new());
    }
    match request.split(' ').take(2).collect::<Vec<_>>()[..] {
        ["GET", path] => match seen.pairs.get(path.rsplit_once('=').unwrap().1) {
            Some(value) => ("200 OK", value.to_string()),
            None => ("404 Not Found", String::new()),
        },
        ["PUT", "/v1/admin/catalog"] => {
            for line in body.lines() {
                let line: Value = serde_json::from_str(line).unwrap();
                let key = line["key"].as_str().unwrap().to_owned();
                if line["value"].is_null() {
                    seen.pairs.remove(&key)
                } else {
                    seen.pairs.insert(key, line["value"].clone())
                };
            }
            ("200 OK", "{}".into())
        }
        ["POST", "/v1/stock/movements"] => {
            let body: Value = serde_json::from_str(body).unwrap();
            let mut results = Vec::new();
            for movement in body["movements"].as_array().unwrap() {
                let old = seen.movements.iter().any(|before| before["id"] == movement["id"]);
                results.push(json!({"id": movement["id"], "result": if old { "duplicate" } else { "applied" }}));
                seen.movements.push(movement.clone());
            }
            ("200 OK", json!({ "results": results }).to_string())
        }
        _ => ("404 Not Found", String::new()),
    }
}

fn http(url: &str) -> Http {
    Http::new(url, "secret".parse().unwrap()).waiting(Duration::from_millis(1))
}

fn catalogue() -> Case {
    Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)])
}

#[test]
fn an_instance_is_told_once_and_then_only_differences() {
    let (url, seen) = instance();
    let case = catalogue();
    let manifests = case.folder("manifests");
    let import = |prune| {
        let mut target = Instance::new(http(&url), Some(&manifests)).unwrap();
        write(&mut case.read().unwrap(), &mut target, prune)
    };
    assert_eq!(import(false).writes(), 17);
    assert_eq!(seen.lock().unwrap().pairs["part/A"]["sku"], "A");
    assert_eq!(seen.lock().unwrap().pairs.len(), 18); // with the marker

    seen.lock().unwrap().asked.clear();
    assert_eq!(import(false).writes(), 0);
    assert!(seen.lock().unwrap().asked.iter().all(|request| request.starts_with("GET")));

    case.write("parts.csv", PARTS.replace("B,BRKX,44-11,Pad,Brake Pad,\n", "").as_bytes());
    let diff = import(true);
    assert_eq!(diff.deletes() - diff.kinds["search"].removed, 2);
    assert!(!seen.lock().unwrap().pairs.contains_key("part/B"));
    assert_eq!(import(true).deletes(), 0);
}

#[test]
fn an_instance_that_lost_its_data_is_told_everything_again() {
    let (url, seen) = instance();
    let case = catalogue();
    let manifests = case.folder("manifests");
    let import = || write(&mut case.read().unwrap(), &mut Instance::new(http(&url), Some(&manifests)).unwrap(), false);
    import();
    seen.lock().unwrap().pairs.clear();
    assert_eq!(import().writes(), 17);
    assert_eq!(seen.lock().unwrap().pairs.len(), 18);
}

#[test]
fn a_busy_instance_is_asked_again_and_a_busy_one_for_ever_is_an_error() {
    let (url, seen) = instance();
    let case = catalogue();
    seen.lock().unwrap().busy = 3;
    let mut target = Instance::new(http(&url), Some(&case.folder("manifests"))).unwrap();
    write(&mut case.read().unwrap(), &mut target, false);
    assert_eq!(seen.lock().unwrap().pairs.len(), 18);

    seen.lock().unwrap().busy = 1_000;
    let error =
        http(&url).send(kv_seed::target::Method::Put, "/v1/admin/catalog", "text/plain", b"").unwrap_err().to_string();
    assert!(error.contains("busy (503)"), "{error}");
}

#[test]
fn opening_stock_is_counted_once_and_a_changed_row_again() {
    let (url, seen) = instance();
    let case = catalogue();
    let send = || stock::send(&case.read().unwrap().stage, &http(&url), &mut Console::silent()).unwrap().to_string();
    case.write("stock.csv", b"location,sku,on_hand,safety\nATL1,A,5,1\nATL1,B,0,0\n");
    assert_eq!(send(), "2 applied");
    assert_eq!(send(), "2 duplicate");
    case.write("stock.csv", b"location,sku,on_hand,safety\nATL1,A,6,1\nATL1,B,0,0\n");
    assert_eq!(send(), "1 applied, 1 duplicate");
    let first = seen.lock().unwrap().movements[0].clone();
    assert_eq!((&first["kind"], &first["quantity"], &first["safety"]), (&json!("count"), &json!(5), &json!(1)));
}

/// A project whose wrangler keeps pairs as files in a folder, and fails the first `failures` times.
#[cfg(unix)]
fn project(case: &Case, failures: u32) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let project = case.folder("project");
    let bin = case.folder("project/node_modules/.bin");
    let script = r#"#!/bin/sh
echo "$@" >> calls
left=$(cat failures); if [ "$left" -gt 0 ]; then echo $((left - 1)) > failures; echo overloaded >&2; exit 1; fi
case "$2 $3" in
  "bulk put") cp "$4" put.json ;;
  "bulk delete") cp "$4" delete.json ;;
  "key get") cat marker 2>/dev/null || exit 1 ;;
esac
grep -o '"import/manifest","value":"\\"[0-9a-f]*' put.json 2>/dev/null | sed 's/.*\\"\([0-9a-f]*\)$/"\1"/' > found
if [ -s found ]; then mv found marker; fi
exit 0
"#;
    std::fs::write(bin.join("wrangler"), script).unwrap();
    std::fs::set_permissions(bin.join("wrangler"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(project.join("failures"), failures.to_string()).unwrap();
    project
}

#[cfg(unix)]
#[test]
fn wrangler_gets_the_pairs_in_bulk_and_nothing_the_second_time() {
    let case = catalogue();
    let project = project(&case, 2); // the question for the search index, and the first write
    let manifests = case.folder("manifests");
    let import = |prune| {
        let mut target = Wrangler::new(&project, Some(&manifests)).unwrap().waiting(Duration::from_millis(1));
        write(&mut case.read().unwrap(), &mut target, prune)
    };
    let calls = || std::fs::read_to_string(project.join("calls")).unwrap();
    assert_eq!(import(false).writes(), 17);
    assert_eq!(calls().matches("kv bulk put").count(), 3, "{}", calls()); // one failed, the pairs, the marker
    assert!(calls().lines().all(|call| call.ends_with("--binding CATALOG --env production --remote")));

    std::fs::remove_file(project.join("calls")).unwrap();
    assert_eq!(import(false).writes(), 0);
    assert!(!calls().contains("bulk"), "{}", calls());

    case.write("parts.csv", PARTS.replace("B,BRKX,44-11,Pad,Brake Pad,\n", "").as_bytes());
    let diff = import(true);
    assert_eq!(diff.deletes() - diff.kinds["search"].removed, 2);
    let deleted: Vec<String> = serde_json::from_slice(&std::fs::read(project.join("delete.json")).unwrap()).unwrap();
    let deleted: Vec<&String> = deleted.iter().filter(|key| !key.starts_with("search/")).collect();
    assert_eq!(deleted, ["number/4411", "part/B"]);
}

#[cfg(unix)]
#[test]
fn a_wrangler_that_fails_for_ever_is_an_error_that_says_what_it_said() {
    use kv_seed::target::Target;
    let case = catalogue();
    let project = project(&case, 1_000);
    let mut target =
        Wrangler::new(&project, Some(&case.folder("manifests"))).unwrap().waiting(Duration::from_millis(1));
    target.put("part/A", b"{}").unwrap();
    assert!(target.finish().unwrap_err().to_string().contains("overloaded"));
}
