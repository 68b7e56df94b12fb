//! What comes in, and what is made of it.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::message::{Asked, Headers, Message, Request};
use super::reply::{self, Keep};
use super::{Era, Failure, LEGACY, MODERN};

const HEADERS: Headers = Headers { version: MODERN, method: "tools/list", name: "" };

fn meta() -> Value {
    json!({"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}})
}

fn read(message: &Value, headers: Headers) -> Result<Message, Failure> {
    Message::read(message.to_string().as_bytes(), headers)
}

fn request(message: &Value, headers: Headers) -> Request {
    match read(message, headers) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn refused(message: &Value, headers: Headers) -> (u16, i32) {
    let failure = read(message, headers).unwrap_err();
    if message.get("id").is_some_and(|id| id.is_string() || id.is_i64()) && failure.code != -32600 {
        assert_eq!(failure.id, message["id"].to_string(), "a failure names the request: {failure:?}");
    }
    (failure.status, failure.code)
}

fn asked(method: &str, params: &Value) -> Result<Asked, (u16, i32)> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    request(&message, Headers::default()).asked().map_err(|failure| (failure.status, failure.code))
}

fn arguments(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { panic!("{value}") }
}

fn call(tool: &str, value: Value) -> Result<Call, String> {
    Call::of(tool, &mut arguments(value), "nonce").unwrap()
}

#[test]
fn what_is_no_message_is_refused() {
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("\u{fffd}", -32700),
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("null", -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
    ] {
        let failure = Message::read(body.as_bytes(), Headers::default()).unwrap_err();
        assert_eq!((failure.status, failure.code), (400, code), "{body}");
    }
}

#[test]
fn what_wants_no_answer_gets_none() {
    for message in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}}),
    ] {
        assert_eq!(read(&message, Headers::default()), Ok(Message::Told), "{message}");
    }
}

#[test]
fn the_era_is_told_by_the_version_and_by_nothing_else() {
    let bare = json!({"jsonrpc": "2.0", "id": "a", "method": "tools/list"});
    assert_eq!(request(&bare, Headers::default()).era, Era::Legacy);
    for version in LEGACY {
        assert_eq!(request(&bare, Headers { version, ..HEADERS }).era, Era::Legacy, "{version}");
    }
    // Clients that still look for what is spoken here send the other headers, too.
    assert_eq!(request(&bare, Headers { version: "", ..HEADERS }).era, Era::Legacy);
    let new = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta()}});
    assert_eq!(request(&new, HEADERS).era, Era::Modern);
    // Any other `_meta` is no sign of an era.
    let old = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": {"progressToken": 1}}});
    assert_eq!(request(&old, Headers::default()).era, Era::Legacy);
}

#[test]
fn a_request_of_the_new_era_is_whole_or_is_refused() {
    let with = |meta: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let version = |version: &str| {
        let mut meta = meta();
        meta["io.modelcontextprotocol/protocolVersion"] = version.into();
        with(meta)
    };
    let without = |name: &str| {
        let mut meta = meta();
        meta.as_object_mut().unwrap().remove(name);
        with(meta)
    };
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let mut client = meta();
    client["io.modelcontextprotocol/clientInfo"] = "x".into();
    for (message, headers, expected) in [
        (bare.clone(), HEADERS, (400, -32602)),
        (without("io.modelcontextprotocol/protocolVersion"), HEADERS, (400, -32602)),
        (without("io.modelcontextprotocol/clientCapabilities"), HEADERS, (400, -32602)),
        (with(client), HEADERS, (400, -32602)),
        (with(meta()), Headers { version: "", ..HEADERS }, (400, -32020)),
        (with(meta()), Headers { version: "2025-11-25", ..HEADERS }, (400, -32020)),
        (version("2099-01-01"), HEADERS, (400, -32020)),
        (version("2099-01-01"), Headers { version: "2099-01-01", ..HEADERS }, (400, -32022)),
        (bare, Headers { version: "2099-01-01", ..HEADERS }, (400, -32022)),
        (with(meta()), Headers { method: "", ..HEADERS }, (400, -32020)),
        (with(meta()), Headers { method: "TOOLS/LIST", ..HEADERS }, (400, -32020)),
        (with(meta()), Headers { method: "tools/call", ..HEADERS }, (400, -32020)),
    ] {
        assert_eq!(refused(&message, headers), expected, "{message} {headers:?}");
    }
    let Err(failure) = read(&version("2099-01-01"), Headers { version: "2099-01-01", ..HEADERS }) else { panic!() };
    let data = r#"{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26"],"requested":"2099-01-01"}"#;
    assert_eq!(failure.data, data);
}

#[test]
fn the_name_in_the_header_is_that_in_the_body() {
    for (method, field) in [("tools/call", "name"), ("prompts/get", "name"), ("resources/read", "uri")] {
        let params = json!({field: "é x", "_meta": meta()});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let headers = |name| Headers { version: MODERN, method, name };
        assert_eq!(request(&message, headers("=?base64?w6kgeA==?=")).era, Era::Modern);
        for name in ["", "é", "e x", "=?base64?w6kgeA=?=", "=?base64?w6kgeQ==?="] {
            assert_eq!(refused(&message, headers(name)), (400, -32020), "{method} {name}");
        }
    }
}

#[test]
fn each_era_has_its_methods() {
    for method in
        ["tools/list", "resources/list", "resources/templates/list", "prompts/list", "ping", "logging/setLevel"]
    {
        assert!(asked(method, &json!({})).is_ok(), "{method}");
    }
    for method in ["server/discover", "resources/subscribe", "tasks/get", "", "Tools/List"] {
        assert_eq!(asked(method, &json!({})), Err((200, -32601)), "{method}");
    }
    for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "subscriptions/listen"] {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": meta()}});
        let failure = request(&message, Headers { method, ..HEADERS }).asked().unwrap_err();
        assert_eq!((failure.status, failure.code, failure.id), (404, -32601, "1".into()), "{method}");
    }
}

#[test]
fn a_handshake_is_answered_in_the_version_asked_for_or_the_newest_that_has_one() {
    for (wanted, offered) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        assert_eq!(asked("initialize", &json!({"protocolVersion": wanted})), Ok(Asked::Initialize(offered)));
    }
    assert_eq!(asked("initialize", &json!({})), Err((200, -32602)));
}

#[test]
fn parameters_of_the_wrong_kind_are_refused() {
    for (method, params) in [
        ("tools/call", json!({})),
        ("tools/call", json!({"name": 1})),
        ("tools/call", json!({"name": "x", "arguments": []})),
        ("resources/read", json!({"uri": null})),
        ("prompts/get", json!({"name": "x", "arguments": "y"})),
        ("tools/list", json!({"cursor": "x"})),
    ] {
        assert_eq!(asked(method, &params), Err((200, -32602)), "{method} {params}");
    }
    assert!(asked("tools/call", &json!({"name": "x", "arguments": null})).is_ok());
}

#[test]
fn a_tool_call_is_a_request_to_the_api() {
    let vin = "1HGCM82633A004352";
    for (tool, given, expected) in [
        ("decode_vehicle", json!({"vin": vin}), "GET /v1/vehicles/1HGCM82633A004352"),
        (
            "find_parts_for_vehicle",
            json!({"vin": vin, "part_type": "brake & pad", "position": "front"}),
            "GET /v1/vehicles/1HGCM82633A004352/parts?part_type=brake%20%26%20pad&position=front",
        ),
        ("check_stock", json!({"sku": "A/B", "counters": true}), "GET /v1/stock/A%2FB"),
        ("check_stock", json!({"sku": "A", "quantity": 2}), r#"POST /v1/query {"lines":[{"quantity":2,"sku":"A"}]}"#),
        ("search_parts", json!({"query": "pad & rotor"}), "GET /v1/search?q=pad%20%26%20rotor&limit=10"),
        (
            "search_parts",
            json!({"brand": "BRKX", "specs": {"thread": "M8"}, "limit": 5, "cursor": "a.5"}),
            "GET /v1/search?q=&brand=BRKX&cursor=a.5&spec.thread=M8&limit=5",
        ),
        ("query_parts", json!({"lines": [], "explain": true}), r#"POST /v1/query {"explain":true,"lines":[]}"#),
        ("hold_quote", json!({"lines": [], "idempotency_key": "k"}), r#"POST /v1/quotes {"lines":[]} k"#),
        ("get_quote", json!({"quote": "q_1"}), "GET /v1/quotes/q_1"),
        ("get_quote", json!({"quote": "../x?y"}), "GET /v1/quotes/..%2Fx%3Fy"),
        ("commit_quote", json!({"quote": "q_1", "idempotency_key": "k"}), "POST /v1/quotes/q_1/commit {} k"),
        (
            "issue_calibration_token",
            json!({"quote": "q_1", "line": 0, "idempotency_key": "k"}),
            r#"POST /v1/tokens {"line":0,"quote":"q_1"} k"#,
        ),
    ] {
        let call = call(tool, given).unwrap();
        let parts = [call.method, &call.path, &call.body, &call.key];
        assert_eq!(parts.map(str::to_owned).join(" ").trim_end(), expected);
    }
}

#[test]
fn an_agent_is_told_which_argument_is_wrong() {
    for (tool, given, expected) in [
        ("decode_vehicle", json!({}), "`vin` is required, a text"),
        ("decode_vehicle", json!({"vin": 7}), "`vin` must be a text"),
        ("decode_vehicle", json!({"vin": "X", "wmi": "Y"}), "there is no argument `wmi` here"),
        ("find_parts_for_vehicle", json!({"vin": "X", "limit": 101}), "`limit` is a whole number from 1 to 100"),
        ("query_parts", json!({"detail": "all"}), "`detail` is \"compact\" or \"full\""),
        ("get_quote", json!({"quote": ""}), "`quote` must be a text"),
    ] {
        assert_eq!(call(tool, given).unwrap_err(), expected);
    }
    assert!(call("hold_quote", json!({"lines": []})).unwrap_err().starts_with("`idempotency_key` is required"));
    assert!(Call::of("drop_tables", &mut Map::new(), "").is_none());
}

#[test]
fn the_same_call_again_has_the_same_key_and_an_extension_is_never_the_same() {
    let key = |tool: &str, quote: &str, nonce: &str| {
        Call::of(tool, &mut arguments(json!({"quote": quote})), nonce).unwrap().unwrap().key
    };
    for tool in ["commit_quote", "release_quote"] {
        assert_eq!(key(tool, "q_1", "a"), key(tool, "q_1", "b"), "{tool}");
    }
    assert_ne!(key("extend_quote", "q_1", "a"), key("extend_quote", "q_1", "b"));
    let commit = |given: Value| call("commit_quote", given).unwrap().key;
    let some = json!({"quote": "q_1", "lines": [{"line": 0, "quantity": 1}]});
    assert_ne!(commit(some), commit(json!({"quote": "q_1"})));
}

#[test]
fn results_of_the_new_era_say_what_they_are_and_how_long_they_keep() {
    let new = json!({"jsonrpc": "2.0", "id": "a\"b", "method": "tools/list", "params": {"_meta": meta()}});
    let answer: Value =
        serde_json::from_str(&reply::result(&request(&new, HEADERS), r#""tools":[]"#, Keep::Public)).unwrap();
    let info =
        json!({"io.modelcontextprotocol/serverInfo": {"name": "holdfast", "version": env!("CARGO_PKG_VERSION")}});
    let result =
        json!({"tools": [], "resultType": "complete", "_meta": info, "ttlMs": 3_600_000, "cacheScope": "public"});
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": "a\"b", "result": result}));
    let old = request(&json!({"jsonrpc": "2.0", "id": 7, "method": "ping"}), Headers::default());
    assert_eq!(reply::result(&old, "", Keep::No), r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
}

#[test]
fn a_failure_without_a_request_has_no_id() {
    assert_eq!(Failure::invalid_request("x").text(), r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"x"}}"#);
    let failure = Failure::unknown("tool", "\"").with(r#"{"uri":"u"}"#.into()).to("1");
    let expected =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"there is no tool `\"`","data":{"uri":"u"}}}"#;
    assert_eq!(failure.text(), expected);
}
