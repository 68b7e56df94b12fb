//! What an edge function and a token desk say to each other.

use serde::{Deserialize, Serialize};

use super::event::TokenEvent;
use super::evidence::SoldLine;
use super::reason::Reason;
use super::record::Token;
use super::register::{Party, Registered};
use super::request::{Presentation, TokenRequest};
use crate::id::{AccountId, OpaqueId};
use crate::quote::call::Idempotency;

/// A call to a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The account whose key asks: the desk's own, or an administrator's.
    pub by: AccountId,
    /// Present on calls that change something: a repeated call gets the answer of the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked of a desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Issue a token.
    Issue(Box<Issue>),
    /// Redeem a token, or look whether it could be.
    Show(Box<Show>),
    /// Take a token back.
    Revoke {
        /// The token.
        token: OpaqueId,
        /// Why, in words.
        cause: Option<String>,
    },
    /// Units of a line came back: take back the tokens that are too many now. Its subjects are not looked at.
    Returned(SoldLine),
    /// From now on, refuse whatever names this party, and take back the tokens that do.
    Suspend {
        /// The shop, technician or tool.
        party: Party,
        /// Why, in words.
        cause: Option<String>,
    },
    /// Refuse it no longer. Tokens that were taken back stay so.
    Reinstate {
        /// The shop, technician or tool.
        party: Party,
    },
    /// Show a token, with every attempt on it.
    Get {
        /// The token.
        token: OpaqueId,
    },
    /// Show the log.
    Log {
        /// Entries after this place.
        after: u64,
        /// At most so many.
        limit: u32,
    },
    /// A signed status list.
    StatusList {
        /// Which, from 0.
        list: u64,
    },
}

/// A request for a token, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The token's id, made from the account, the caller's Idempotency-Key and the request: asking again meets the same
    /// token, whatever crashed in between.
    pub id: OpaqueId,
    /// What is wanted.
    pub request: TokenRequest,
    /// The line, as the quote desk knows it at this time; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<SoldLine>,
    /// What the registers say about the crew of the request.
    #[serde(default)]
    pub registered: Registered,
}

/// A token that is shown, and what the registers say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Show {
    /// What is shown.
    pub shown: Presentation,
    /// What the registers say about the crew that the token names; of no account if it is not a token.
    #[serde(default)]
    pub registered: Registered,
}

/// A desk's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is done, now or before.
    Done {
        /// The token as it is after it, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Box<Token>>,
        /// The entry that was made in the log: the caller's receipt. Its hash is an anchor for all entries before.
        entry: Box<TokenEvent>,
        /// The call had been made before, and this is its answer.
        #[serde(default)]
        replayed: bool,
    },
    /// To [`Ask::Get`].
    Token {
        /// The token.
        token: Box<Token>,
        /// Every entry about it, oldest first.
        attempts: Vec<TokenEvent>,
    },
    /// To [`Ask::Log`].
    Log {
        /// Oldest first.
        entries: Vec<TokenEvent>,
    },
    /// To [`Ask::StatusList`].
    StatusList {
        /// A JWT of type `statuslist+jwt`.
        jwt: String,
    },
    /// The desk refused.
    Refused {
        /// Why, as a stable code.
        reason: Reason,
        /// Why, in words.
        detail: String,
        /// The call had been made before, and this is its answer.
        #[serde(default)]
        replayed: bool,
    },
    /// The key was used for another call.
    KeyReused,
}

impl Answer {
    /// A refusal.
    pub fn refused(reason: Reason) -> Self {
        Self::Refused { reason, detail: reason.to_string(), replayed: false }
    }

    /// The same answer, marked as one that was given before.
    #[must_use]
    pub fn again(self) -> Self {
        match self {
            Self::Done { token, entry, .. } => Self::Done { token, entry, replayed: true },
            Self::Refused { reason, detail, .. } => Self::Refused { reason, detail, replayed: true },
            other => other,
        }
    }
}
