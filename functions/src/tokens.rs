//! `/v1/tokens`: for each unit sold that must be calibrated, a signed, single-use authorisation.

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::id::{AccountId, OpaqueId};
use holdfast::input::{Fault, Faults, Fields};
use holdfast::pricing::Account;
use holdfast::quote::Quote;
use holdfast::quote::call as quote_call;
use holdfast::quote::call::Idempotency;
use holdfast::time::Timestamp;
use holdfast::token::call::{Answer as DeskAnswer, Ask, Call, Issue, Show};
use holdfast::token::event::TokenEvent;
use holdfast::token::evidence::{SoldLine, Subject, Warning};
use holdfast::token::register::{Crew, Registered};
use holdfast::token::request::{Presentation, TokenRequest};
use holdfast::token::{Claims, Reason, State, Token, status};
use serde::Serialize;
use serde_json::Value;

use crate::authority;
use crate::edge::Edge;
use crate::objects;
use crate::objects::sql::cut;
use crate::problem::Problem;
use crate::providers::{self, CredentialView};
use crate::quotes;
use crate::wire::Answer;

/// The most entries of one page of the log, and how many come unasked.
const MAX_PAGE: u32 = holdfast::token::desk::MAX_PAGE;
const DEFAULT_PAGE: u32 = 100;
/// How long gateways may keep the public keys, in seconds. A key is published long before it signs.
const KEYS_FOR: u32 = 300;
/// The most characters of a reason.
const MAX_CAUSE: usize = 200;

/// `POST /v1/tokens`
pub async fn issue(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Token).await?.account;
    authority::of(edge.env)?;
    let idempotency = quotes::idempotency(edge, &account)?;
    let request = TokenRequest::read(&edge.json()?)?;
    let get = quote_call::Ask::Get { quote: request.quote.clone() };
    let quote = match quotes::ask(edge, &account, get, None).await? {
        quote_call::Answer::Quote { quote, .. } => Some(quote),
        _ => None,
    };
    let answer = issue_for(edge, &account, request, quote.as_deref(), idempotency).await?;
    let (token, replayed) = done(answer)?;
    let token = token.ok_or_else(Problem::internal)?;
    let credential = providers::obtain(edge, &account.id, &token).await?.map(CredentialView::or_problem).transpose()?;
    let issued = Issued::of(&token, credential.as_ref());
    let answer = edge.json_status(201, &issued).header("location", &format!("/v1/tokens/{}", token.claims.jti));
    Ok(mark(answer, replayed))
}

/// Asks the account's token desk for a token, with what the quote desk and the catalogue know of it.
pub async fn issue_for(
    edge: &Edge<'_>,
    account: &Account,
    request: TokenRequest,
    quote: Option<&Quote>,
    idempotency: Idempotency,
) -> Result<DeskAnswer, Problem> {
    let (line, registered) = edge
        .settle(|reading| {
            let line = quote.and_then(|quote| SoldLine::of(quote, request.line, &request.vin, edge.now, reading));
            (line, reading.registered(&request.crew))
        })
        .await?;
    let meant = |subject: &&Subject| request.sku.as_ref().is_none_or(|sku| *sku == subject.sku);
    providers::check(edge.env, line.iter().flat_map(|line| &line.subjects).filter(meant))?;
    let issue = Issue { id: quotes::new_id("t", &idempotency), request, line, registered };
    ask(edge, &account.id, &account.id, Ask::Issue(Box::new(issue)), Some(idempotency)).await
}

/// `POST /v1/tokens/redeem`
pub async fn redeem(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Token).await?.account;
    let idempotency = quotes::idempotency(edge, &account)?;
    let shown = Presentation::read_redemption(&edge.json()?)?;
    let DeskAnswer::Done { token: Some(token), entry, replayed } =
        show(edge, &account, shown, Some(idempotency)).await?
    else {
        return Err(Problem::internal());
    };
    Ok(mark(edge.ok(&Receipt::of(&token, &entry)), replayed))
}

/// `POST /v1/tokens/verify`: whether a token could be redeemed now. Nothing is used up.
pub async fn verify(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Token).await?.account;
    let shown = Presentation::read_verification(&edge.json()?)?;
    #[derive(Serialize)]
    struct Body<'a> {
        valid: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<TokenView<'a>>,
    }
    match asked(edge, &account, shown, None).await? {
        DeskAnswer::Done { token: Some(token), .. } => {
            Ok(edge.ok(&Body { valid: true, reason: None, detail: None, token: Some(TokenView::of(&token, edge.now)) }))
        }
        DeskAnswer::Refused { reason, detail, .. } if reason != Reason::TokensNotConfigured => {
            Ok(edge.ok(&Body { valid: false, reason: Some(reason), detail: Some(&detail), token: None }))
        }
        other => done(other).and_then(|_| Err(Problem::internal())),
    }
}

/// `POST /v1/tokens/{id}/revoke`
pub async fn revoke(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Token).await?.account;
    let token = token_id(id)?;
    let idempotency = quotes::idempotency(edge, &account)?;
    let cause = read_cause(edge)?;
    let answer = ask(edge, &account.id, &account.id, Ask::Revoke { token, cause }, Some(idempotency)).await?;
    let (token, replayed) = done(answer)?;
    let token = token.ok_or_else(Problem::internal)?;
    Ok(mark(edge.ok(&TokenView::of(&token, edge.now)), replayed))
}

/// `GET /v1/tokens/{id}`: the token and every attempt on it.
pub async fn get(edge: &Edge<'_>, id: &str) -> Result<Answer, Problem> {
    let account = edge.caller(Scope::Token).await?.account;
    let token = token_id(id)?;
    match ask(edge, &account.id, &account.id, Ask::Get { token }, None).await? {
        DeskAnswer::Token { token, attempts, decision } => {
            #[derive(Serialize)]
            struct Body<'a> {
                #[serde(flatten)]
                token: TokenView<'a>,
                jws: &'a str,
                #[serde(skip_serializing_if = "Option::is_none")]
                credential: Option<CredentialView>,
                attempts: Vec<TokenEvent>,
            }
            let credential = providers::view(edge, &token, decision.as_ref()).await;
            Ok(edge.ok(&Body { token: TokenView::of(&token, edge.now), jws: &token.jws, credential, attempts }))
        }
        other => done(other).and_then(|_| Err(Problem::internal())),
    }
}

/// `GET /v1/tokens/log?after=&limit=`: the account's log, oldest first; an administrator names the `account`.
pub async fn log(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let named: Option<AccountId> = edge.parameter("account")?;
    let caller = edge.caller(if named.is_some() { Scope::Admin } else { Scope::Token }).await?.account;
    let account = named.as_ref().unwrap_or(&caller.id);
    known(edge, account).await?;
    let after = edge.parameter("after")?.unwrap_or(0);
    let limit = edge.parameter("limit")?.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid_field("/limit", format!("a page has 1 to {MAX_PAGE} entries")));
    }
    match ask(edge, account, &caller.id, Ask::Log { after, limit: limit.saturating_add(1) }, None).await? {
        DeskAnswer::Log { mut entries } => {
            #[derive(Serialize)]
            struct Body {
                entries: Vec<TokenEvent>,
                /// Pass it as `after` for the next page; absent where the log ends.
                #[serde(skip_serializing_if = "Option::is_none")]
                next: Option<u64>,
            }
            let more = cut(&mut entries, limit);
            let next = entries.last().filter(|_| more).map(|last| last.seq);
            Ok(edge.ok(&Body { entries, next }))
        }
        other => done(other).and_then(|_| Err(Problem::internal())),
    }
}

/// `GET /.well-known/jwks.json`
pub fn keys(edge: &Edge<'_>) -> Result<Answer, Problem> {
    let authority = authority::of(edge.env)?;
    let answer = edge.json_text(authority.ring.jwks(edge.now)).repeat_for(1_000);
    Ok(answer.header("cache-control", &format!("public, max-age={KEYS_FOR}")))
}

/// `GET /v1/tokens/status/{account}/{list}`: which tokens were revoked or used, signed, for gateways that check offline.
pub async fn status_list(edge: &Edge<'_>, account: &str, list: &str) -> Result<Answer, Problem> {
    let unknown = || Problem::not_found("there is no such status list; a token's `status` claim names its own");
    authority::of(edge.env)?;
    let account: AccountId = account.parse().map_err(|_| unknown())?;
    let list: u64 = list.parse().map_err(|_| unknown())?;
    // Only an account that exists has a desk to ask.
    known(edge, &account).await.map_err(|_| unknown())?;
    match ask(edge, &account, &account, Ask::StatusList { list }, None).await? {
        DeskAnswer::StatusList { jwt } => Ok(Answer::new(200, jwt)
            .header("content-type", "application/statuslist+jwt")
            .header("cache-control", &format!("public, max-age={}", status::TTL))
            .repeat_for(1_000)),
        other => done(other).and_then(|_| Err(Problem::internal())),
    }
}

/// Tells the token desk which units came back, so that their tokens are revoked. Returns count whether or not this
/// reaches it: the next call about the line tells it again.
pub async fn returned(edge: &Edge<'_>, account: &Account, quote: &Quote) {
    if authority::of(edge.env).is_err() {
        return;
    }
    let needing = edge.settle(|reading| {
        let needs = |sku| reading.part(sku).is_some_and(|part| part.calibration.is_some());
        let lines = (0_u16..).zip(&quote.lines).filter(|(_, line)| line.returned > 0);
        let lines = lines.filter(|(_, line)| needs(&line.sku) || line.needs.iter().any(|need| needs(&need.sku)));
        let line = |(place, line): (u16, &holdfast::quote::record::QuoteLine)| SoldLine {
            quote: quote.id.clone(),
            line: place,
            committed: line.committed,
            returned: line.returned,
            subjects: Vec::new(),
        };
        lines.map(line).collect::<Vec<_>>()
    });
    for line in needing.await.unwrap_or_default() {
        // A failure has been logged.
        let _ = ask(edge, &account.id, &account.id, Ask::Returned(line), None).await;
    }
}

async fn show(
    edge: &Edge<'_>,
    account: &Rc<Account>,
    shown: Presentation,
    idempotency: Option<Idempotency>,
) -> Result<DeskAnswer, Problem> {
    let answer = asked(edge, account, shown, idempotency).await?;
    match answer {
        DeskAnswer::Done { .. } => Ok(answer),
        other => done(other).and_then(|_| Err(Problem::internal())),
    }
}

async fn asked(
    edge: &Edge<'_>,
    account: &Account,
    shown: Presentation,
    idempotency: Option<Idempotency>,
) -> Result<DeskAnswer, Problem> {
    let crew = authority::of(edge.env)?.open(&shown.token, edge.now).ok().map(|claims| crew_of(&claims));
    let registered = match crew {
        Some(crew) => edge.settle(|reading| reading.registered(&crew)).await?,
        None => Registered::default(),
    };
    ask(edge, &account.id, &account.id, Ask::Show(Box::new(Show { shown, registered })), idempotency).await
}

/// Asks the desk of `account`, for the account `by`.
pub async fn ask(
    edge: &Edge<'_>,
    account: &AccountId,
    by: &AccountId,
    ask: Ask,
    idempotency: Option<Idempotency>,
) -> Result<DeskAnswer, Problem> {
    let call = Call { by: by.clone(), idempotency, ask };
    let text = serde_json::to_string(&call).map_err(|_| Problem::internal())?;
    let reply = edge.timed("tokens", objects::ask(edge.env, "TOKENS", account.as_str(), None, &text)).await;
    let reply = reply.map_err(|error| error.told(&format!("token desk {account}"), "the token desk"))?;
    holdfast::json::from_str(&reply).map_err(|error| {
        worker::console_error!("token desk {account} sent an unreadable answer: {error}");
        Problem::internal()
    })
}

/// The token of an answer and whether it was given before, or the problem that the desk saw.
fn done(answer: DeskAnswer) -> Result<(Option<Box<Token>>, bool), Problem> {
    match answer {
        DeskAnswer::Done { token, replayed, .. } => Ok((token, replayed)),
        DeskAnswer::Refused { reason, detail, replayed } => {
            let problem = refusal(reason, detail);
            Err(if replayed { problem.header("idempotent-replayed", "true") } else { problem })
        }
        DeskAnswer::KeyReused => Err(Problem::idempotency_key_reused()),
        DeskAnswer::Token { .. } | DeskAnswer::Log { .. } | DeskAnswer::StatusList { .. } => Err(Problem::internal()),
    }
}

/// What a caller is told: what is not theirs is forbidden, what has ended is gone, what they may change is unprocessable.
pub fn refusal(reason: Reason, detail: String) -> Problem {
    let (status, code, title) = match reason {
        Reason::NotFound => return Problem::not_found(detail),
        Reason::TokensNotConfigured => return authority::NotConfigured::default().into(),
        Reason::NotCommitted => (409, "not_committed", "Not committed"),
        Reason::EntitlementExhausted => (409, "entitlement_exhausted", "No unit left"),
        Reason::AlreadyRedeemed => (409, "already_redeemed", "Redeemed before"),
        Reason::TokenExpired => (410, "token_expired", "Too late"),
        Reason::CalibrationNotRequired => (422, "calibration_not_required", "No token is needed"),
        Reason::ProviderRefused => (422, "provider_refused", "The provider refused"),
        Reason::AmbiguousPart => (422, "ambiguous_part", "Which part?"),
        Reason::VehicleMismatch => (422, "vehicle_mismatch", "Another vehicle's part"),
        Reason::TokenRevoked => (403, "token_revoked", "Revoked"),
        Reason::InvalidSignature => (403, "invalid_signature", "Not a token of ours"),
        Reason::ScopeMismatch => (403, "scope_mismatch", "Another's token"),
        Reason::TokenNotYetValid => (403, "token_not_yet_valid", "Too early"),
        Reason::UnknownShop => (403, "unknown_shop", "Not registered"),
        Reason::UnknownTechnician => (403, "unknown_technician", "Not registered"),
        Reason::UnknownTool => (403, "unknown_tool", "Not registered"),
        Reason::ShopNotApproved => (403, "shop_not_approved", "Not approved"),
        Reason::TechnicianNotApproved => (403, "technician_not_approved", "Not approved"),
        Reason::ToolNotApproved => (403, "tool_not_approved", "Not approved"),
        Reason::TechnicianOfAnotherShop => (403, "technician_of_another_shop", "Another shop's technician"),
        Reason::ToolOfAnotherShop => (403, "tool_of_another_shop", "Another shop's tool"),
    };
    Problem::refusal(status, code, title, detail)
}

/// Whom a token names.
fn crew_of(claims: &Claims) -> Crew {
    Crew { shop: claims.shop.clone(), technician: claims.technician.clone(), tool: claims.tool.clone() }
}

/// That an account exists.
async fn known(edge: &Edge<'_>, account: &AccountId) -> Result<(), Problem> {
    let known = edge.settle(|reading| reading.account(account).is_some()).await?;
    if known { Ok(()) } else { Err(Problem::not_found(format!("there is no account `{account}`"))) }
}

/// `{"reason": "…"}`, or no body.
pub fn read_cause(edge: &Edge<'_>) -> Result<Option<String>, Problem> {
    if edge.request.body.is_empty() && !edge.request.too_large {
        return Ok(None);
    }
    let body: Value = edge.json()?;
    let mut faults = Faults::default();
    let mut fields = Fields::of(&body, "", &mut faults);
    let cause = fields.optional::<String>("reason", &mut faults);
    if cause.as_ref().is_some_and(|cause| cause.chars().count() > MAX_CAUSE) {
        faults.add("/reason", "too_long", format!("a reason has at most {MAX_CAUSE} characters"));
    }
    fields.finish(&mut faults);
    faults.or(Some(cause)).map_err(|faults: Vec<Fault>| faults.into())
}

fn token_id(id: &str) -> Result<OpaqueId, Problem> {
    id.parse().map_err(|_| Problem::not_found(format!("there is no token `{id}`")))
}

fn mark(answer: Answer, replayed: bool) -> Answer {
    if replayed { answer.header("idempotent-replayed", "true") } else { answer }
}

/// A token as whoever asked for it gets it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "IssuedToken"))]
pub struct Issued<'a> {
    /// Its id.
    id: &'a OpaqueId,
    /// The token: a JWS.
    token: &'a str,
    /// Until when it can be redeemed.
    expires_at: Timestamp,
    /// The quote on which the unit was sold.
    quote: &'a OpaqueId,
    /// Its line.
    line: u16,
    /// The part.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::id::Sku"))]
    sku: &'a str,
    /// What was uncertain.
    #[serde(skip_serializing_if = "<[Warning]>::is_empty")]
    warnings: &'a [Warning],
    /// What the part's provider adds to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'a CredentialView>,
}

impl<'a> Issued<'a> {
    /// What there is to say about a new token, and its provider's credential, if it has a provider.
    pub fn of(token: &'a Token, credential: Option<&'a CredentialView>) -> Self {
        let claims = &token.claims;
        let (id, sku) = (&claims.jti, claims.sku.as_str());
        let (quote, line) = (&claims.quote, claims.line);
        let (expires_at, warnings) = (claims.expires_at(), &token.warnings);
        Self { id, token: &token.jws, expires_at, quote, line, sku, warnings, credential }
    }
}

/// A token as its owner sees it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Token"))]
pub struct TokenView<'a> {
    /// Its id.
    id: &'a OpaqueId,
    /// How far it has come.
    state: State,
    /// Until when it can be redeemed.
    expires_at: Timestamp,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// The quote on which the unit was sold.
    quote: &'a OpaqueId,
    /// Its line.
    line: u16,
    /// The part.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::id::Sku"))]
    sku: &'a str,
    /// The vehicle.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::catalog::vin::Vin"))]
    vin: &'a str,
    /// The shop.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::id::RegisteredId"))]
    shop: &'a str,
    /// The technician.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::id::RegisteredId"))]
    technician: &'a str,
    /// The tool.
    #[cfg_attr(feature = "openapi", schemars(with = "holdfast::id::RegisteredId"))]
    tool: &'a str,
    /// What was uncertain.
    #[serde(skip_serializing_if = "<[Warning]>::is_empty")]
    warnings: &'a [Warning],
}

impl<'a> TokenView<'a> {
    fn of(token: &'a Token, now: Timestamp) -> Self {
        let claims = &token.claims;
        Self {
            id: &claims.jti,
            state: token.state_at(now),
            expires_at: claims.expires_at(),
            ended_at: token.ended_at,
            quote: &claims.quote,
            line: claims.line,
            sku: claims.sku.as_str(),
            vin: claims.vin.as_str(),
            shop: claims.shop.as_str(),
            technician: claims.technician.as_str(),
            tool: claims.tool.as_str(),
            warnings: &token.warnings,
        }
    }
}

/// What a redemption leaves in the hands of whoever redeemed.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Redemption"))]
pub struct Receipt<'a> {
    #[serde(flatten)]
    token: TokenView<'a>,
    /// When it was redeemed.
    redeemed_at: Timestamp,
    /// The place of the redemption in the account's log.
    #[serde(rename = "receipt")]
    anchor: Anchor<'a>,
}

/// A place in the account's log. Whoever keeps it can tell later whether what stands before it was changed.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "LogAnchor"))]
struct Anchor<'a> {
    /// The entry's place.
    seq: u64,
    /// Its hash, in hex.
    hash: &'a str,
}

impl<'a> Receipt<'a> {
    fn of(token: &'a Token, entry: &'a TokenEvent) -> Self {
        let anchor = Anchor { seq: entry.seq, hash: &entry.hash };
        Self { token: TokenView::of(token, entry.at), redeemed_at: entry.at, anchor }
    }
}
