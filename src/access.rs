//! Who may do what: keys, scopes and origins.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask prices and availability.
    Query,
    /// Hold, commit and release.
    Quote,
    /// Move and read stock.
    Stock,
    /// Issue and redeem calibration tokens.
    Token,
    /// Read and report the numbers.
    Kpi,
    /// Everything, and administration.
    Admin,
    /// Publishable: public availability only, from allowed origins.
    Web,
}

impl Scope {
    /// The scope's name, as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Quote => "quote",
            Self::Stock => "stock",
            Self::Token => "token",
            Self::Kpi => "kpi",
            Self::Admin => "admin",
            Self::Web => "web",
        }
    }
}

/// What KV holds about a key; the key itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The account the key acts for.
    pub account: AccountId,
    /// What it allows; `admin` allows all.
    pub scopes: Vec<Scope>,
    /// Origins a publishable key may be used from, such as `https://shop.example`; `*` is any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// A demonstration key: refused by every deployment that is not local.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub demonstration: bool,
}

impl KeyRecord {
    /// Whether the key carries `scope`. A publishable key carries nothing else, whatever its record says; what anybody
    /// may see, a key that may query sees too.
    pub fn allows(&self, scope: Scope) -> bool {
        if self.is_publishable() {
            return scope == Scope::Web;
        }
        let carries = |scope| self.scopes.contains(&scope);
        carries(scope) || carries(Scope::Admin) || (scope == Scope::Web && carries(Scope::Query))
    }

    /// Whether the key may be published in a page.
    pub fn is_publishable(&self) -> bool {
        self.scopes.contains(&Scope::Web)
    }

    /// Whether a browser page of `origin` may use this key. Keys that are not publishable are not bound to origins.
    pub fn allows_origin(&self, origin: &str) -> bool {
        !self.is_publishable() || self.origins.iter().any(|allowed| allowed == "*" || allowed == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(scopes: &[Scope], origins: &[&str]) -> KeyRecord {
        KeyRecord {
            account: "shop-1".parse().unwrap(),
            scopes: scopes.to_vec(),
            origins: origins.iter().map(ToString::to_string).collect(),
            demonstration: false,
        }
    }

    #[test]
    fn admin_carries_every_scope() {
        assert!(key(&[Scope::Admin], &[]).allows(Scope::Stock));
        assert!(!key(&[Scope::Query], &[]).allows(Scope::Stock));
    }

    #[test]
    fn whoever_may_query_may_see_what_anybody_may() {
        assert!(key(&[Scope::Query], &[]).allows(Scope::Web));
        assert!(!key(&[Scope::Stock], &[]).allows(Scope::Web));
    }

    #[test]
    fn a_publishable_key_carries_nothing_else() {
        let web = key(&[Scope::Web, Scope::Admin], &["https://shop.example"]);
        assert!(web.allows(Scope::Web) && !web.allows(Scope::Query));
        assert!(web.allows_origin("https://shop.example") && !web.allows_origin("https://evil.example"));
    }
}
