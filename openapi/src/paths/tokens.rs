use functions::tokens::{Issued, Receipt, TokenView};
use holdfast::access::Scope;
use holdfast::id::{AccountId, OpaqueId, RegisteredId};
use serde_json::{Value, json};

use super::{place, whole};
use crate::answers::{Jwks, PartyStanding, TokenDetails, TokenLog, Verification};
use crate::operation::Operation;
use crate::requests::{CauseRequest, RedeemRequest, TokenRequest, VerifyRequest};
use crate::schemas::Schemas;

/// What is wrong with whoever wants to calibrate, or with the vehicle.
const CREW: [&str; 10] = [
    "shop_not_approved",
    "technician_not_approved",
    "technician_of_another_shop",
    "tool_not_approved",
    "tool_of_another_shop",
    "unknown_shop",
    "unknown_technician",
    "unknown_tool",
    "vehicle_mismatch",
    "tokens_not_configured",
];

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let id = schemas.request::<OpaqueId>();
    let cause = schemas.request::<CauseRequest>();
    let itself = json!({"id": "$response.body#/id"});
    let issue = schemas.request::<TokenRequest>();
    let (issued, receipt, token) =
        (schemas.answer::<Issued>(), schemas.answer::<Receipt>(), schemas.answer::<TokenView>());
    let mut all = vec![
        Operation::post("/v1/tokens", "issueToken", "tokens")
            .does(
                "Have a calibration authorised",
                "One token for each unit sold that needs calibration and has not come back. It names the unit, the vehicle, the control unit, the procedure and who calibrates. \
                 Where the part has a provider, its credential comes along.",
            )
            .scope(&[Scope::Token])
            .idempotent()
            .body(&issue, true)
            .answers(201, "The token.", &issued)
            .with_headers(201, &["Location", "IdempotentReplayed"])
            .problems(&CREW)
            .problems(&[
                "not_found",
                "not_committed",
                "entitlement_exhausted",
                "calibration_not_required",
                "ambiguous_part",
                "provider_refused",
                "provider_unavailable",
                "provider_not_configured",
            ])
            .leads(201, "Show", "getToken", &itself, None)
            .leads(201, "Revoke", "revokeToken", &itself, Some(json!({"reason": "ordered by mistake"})))
            .leads(201, "Verify", "verifyToken", &json!({}), Some(json!({"token": "$response.body#/token"}))),
        Operation::post("/v1/tokens/redeem", "redeemToken", "tokens")
            .does("Report what came of a calibration", "Once for each token.")
            .scope(&[Scope::Token])
            .idempotent()
            .body(&schemas.request::<RedeemRequest>(), true)
            .answers(200, "It is redeemed; keep the receipt.", &receipt)
            .with_headers(200, &["IdempotentReplayed"])
            .problems(&CREW[..8])
            .problems(&[
                "not_found",
                "already_redeemed",
                "token_expired",
                "token_revoked",
                "invalid_signature",
                "scope_mismatch",
                "token_not_yet_valid",
                "tokens_not_configured",
            ]),
        Operation::post("/v1/tokens/verify", "verifyToken", "tokens")
            .does("Whether a token could be redeemed now", "Nothing is used up.")
            .scope(&[Scope::Token])
            .body(&schemas.request::<VerifyRequest>(), true)
            .answers(200, "Whether it could, and if not, why.", &schemas.answer::<Verification>())
            .problems(&["tokens_not_configured"]),
        Operation::get("/v1/tokens/log", "getTokenLog", "tokens")
            .does("The account's log", "Oldest first. Each entry's `hash` covers it and the hash before it. An administrator may name another `account`.")
            .scope(&[Scope::Token])
            .query("after", "Entries after this place.", place())
            .query("limit", "Entries of a page.", whole(1, 500, 100))
            .query("account", "Whose; needs the scope `admin`.", schemas.request::<AccountId>())
            .answers(200, "A page.", &schemas.answer::<TokenLog>())
            .problems(&["not_found", "tokens_not_configured"]),
        Operation::get("/v1/tokens/{id}", "getToken", "tokens")
            .does("Show a token", "With every attempt on it.")
            .scope(&[Scope::Token])
            .path("id", "The token.", id.clone())
            .answers(200, "The token.", &schemas.answer::<TokenDetails>())
            .problems(&["not_found", "tokens_not_configured"]),
        Operation::post("/v1/tokens/{id}/revoke", "revokeToken", "tokens")
            .does("Take a token back", "Its unit is free for another.")
            .scope(&[Scope::Token])
            .path("id", "The token.", id)
            .idempotent()
            .body(&cause, false)
            .answers(200, "It is revoked.", &token)
            .with_headers(200, &["IdempotentReplayed"])
            .problems(&["not_found", "already_redeemed", "token_expired", "token_revoked", "tokens_not_configured"]),
        Operation::get("/v1/tokens/status/{account}/{list}", "getStatusList", "public")
            .does("Which tokens were revoked or used", "For gateways that check offline: a signed Token Status List with two bits a token, 1 revoked, 3 used. A token's `status` claim names its list.")
            .public()
            .path("account", "Whose tokens.", schemas.request::<AccountId>())
            .path("list", "Which list.", json!({"type": "integer", "format": "int64", "minimum": 0}))
            .answers_as(200, "The list, a JWT.", "application/statuslist+jwt", &json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$"}))
            .problems(&["not_found", "unavailable", "tokens_not_configured"]),
        Operation::get("/.well-known/jwks.json", "getKeys", "public")
            .does("The keys that tokens are signed with", "A key is here long before it signs, and until the last of its tokens has ended.")
            .public()
            .answers(200, "The public keys.", &schemas.answer::<Jwks>())
            .problems(&["tokens_not_configured"]),
    ];
    all.extend(parties(schemas, &cause));
    all
}

fn parties(schemas: &mut Schemas, cause: &Value) -> [Operation; 2] {
    let register = json!({"type": "string", "enum": ["shop", "technician", "tool"]});
    let (id, standing) = (schemas.request::<RegisteredId>(), schemas.answer::<PartyStanding>());
    let complete = |operation: Operation| {
        operation
            .scope(&[Scope::Admin])
            .path("register", "Which register.", register.clone())
            .path("id", "The id there.", id.clone())
            .body(cause, false)
            .answers(200, "Every desk knows.", &standing)
            .problems(&["not_found", "tokens_not_configured"])
    };
    [
        Operation::post("/v1/admin/parties/{register}/{id}/suspend", "suspendParty", "tokens").does(
            "Suspend a shop, technician or tool",
            "At once at every desk that could meet it. The tokens that name it are revoked.",
        ),
        Operation::post("/v1/admin/parties/{register}/{id}/reinstate", "reinstateParty", "tokens")
            .does("Reinstate a shop, technician or tool", "It may calibrate again. Tokens that were revoked stay so."),
    ]
    .map(complete)
}
