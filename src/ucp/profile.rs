//! `/.well-known/ucp`: what this business speaks, and where.

use super::{EXTENSION, PREFIX, VERSION};
use crate::quote::request::{DEFAULT_TTL_SECONDS, TTL_SECONDS};

/// The profile of a deployment at `origin`: `https://parts.example`.
pub fn profile(origin: &str) -> String {
    let of_protocol = format!("https://ucp.dev/{VERSION}");
    let service = |transport: &str, path: &str, schema: &str| {
        format!(
            r#"{{"version":"{VERSION}","spec":"{of_protocol}/specification/overview","transport":"{transport}","endpoint":"{origin}{path}","schema":"{of_protocol}/services/shopping/{schema}"}}"#
        )
    };
    let capability = |name: &str, spec: &str, schema: &str, config: &str| {
        format!(
            r#""dev.ucp.shopping.{name}":[{{"version":"{VERSION}","spec":"{of_protocol}/specification/shopping/{spec}","schema":"{of_protocol}/schemas/shopping/{schema}.json"{config}}}]"#
        )
    };
    let (least, most) = (TTL_SECONDS.start(), TTL_SECONDS.end());
    let config = format!(
        concat!(
            r#","config":{{"{ext}":{{"cart":"holds its stock at its prices until expires_at","ttl_seconds":{{"minimum":{least},"#,
            r#""maximum":{most},"default":{unsaid}}}}},"out_of_scope":["checkout","order","payment"],"#,
            r#""note":"There is no checkout and no payment here. A cart is bought on account: POST {origin}/v1/quotes/{{quote_id}}/commit, or the tool commit_quote"}}"#,
        ),
        ext = EXTENSION,
        least = least,
        most = most,
        unsaid = DEFAULT_TTL_SECONDS,
        origin = origin,
    );
    format!(
        r#"{{"ucp":{{"version":"{VERSION}","status":"success","services":{{"dev.ucp.shopping":[{},{}]}},"capabilities":{{{},{},{}}},"payment_handlers":{{}}}},"keys":[]}}"#,
        service("rest", PREFIX, "rest.openapi.json"),
        service("mcp", "/mcp", "mcp.openrpc.json"),
        capability("catalog.search", "catalog/search", "catalog_search", ""),
        capability("catalog.lookup", "catalog/lookup", "catalog_lookup", ""),
        capability("cart", "cart", "cart", &config),
    )
}
