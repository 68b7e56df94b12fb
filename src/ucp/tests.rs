//! What is asked of the API, and what is made of its answers.

use serde_json::{Value, json};

use super::catalog::{Wanted, search};
use super::outcome::Outcome;
use super::tool::{self, Arguments};
use super::{Operation, agent, cart, profile};

fn body(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.body).unwrap_or_else(|error| panic!("{error}: {}", outcome.body))
}

fn told(outcome: &Outcome) -> Value {
    let body = body(outcome);
    assert_eq!((outcome.status, &body["ucp"]["status"]), (200, &json!("error")), "{body}");
    body["messages"].clone()
}

fn order(payload: &Value, cart: Option<&str>) -> Value {
    serde_json::from_str(&cart::order(Operation::Create, payload, cart).unwrap()).unwrap()
}

fn usd(amount: i64) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn line(sku: &str, more: &Value) -> Value {
    let mut line = json!({
        "line": 0, "sku": sku, "description": "Brake \"pad\"", "status": "in_stock", "available": 40, "incoming": [],
        "alternates": [{"sku": "PAD-2", "relation": "interchange", "available": 4, "price": null}],
        "price": {"unit": usd(1000), "list": usd(2000), "core": null},
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

fn answer(lines: &[Value]) -> Value {
    json!({"currency": "USD", "lines": lines})
}

#[test]
fn the_profile_of_a_platform_is_read_from_its_header() {
    for (header, profile) in [
        (r#"profile="https://p.example/ucp""#, Some("https://p.example/ucp")),
        (r#"v="1", profile="https://p.example/a,b";q=1"#, Some("https://p.example/a,b")),
        (r#"other-profile="https://p.example""#, None),
        (r#"profile="http://p.example""#, None),
        (r#"profile="https://""#, None),
        (r#"profile="https:///x""#, None),
        (r#"profile="https://p.example/a b""#, None),
        (r#"profile="https://p.example"#, None),
        ("https://p.example", None),
        ("", None),
    ] {
        assert_eq!(agent(header), profile, "{header}");
    }
}

#[test]
fn a_path_is_an_operation_or_says_what_it_answers_to() {
    let of = |method, path: &'static str| Operation::of_path(method, &path.split('/').collect::<Vec<_>>());
    assert_eq!(of("POST", "catalog/lookup"), Ok((Operation::Lookup, "")));
    assert_eq!(of("POST", "carts"), Ok((Operation::Create, "")));
    assert_eq!(of("PUT", "carts/q_1"), Ok((Operation::Update, "q_1")));
    assert_eq!(of("GET", "carts/q_1"), Ok((Operation::Get, "q_1")));
    assert_eq!(of("POST", "carts/q_1/cancel"), Ok((Operation::Cancel, "q_1")));
    for (method, path, answers) in [
        ("GET", "catalog/product", "POST"),
        ("GET", "carts", "POST"),
        ("DELETE", "carts/q_1", "GET, PUT"),
        ("GET", "carts/q_1/cancel", "POST"),
        ("GET", "orders", ""),
        ("POST", "carts/q_1/complete", ""),
    ] {
        assert_eq!(of(method, path), Err(answers), "{method} {path}");
    }
}

#[test]
fn a_cart_is_a_request_for_a_quote() {
    let items = json!([{"item": {"id": "A"}, "quantity": 2}, {"item": {"id": "B/\"", "quantity_unit": {"unit": "C62"}}, "quantity": 1,
        "holdfast.hold": {"location": "HUB"}}]);
    let payload = json!({"line_items": items, "context": {"location": "ATL1"}, "buyer": {"email": "a@b.example"},
        "holdfast.hold": {"ttl_seconds": 60, "reference": "PO-1", "commit": true, "quote_id": "q_9"}});
    let expected = json!({
        "lines": [{"sku": "A", "quantity": 2, "location": null}, {"sku": "B/\"", "quantity": 1, "location": "HUB"}],
        "ttl_seconds": 60, "reference": "PO-1", "deliver_to": {"location": "ATL1"}, "replace": "q_1",
    });
    assert_eq!(order(&payload, Some("q_1")), expected, "what buys is not passed on");
    let bare = json!({"line_items": [{"quantity": 1}]});
    assert_eq!(order(&bare, None), json!({"lines": [{"sku": null, "quantity": 1, "location": null}]}));
}

#[test]
fn a_cart_without_items_or_in_other_units_is_refused() {
    for payload in [json!(null), json!({}), json!({"line_items": {}}), json!([])] {
        assert_eq!(cart::order(Operation::Create, &payload, None).unwrap_err().status, 400, "{payload}");
    }
    for unit in [json!({"unit": "KGM"}), json!({"unit": "C62", "scale": 2}), json!("C62")] {
        let payload = json!({"line_items": [{"item": {"id": "A"}, "quantity": 1}, {"item": {"id": "A", "quantity_unit": unit}, "quantity": 1}]});
        let messages = told(&cart::order(Operation::Update, &payload, None).unwrap_err());
        assert_eq!(messages[0]["code"], "quantity_unit_mismatch");
        assert_eq!(messages[0]["path"], "$.line_items[1].item.quantity_unit");
        assert_eq!(messages.as_array().unwrap().len(), 1);
    }
}

fn quote(state: &str) -> Value {
    json!({
        "id": "q_2", "state": state, "expires_at": "2026-11-21T21:12:24.981Z", "reference": "PO \"1\"", "currency": "USD",
        "lines": [
            {"line": 0, "sku": "A", "quantity": 2, "held": 2, "allocations": [{"location": "ATL1", "quantity": 2}],
             "price": {"unit": usd(1000), "core": usd(500), "core_extended": usd(1000), "extended": usd(2001)}},
            {"line": 1, "sku": "B", "quantity": 3, "held": 0, "allocations": [], "price": {"unit": usd(1), "extended": usd(3)}},
        ],
        "subtotal": usd(2001), "core_total": usd(1000), "total": usd(3001),
    })
}

#[test]
fn a_quote_is_shown_as_a_cart_under_the_name_of_the_cart() {
    let titles = ["A \"good\" part".to_owned(), "B".to_owned()];
    assert_eq!(cart::skus(&quote("held")), ["A", "B"]);
    let shown = cart::show(Operation::Create, "q_1", &quote("held"), &titles);
    assert_eq!((shown.status, shown.failed), (201, false));
    let fee = json!({"type": "fee", "display_text": "Core charge, refunded for the old part", "amount": 1000});
    assert_eq!(
        body(&shown),
        json!({
            "ucp": {"version": "2026-08-25", "status": "success", "capabilities": {"dev.ucp.shopping.cart": [{"version": "2026-08-25"}]}},
            "id": "q_1",
            "line_items": [{
                "id": "li_0", "item": {"id": "A", "title": "A \"good\" part", "price": 1000}, "quantity": 2,
                "totals": [{"type": "subtotal", "amount": 2001}, fee, {"type": "total", "amount": 3001}],
                "holdfast.hold": {"allocations": [{"location": "ATL1", "quantity": 2}]},
            }],
            "currency": "USD",
            "totals": [{"type": "subtotal", "amount": 2001}, fee, {"type": "total", "amount": 3001}],
            "expires_at": "2026-11-21T21:12:24.981Z",
            "holdfast.hold": {"quote_id": "q_2", "quote_state": "held", "quote_expires_at": "2026-11-21T21:12:24.981Z", "reference": "PO \"1\""},
        })
    );
}

#[test]
fn a_cart_that_holds_nothing_is_shown_to_whoever_gave_it_up_and_to_nobody_else() {
    let canceled = body(&cart::show(Operation::Cancel, "q_1", &quote("released"), &["A".into(), "B".into()]));
    assert_eq!((&canceled["id"], &canceled["expires_at"]), (&json!("q_1"), &Value::Null));
    for state in ["released", "releasing", "expired", "committed", "committing"] {
        let messages = told(&cart::show(Operation::Get, "q_1", &quote(state), &["A".into(), "B".into()]));
        assert_eq!(
            (&messages[0]["code"], &messages[0]["severity"]),
            (&json!("not_found"), &json!("unrecoverable")),
            "{state}"
        );
    }
}

#[test]
fn ids_are_asked_about_once_and_those_that_are_no_skus_not_at_all() {
    let payload = json!({"ids": ["A", "B", "A", "not a sku"], "context": {"location": "ATL1"}});
    let wanted = Wanted::of(Operation::Lookup, &payload).unwrap();
    let query: Value = serde_json::from_str(&wanted.query).unwrap();
    assert_eq!(query, json!({"lines": [{"sku": "A"}, {"sku": "B"}], "deliver_to": {"location": "ATL1"}}));
    assert_eq!(wanted.others, ["not a sku"]);
    let many = |count: usize| json!({"ids": (0..count).map(|n| format!("A{n}")).collect::<Vec<_>>()});
    assert!(Wanted::of(Operation::Lookup, &many(100)).is_ok());
    let refused = Wanted::of(Operation::Lookup, &many(101)).unwrap_err();
    assert_eq!((refused.status, &body(&refused)["code"]), (400, &json!("request_too_large")));
    for payload in [json!(null), json!({}), json!({"ids": []}), json!({"ids": "A"}), json!({"ids": ["A", 1]})] {
        assert_eq!(Wanted::of(Operation::Lookup, &payload).unwrap_err().status, 400, "{payload}");
    }
    for payload in [json!(null), json!({"ids": ["A"]}), json!({"id": 1})] {
        assert_eq!(Wanted::of(Operation::Product, &payload).unwrap_err().status, 400, "{payload}");
    }
}

#[test]
fn a_line_of_a_query_is_shown_as_a_product_with_one_variant() {
    let wanted = Wanted::of(Operation::Lookup, &json!({"ids": ["A", "B", "NONE", "no sku"]})).unwrap();
    let none = json!({"line": 2, "status": "unknown", "price": null, "reason": {"detail": "no part has this sku"}});
    let barred = json!({"price": null, "price_reason": {"detail": "not sold to you"}});
    let lines = [line("A", &json!({"status": "low_stock", "available": 3})), line("B", &barred), none];
    let shown = body(&wanted.show(&answer(&lines)));
    let [product] = shown["products"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!((&product["id"], &product["title"]), (&json!("A"), &json!("Brake \"pad\"")));
    assert_eq!(product["price_range"], json!({"min": usd(1000), "max": usd(1000)}));
    let variant = &product["variants"][0];
    assert_eq!((&variant["id"], &variant["sku"], &variant["price"]), (&json!("A"), &json!("A"), &usd(1000)));
    assert_eq!(variant["list_price"], usd(2000));
    assert_eq!(variant["availability"], json!({"available": true, "status": "in_stock"}));
    assert_eq!(variant["inputs"], json!([{"id": "A", "match": "exact"}]));
    assert_eq!(
        variant["holdfast.hold"],
        json!({
            "availability_status": "low_stock", "available_quantity": 3, "incoming": [],
            "alternates": [{"id": "PAD-2", "relation": "interchange", "available_quantity": 4}],
        })
    );
    let told: Vec<_> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["type"].clone(), message["code"].clone()))
        .collect();
    assert_eq!(told, [("item_unavailable"), ("not_found"), ("not_found")].map(|code| (json!("info"), json!(code))));
}

#[test]
fn the_words_for_stock_are_those_of_the_protocol() {
    let wanted = Wanted::of(Operation::Lookup, &json!({"ids": ["A"]})).unwrap();
    for (status, available, shown) in [
        ("in_stock", true, "in_stock"),
        ("low_stock", true, "in_stock"),
        ("backorder", false, "backorder"),
        ("special_order", false, "backorder"),
        ("out_of_stock", false, "out_of_stock"),
        ("discontinued", false, "discontinued"),
    ] {
        let answer = answer(&[line("A", &json!({"status": status}))]);
        let variant = &body(&wanted.show(&answer))["products"][0]["variants"][0];
        assert_eq!(variant["availability"], json!({"available": available, "status": shown}), "{status}");
        assert_eq!(variant["holdfast.hold"]["availability_status"], status);
    }
}

#[test]
fn a_price_filter_holds_in_the_currency_of_the_answer_and_what_is_not_filtered_is_said() {
    let shown = |more: Value| {
        let mut payload = json!({"ids": ["A"]});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let shown = body(&Wanted::of(Operation::Lookup, &payload).unwrap().show(&answer(&[line("A", &json!({}))])));
        (shown["products"].as_array().unwrap().len(), shown["messages"][0]["code"].clone())
    };
    assert_eq!(shown(json!({"filters": {"price": {"min": 1000, "max": 1000}}})), (1, Value::Null));
    assert_eq!(shown(json!({"filters": {"price": {"min": 1001}}})), (0, Value::Null));
    assert_eq!(shown(json!({"filters": {"price": {"max": 999}}, "context": {"currency": "USD"}})), (0, Value::Null));
    assert_eq!(
        shown(json!({"filters": {"price": {"max": 999}}, "context": {"currency": "EUR"}})),
        (1, json!("filter_ignored"))
    );
    assert_eq!(shown(json!({"filters": {"categories": ["Bulb"]}})), (1, json!("filter_ignored")));
}

#[test]
fn a_search_is_a_request_of_the_api_in_words_and_categories() {
    for (payload, path) in [
        (json!({"query": "brake pad"}), "/v1/search?limit=10&q=brake%20pad"),
        (
            json!({"filters": {"categories": ["Oil & Gas", 5, "Bulb"]}}),
            "/v1/search?limit=10&part_type=Oil%20%26%20Gas&part_type=Bulb",
        ),
        (json!({"query": "", "pagination": {"limit": 5_000, "cursor": "a.10"}}), "/v1/search?limit=100&q=&cursor=a.10"),
        (json!({}), "/v1/search?limit=10"),
    ] {
        assert_eq!(search(&payload).as_deref(), Ok(path));
    }
    for payload in [json!({"query": 5}), json!({"pagination": {"limit": 0}}), json!({"pagination": {"limit": "ten"}})] {
        assert_eq!(search(&payload).unwrap_err().status, 400, "{payload}");
    }
}

#[test]
fn what_a_search_found_is_shown_with_price_stock_and_what_became_of_the_words() {
    let part = |sku: &str| json!({"sku": sku, "brand": "BRKA", "brand_name": "Brakina", "number": "1", "part_type": "Brake Pad"});
    let mut found = json!({
        "total": 12, "total_is_exact": true, "matched": "all_but_one", "read_as": [{"word": "braek", "read_as": ["brake", "break"]}],
        "unknown": ["zzz"], "parts": [part("A"), part("B")], "cursor": "v.2",
    });
    let wanted = Wanted::found(&found, &json!({"filters": {"price": {"max": 1000}, "categories": ["Brake Pad"]}}));
    let lines = answer(&[
        line("A", &json!({})),
        line("B", &json!({"price": {"unit": usd(1001), "list": usd(2000), "core": null}})),
    ]);
    let shown = body(&wanted.show_found(&lines, &found));
    let product = &shown["products"][0];
    assert_eq!((&product["id"], shown["products"].as_array().unwrap().len()), (&json!("A"), 1), "{shown}");
    assert_eq!(product["categories"], json!([{"value": "Brake Pad", "taxonomy": "merchant"}]));
    assert_eq!(product["variants"][0].get("inputs"), None, "nobody named it");
    assert_eq!(shown["pagination"], json!({"has_next_page": true, "cursor": "v.2", "total_count": 12}));
    let said: Vec<_> =
        shown["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(
        said,
        [
            "braek was read as brake or break",
            "no part has the word zzz",
            "no part has all of the words: these have all but one"
        ]
    );
    found["total_is_exact"] = json!(false);
    found.as_object_mut().unwrap().remove("cursor");
    assert_eq!(body(&wanted.show_found(&lines, &found))["pagination"], json!({"has_next_page": false}));
}

#[test]
fn a_product_in_full_has_what_the_catalogue_knows_or_says_why_it_is_not_shown() {
    let wanted = Wanted::of(Operation::Product, &json!({"id": "A"})).unwrap();
    let part = json!({"brand": "BRKA", "brand_name": "Brakina", "number": "10-01", "part_type": {"name": "Brake Pad"}, "gtin": "04006633",
        "attributes": {"Width": "10 mm"}, "superseded_by": []});
    let product = body(&wanted.show_one(&answer(&[line("A", &json!({}))]), &part))["product"].clone();
    for of in [&product, &product["variants"][0]] {
        assert_eq!(of["categories"], json!([{"value": "Brake Pad", "taxonomy": "merchant"}]));
        assert_eq!(of["metadata"]["attributes"], json!({"Width": "10 mm"}));
        assert_eq!(of["barcodes"], json!([{"type": "GTIN", "value": "04006633"}]));
    }
    let barred = line("A", &json!({"price": null, "price_reason": {"detail": "not sold to you"}}));
    let dear = Wanted::of(Operation::Product, &json!({"id": "A", "filters": {"price": {"max": 1}}})).unwrap();
    assert_eq!(told(&dear.show_one(&answer(&[line("A", &json!({}))]), &part))[0]["code"], "not_found");
    let messages = told(&wanted.show_one(&answer(&[barred]), &part));
    assert_eq!((&messages[0]["code"], &messages[0]["severity"]), (&json!("item_unavailable"), &json!("unrecoverable")));
}

#[test]
fn a_shortage_names_the_line_what_there_is_what_comes_and_what_else_would_do() {
    let problem = json!({"code": "insufficient_stock", "detail": "not everything is there", "errors": [{
        "pointer": "/lines/1", "code": "insufficient_stock", "sku": "A", "quantity": 5, "available": 1,
        "incoming": [{"location": "HUB", "quantity": 4, "eta": "2098-01-01T00:00:00.000Z"}],
        "alternates": [{"sku": "B", "relation": "interchange", "available": 9}],
    }]});
    let messages = told(&Outcome::problem(Operation::Update, 409, &problem));
    assert_eq!(
        messages,
        json!([{
            "type": "error", "code": "out_of_stock", "path": "$.line_items[1]", "severity": "recoverable",
            "content": "1 of 5 units of A can be held; ask for 1; 4 more come 2098-01-01T00:00:00.000Z; or take B",
            "holdfast.hold": {
                "available_quantity": 1, "incoming": [{"location": "HUB", "quantity": 4, "eta": "2098-01-01T00:00:00.000Z"}],
                "alternates": [{"id": "B", "relation": "interchange", "available_quantity": 9}],
            },
        }])
    );
}

#[test]
fn a_fault_is_where_the_platform_put_it() {
    let path = |pointer: &str, code: &str| {
        let problem =
            json!({"code": "invalid_request", "errors": [{"pointer": pointer, "code": code, "detail": "wrong"}]});
        let message = told(&Outcome::problem(Operation::Create, 422, &problem))[0].clone();
        (message["path"].as_str().unwrap().to_owned(), message["code"].as_str().unwrap().to_owned())
    };
    for (pointer, code, expected) in [
        ("/lines", "out_of_range", ("$.line_items", "out_of_range")),
        ("/lines/12/sku", "unknown_sku", ("$.line_items[12].item.id", "item_unavailable")),
        ("/lines/0/quantity", "breaks_pack", ("$.line_items[0].quantity", "breaks_pack")),
        ("/lines/3", "no_price", ("$.line_items[3]", "no_price")),
        ("/deliver_to/location", "invalid", ("$.context.location", "invalid")),
        ("/ttl_seconds", "out_of_range", ("$['holdfast.hold'].ttl_seconds", "out_of_range")),
        ("/Idempotency-Key", "invalid", ("$", "invalid")),
    ] {
        assert_eq!(path(pointer, code), (expected.0.to_owned(), expected.1.to_owned()), "{pointer}");
    }
}

#[test]
fn what_is_no_business_outcome_is_an_error_of_the_transport() {
    let of = |status: u16, code: &str| {
        let outcome = Outcome::problem(Operation::Create, status, &json!({"code": code, "detail": "why"}));
        (outcome.status, body(&outcome)["messages"][0]["code"].as_str().map(str::to_owned))
    };
    for (status, code, shown) in [
        (401, "unauthenticated", 401),
        (403, "forbidden", 403),
        (400, "idempotency_key_required", 400),
        (422, "idempotency_key_reused", 409),
        (409, "in_progress", 409),
        (429, "quota_exceeded", 429),
        (503, "unavailable", 503),
    ] {
        assert_eq!(of(status, code), (shown, None), "{code}");
    }
    for (status, code, told) in [
        (404, "not_found", "not_found"),
        (410, "quote_expired", "not_found"),
        (409, "already_released", "not_found"),
        (409, "already_committed", "already_committed"),
        (422, "invalid_request", "invalid_request"),
    ] {
        assert_eq!(of(status, code), (200, Some(told.to_owned())), "{code}");
    }
}

#[test]
fn a_tool_needs_a_profile_and_where_it_changes_something_a_key() {
    let meta = json!({"ucp-agent": {"profile": "https://p.example"}, "idempotency-key": "k"});
    let of = |operation, arguments: Value| {
        let arguments = arguments.as_object().unwrap().clone();
        Arguments::of(operation, &arguments)
            .map(|read| (read.cart.to_owned(), read.payload.clone(), read.key.to_owned()))
    };
    let code = |operation, arguments| body(&of(operation, arguments).unwrap_err())["code"].as_str().unwrap().to_owned();
    assert_eq!(
        of(Operation::Update, json!({"meta": meta, "id": "q_1", "cart": {"line_items": []}})),
        Ok(("q_1".into(), json!({"line_items": []}), "k".into()))
    );
    assert_eq!(of(Operation::Lookup, json!({"meta": meta, "catalog": 1})).map(|(_, payload, _)| payload), Ok(json!(1)));
    assert_eq!(code(Operation::Lookup, json!({"catalog": {}})), "invalid_profile_url");
    assert_eq!(code(Operation::Get, json!({"meta": meta})), "invalid_request");
    let keyless = json!({"ucp-agent": {"profile": "https://p.example"}});
    assert_eq!(code(Operation::Create, json!({"meta": keyless, "cart": {}})), "idempotency_key_required");
    assert!(of(Operation::Get, json!({"meta": keyless, "id": "q_1"})).is_ok());
}

#[test]
fn a_tool_tells_an_outcome_as_data_and_an_error_with_the_code_of_the_protocol() {
    let missing = Outcome::not_found(Operation::Get, "no \"such\" cart");
    let result: Value = serde_json::from_str(&format!("{{{}}}", tool::members(&missing))).unwrap();
    assert_eq!((&result["isError"], &result["structuredContent"]), (&json!(true), &body(&missing)));
    assert_eq!(serde_json::from_str::<Value>(result["content"][0]["text"].as_str().unwrap()).unwrap(), body(&missing));
    for (status, code, expected) in [
        (400, "invalid_profile_url", -32001),
        (400, "request_too_large", -32602),
        (409, "idempotency_key_reused", -32000),
        (500, "internal", -32603),
        (503, "unavailable", -32000),
    ] {
        let failure = tool::failure(&Outcome::error(status, code, "why \"so\""), Some("1"));
        assert_eq!((failure.status, failure.code, failure.message.as_str()), (status, expected, "why \"so\""));
        let data: Value = serde_json::from_str(&failure.data).unwrap();
        assert_eq!(data, json!({"code": code, "content": "why \"so\"", "retry_after": 1}));
    }
}

#[test]
fn the_profile_names_where_each_service_is_and_what_is_out_of_scope() {
    let profile: Value = serde_json::from_str(&profile::profile("https://parts.example")).unwrap();
    let ucp = &profile["ucp"];
    let services = ucp["services"]["dev.ucp.shopping"].as_array().unwrap();
    let endpoints: Vec<_> = services
        .iter()
        .map(|service| (service["transport"].as_str().unwrap(), service["endpoint"].as_str().unwrap()))
        .collect();
    assert_eq!(endpoints, [("rest", "https://parts.example/ucp/v1"), ("mcp", "https://parts.example/mcp")]);
    let capabilities: Vec<_> = ucp["capabilities"].as_object().unwrap().keys().collect();
    assert_eq!(
        capabilities,
        ["dev.ucp.shopping.cart", "dev.ucp.shopping.catalog.lookup", "dev.ucp.shopping.catalog.search"]
    );
    assert_eq!((&ucp["payment_handlers"], &profile["keys"]), (&json!({}), &json!([])));
    let config = &ucp["capabilities"]["dev.ucp.shopping.cart"][0]["config"];
    assert_eq!(config["out_of_scope"], json!(["checkout", "order", "payment"]));
    assert_eq!(config["holdfast.hold"]["ttl_seconds"], json!({"minimum": 30, "maximum": 86_400, "default": 900}));
}
