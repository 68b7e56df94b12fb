//! What can go wrong, by code: the status that it comes with, and when.

use serde_json::{Map, Value, json};

use crate::examples;
use crate::operation::{shared_headers, with};

/// Every code with its status and when it comes.
const PROBLEMS: [(&str, u16, &str); 49] = [
    ("invalid_json", 400, "The body is not JSON."),
    ("idempotency_key_required", 400, "There is no Idempotency-Key."),
    ("unauthenticated", 401, "There is no key, or one that is not known here."),
    (
        "forbidden",
        403,
        "The key lacks the scope, its origin is not allowed, or its account does not exist or may not do this.",
    ),
    ("invalid_signature", 403, "Not a token that this deployment signed."),
    ("scope_mismatch", 403, "A token of another account, vehicle or tool."),
    ("shop_not_approved", 403, "The shop is suspended, or outside its time."),
    ("technician_not_approved", 403, "The technician is suspended, or outside their time."),
    ("technician_of_another_shop", 403, "The technician works for another shop."),
    ("token_not_yet_valid", 403, "The token's time has not come."),
    ("token_revoked", 403, "The token was taken back."),
    ("tool_not_approved", 403, "The tool is suspended, or outside its time."),
    ("tool_of_another_shop", 403, "The tool belongs to another shop."),
    ("unknown_shop", 403, "The shop is not in the register, or not this account's."),
    ("unknown_technician", 403, "The technician is not in the register."),
    ("unknown_tool", 403, "The tool is not in the register."),
    ("not_found", 404, "There is nothing of this name, or it is another account's."),
    ("already_committed", 409, "The quote was committed before."),
    ("already_redeemed", 409, "The token was redeemed before."),
    ("already_released", 409, "The quote was released before."),
    ("endpoint_disabled", 409, "The endpoint is given up. PUT it again once its receiver answers."),
    ("entitlement_exhausted", 409, "The line has no unit left that a token could be for."),
    (
        "in_progress",
        409,
        "The first call with this key, or another call on the same quote, is still running. Retryable.",
    ),
    (
        "insufficient_stock",
        409,
        "Not everything is there, and nothing is held; `errors` tells of each short line what there is.",
    ),
    ("too_many_endpoints", 409, "There are as many endpoints as there may be."),
    ("not_committed", 409, "The quote was not committed."),
    ("quote_expired", 410, "The quote's time is over."),
    ("token_expired", 410, "The token's time is over."),
    ("too_large", 413, "The body is larger than a request may be."),
    ("ambiguous_part", 422, "Several parts of the line need calibration: name one."),
    ("calibration_not_required", 422, "The part works without."),
    ("exceeds_hold", 422, "More than the line has."),
    ("idempotency_key_reused", 422, "The Idempotency-Key was used for another request."),
    ("invalid_request", 422, "Fields are wrong; `errors` names each."),
    ("provider_refused", 422, "The part's provider gave no credential; the token is revoked."),
    ("unknown_line", 422, "The quote has no such line."),
    ("vehicle_mismatch", 422, "The part is known to fit other vehicles and not this one."),
    ("quota_exceeded", 429, "The account has as many open quotes as it may."),
    ("too_many_requests", 429, "More than this key may send in a minute."),
    ("internal", 500, "A fault of ours; the log has the cause. Retryable."),
    ("provider_not_configured", 503, "The deployment cannot ask the part's provider."),
    ("provider_unavailable", 503, "The part's provider does not answer. Retryable."),
    ("tokens_not_configured", 503, "The deployment has no keys to sign tokens with."),
    ("too_many_streams", 503, "As many streams as may be are open; poll meanwhile. Retryable."),
    ("unavailable", 503, "KV or an object cannot answer. Retryable."),
    // Not answers: entries of `errors`, and lines of a query that is sent as lines.
    ("missing", 0, "A required field is not there."),
    ("unknown_field", 0, "There is no such field."),
    ("invalid", 0, "Not what the field holds."),
    ("out_of_range", 0, "Too much, too little, too long or too many."),
];

/// The status that a code comes with. A code that nobody knows has none, and fails the test of the document.
pub fn status(code: &str) -> u16 {
    PROBLEMS.iter().find(|(known, _, _)| *known == code).map_or(0, |(_, status, _)| *status)
}

/// What operations answer with `status` and one of `codes`.
pub fn response(status: u16, codes: &[&str], problem: &Value, short_line: &Value, public: bool) -> Value {
    let when = |code: &&str| {
        let known = PROBLEMS.iter().find(|(known, _, _)| known == code);
        format!("`{code}`: {}", known.map_or("", |(_, _, when)| *when))
    };
    let mut properties = json!({"status": {"const": status}, "code": {"enum": codes}});
    if codes.contains(&"insufficient_stock") {
        let fault = json!({"$ref": "#/components/schemas/Fault"});
        let errors = json!({"type": "array", "items": {"anyOf": [short_line, fault]}});
        properties = with(properties, "errors", errors);
    }
    let schema = json!({"allOf": [problem, {"type": "object", "properties": properties}]});
    let examples: Map<String, Value> = codes.iter().filter_map(|code| examples::problem(code)).collect();
    let mut content = json!({"schema": schema});
    if !examples.is_empty() {
        content = with(content, "examples", examples.into());
    }
    let mut headers = shared_headers(&["RequestId", "CacheControl"]);
    match status {
        401 => headers.extend(shared_headers(&["WwwAuthenticate"])),
        409 | 429 | 503 => headers.extend(shared_headers(&["RetryAfter"])),
        _ => {}
    }
    if codes.contains(&"too_many_requests") {
        headers.extend(shared_headers(&["RateLimit", "RateLimitPolicy"]));
    }
    if matches!(status, 409 | 410 | 422 | 403) {
        headers.extend(shared_headers(&["IdempotentReplayed"]));
    }
    if public {
        headers.extend(shared_headers(&["AllowOrigin", "ExposeHeaders"]));
    }
    json!({
        "description": codes.iter().map(when).collect::<Vec<_>>().join("\n\n"),
        "headers": headers,
        "content": {"application/problem+json": content},
    })
}
