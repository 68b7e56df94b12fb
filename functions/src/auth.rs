//! Who is asking: a key, looked up by its hash.

use std::rc::Rc;

use holdfast::access::{KeyRecord, Scope};
use holdfast::catalog::Reading;
use holdfast::digest::sha256_hex;
use holdfast::id::AccountId;
use holdfast::pricing::Account;
use worker::Env;

use crate::problem::Problem;
use crate::wire::Request;

/// A caller whose key is known.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the key allows.
    pub key: Rc<KeyRecord>,
    /// The account it acts for.
    pub account: Rc<Account>,
}

/// A secret as it came in. It cannot be printed, and is only ever compared as a hash.
pub struct BearerKey<'a>(&'a str);

impl std::fmt::Debug for BearerKey<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerKey(…)")
    }
}

impl<'a> BearerKey<'a> {
    /// The key of a request: `Authorization: Bearer …`, or `X-API-Key`.
    pub fn of(request: &Request<'a>) -> Option<Self> {
        let bearer = request.authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let key = bearer.map_or(request.api_key, |(_, key)| key).trim();
        (!key.is_empty()).then_some(Self(key))
    }

    /// SHA-256 of the key in lower-case hex: what KV knows it by. Looking a hash up takes no time that depends on how
    /// much of a guessed key is right.
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }
}

/// Where keys are valid: the demonstration keys only on a deployment that says it is local.
pub fn is_local(env: &Env) -> bool {
    env.var("ENVIRONMENT").is_ok_and(|value| value.to_string() == "local")
}

/// The caller of `request`, if its key carries `scope`. Runs inside [`crate::catalog::settle`].
pub fn caller(
    hash: Option<&str>,
    scope: Scope,
    origin: &str,
    local: bool,
    reading: &Reading,
) -> Result<Caller, Problem> {
    let Some(hash) = hash else {
        return Err(Problem::unauthenticated("send your key as `Authorization: Bearer <key>` or `X-API-Key`"));
    };
    let known = reading.key(hash).filter(|key| local || !key.demonstration);
    let Some(key) = known else {
        return Err(Problem::unauthenticated("this key is not known here"));
    };
    if !key.allows(scope) {
        return Err(Problem::forbidden(format!("this key does not carry the scope `{}`", scope.as_str())));
    }
    if !origin.is_empty() && !key.allows_origin(origin) {
        return Err(Problem::forbidden("this publishable key may not be used from this origin"));
    }
    match reading.account(&key.account) {
        Some(account) => Ok(Caller { key, account }),
        None => Err(Problem::forbidden("the account of this key does not exist; ask whoever gave you the key")),
    }
}

impl Caller {
    /// The account's id.
    pub fn id(&self) -> &AccountId {
        &self.account.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(authorization: &str, api_key: &str) -> Option<String> {
        let request = Request { authorization, api_key, ..Request::default() };
        BearerKey::of(&request).map(|key| key.0.to_owned())
    }

    #[test]
    fn a_key_comes_as_bearer_or_in_its_own_header() {
        assert_eq!(key("Bearer demo-shop", ""), Some("demo-shop".into()));
        assert_eq!(key("bearer  demo-shop ", "other"), Some("demo-shop".into()));
        assert_eq!(key("", "demo-shop"), Some("demo-shop".into()));
        assert_eq!(key("Basic ZGVtbw==", ""), None);
        assert_eq!(key("Bearer ", ""), None);
    }

    #[test]
    fn a_key_is_known_by_its_published_hash_and_never_printed() {
        // FIPS 180-2, appendix B.1: the digest of "abc".
        let hash = BearerKey("abc").hash();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(format!("{:?}", BearerKey("abc")), "BearerKey(…)");
    }
}
