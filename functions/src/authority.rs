//! The deployment's authority to issue tokens: its key ring, its name, its audience.
//!
//! - `TOKEN_KEYS`, a secret: the private JWK set that `kv-seed keys` makes.
//! - `TOKEN_ISSUER`, a variable: where this deployment answers, such as `https://parts.example`; the `iss` of its tokens.
//! - `TOKEN_AUDIENCE`, a variable: the `aud` of its tokens; `calibration` unless it says otherwise.

use std::cell::OnceCell;
use std::rc::Rc;

use holdfast::token::{Authority, Ring};
use worker::Env;

use crate::problem::Problem;

/// The audience of a deployment that does not say.
const AUDIENCE: &str = "calibration";

thread_local! {
    /// What the deployment's configuration comes to. It does not change while an isolate lives.
    static KNOWN: OnceCell<Result<Rc<Authority>, NotConfigured>> = const { OnceCell::new() };
}

/// Why a deployment cannot issue tokens, in words for its log.
#[derive(Debug, Clone, Default, thiserror::Error)]
#[error("{0}")]
pub struct NotConfigured(String);

/// The deployment's authority.
pub fn of(env: &Env) -> Result<Rc<Authority>, NotConfigured> {
    KNOWN.with(|known| {
        known
            .get_or_init(|| {
                let authority = read(env);
                if let Err(why) = &authority {
                    worker::console_error!("tokens: {why}");
                }
                authority.map(Rc::new)
            })
            .clone()
    })
}

fn read(env: &Env) -> Result<Authority, NotConfigured> {
    let variable = |name: &str| env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty());
    let keys = variable("TOKEN_KEYS").ok_or_else(|| NotConfigured("the secret TOKEN_KEYS is not set".into()))?;
    let ring = Ring::parse(&keys).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
        NotConfigured(format!("the secret TOKEN_KEYS is no key ring: {}", faults.join("; ")))
    })?;
    let issuer =
        variable("TOKEN_ISSUER").ok_or_else(|| NotConfigured("the variable TOKEN_ISSUER is not set".into()))?;
    let issuer = issuer.trim_end_matches('/').to_owned();
    Ok(Authority { issuer, audience: variable("TOKEN_AUDIENCE").unwrap_or_else(|| AUDIENCE.into()), ring })
}

impl From<NotConfigured> for Problem {
    fn from(_: NotConfigured) -> Self {
        let detail = "this deployment has no keys to sign tokens with; its operator makes them with `kv-seed keys new` \
                      and sets the secret TOKEN_KEYS and the variable TOKEN_ISSUER (docs/operations.md)";
        Self::refusal(503, "tokens_not_configured", "No tokens here", detail)
    }
}
