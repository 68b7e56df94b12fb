//! How a request after Standard Webhooks is signed, and where it may go.

use crate::digest::hmac_sha256;
use crate::token::base64url;

/// `webhook-signature` of a request with this id and body, sent `seconds` after 1970 began.
pub fn sign(secret: &[u8], id: &str, seconds: i64, body: &str) -> String {
    let code = hmac_sha256(secret, format!("{id}.{seconds}.{body}").as_bytes());
    let digits = base64url::encode(&code).replace('-', "+").replace('_', "/");
    // 32 bytes leave one digit to pad.
    format!("v1,{digits}=")
}

/// The bytes of a secret: `whsec_` and 24 to 64 bytes in base64.
pub fn key_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("whsec_")?.trim_end_matches('=');
    let bytes = base64url::decode(&digits.replace('+', "-").replace('/', "_"))?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// Whether requests may go to `url`: what they carry is nothing for others to read. `near`: to this machine, too, without
/// encryption.
pub fn is_fit(url: &str, near: bool) -> bool {
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let sound = url.chars().all(|c| c.is_ascii_graphic() && c != '@' && c != '\\');
    let secret = url.strip_prefix("https://").is_some_and(|rest| !host(rest).is_empty());
    let loopback = url.strip_prefix("http://").is_some_and(|rest| {
        let host = host(rest);
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
        ["127.0.0.1", "localhost", "[::1]"].contains(&name)
    });
    sound && (secret || (near && loopback))
}
