//! Results as JSON-RPC messages.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Asked, Era, Request};

/// How long what changes with a new version only may be kept, in milliseconds.
pub const STATIC_MS: u32 = 3_600_000;
/// How long what follows from the catalogue may be kept, in milliseconds.
pub const CATALOGUE_MS: u32 = 60_000;

/// Who may keep a result, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Everybody, for [`STATIC_MS`].
    Public,
    /// The caller, for [`CATALOGUE_MS`].
    Private,
    /// Nobody.
    No,
}

/// The message that answers `request`. `members` are those of the result, without braces: `"tools":[…]`.
pub fn result(request: &Request, members: &str, keep: Keep) -> String {
    let id = &request.id;
    let mut text = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{members}"#);
    if request.era == Era::Modern {
        let comma = if members.is_empty() { "" } else { "," };
        text.push_str(comma);
        text.push_str(concat!(
            r#""resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"holdfast","version":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}}"#,
        ));
        let (ttl, scope) = match keep {
            Keep::Public => (STATIC_MS, "public"),
            Keep::Private => (CATALOGUE_MS, "private"),
            Keep::No => (0, ""),
        };
        if keep != Keep::No {
            // Writing to a String cannot fail.
            let _ = write!(text, r#","ttlMs":{ttl},"cacheScope":"{scope}""#);
        }
    }
    text.push_str("}}");
    text
}

/// What the server can do, and how to use it: the members of the answer to `initialize` or `server/discover`.
pub fn introduction(asked: &Asked, instructions: &str) -> String {
    let instructions = Value::from(instructions);
    match asked {
        Asked::Initialize(version) => format!(
            concat!(
                r#""protocolVersion":"{}","capabilities":{{"tools":{{}},"resources":{{}},"prompts":{{}},"completions":{{}},"logging":{{}}}},"#,
                r#""serverInfo":{{"name":"holdfast","title":"Holdfast","version":"{}"}},"instructions":{}"#,
            ),
            version,
            env!("CARGO_PKG_VERSION"),
            instructions,
        ),
        _ => format!(
            r#""supportedVersions":{},"capabilities":{{"tools":{{}},"resources":{{}},"prompts":{{}},"completions":{{}}}},"instructions":{instructions}"#,
            super::failure::supported(),
        ),
    }
}

/// The members of a tool's result that says what is wrong with its arguments.
pub fn refusal(wrong: &str) -> String {
    let text = Value::from(format!("invalid_request: {wrong}"));
    format!(r#""content":[{{"type":"text","text":{text}}}],"isError":true"#)
}
