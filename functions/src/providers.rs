//! Providers, as the edge asks them: who they are in this deployment, and their credentials under lock and key. A desk
//! asks nobody, so that it never waits for a stranger.
//!
//! - `TOKEN_PROVIDERS`, a secret: their names, addresses and secrets ([`Providers::parse`]).
//! - `CREDENTIAL_KEY`, a secret: what their credentials are sealed with ([`CredentialKeys::parse`]).

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use holdfast::id::{AccountId, OpaqueId, ProviderId};
use holdfast::input::Fault;
use holdfast::time::Timestamp;
use holdfast::token::breaker::Breaker;
use holdfast::token::call::{Answer as DeskAnswer, Ask};
use holdfast::token::credential::{Credential, CredentialKeys, Decision, Sealed};
use holdfast::token::evidence::Subject;
use holdfast::token::provider::{self, MAX_REPLY, Provider, Providers, RETRY_AFTER, Reply, TRY_TIMEOUT};
use holdfast::token::{Reason, State, Token};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use worker::Env;
use worker::console_error;
use worker::js_sys::Promise;
use worker::wasm_bindgen_futures::JsFuture;

use crate::edge::{Edge, clock};
use crate::problem::Problem;
use crate::tokens;

#[wasm_bindgen(module = "/glue/provider.js")]
extern "C" {
    fn send(url: &str, id: &str, seconds: &str, signature: &str, body: &str, timeout: u32, most: u32) -> Promise;
    fn pause(milliseconds: u32) -> Promise;
}

#[wasm_bindgen(module = "/glue/seal.js")]
extern "C" {
    fn seal(key: &str, token: &str, text: &str) -> Promise;
    fn open(key: &str, token: &str, sealed: &str) -> Promise;
}

/// What the deployment's configuration comes to.
struct Configured {
    providers: Providers,
    keys: CredentialKeys,
}

thread_local! {
    /// It does not change while an isolate lives.
    static CONFIGURED: OnceCell<Option<Rc<Configured>>> = const { OnceCell::new() };
    /// How the providers are, as far as this isolate has met them.
    static BREAKERS: RefCell<Vec<(ProviderId, Breaker)>> = const { RefCell::new(Vec::new()) };
}

/// A provider's credential, as whoever may see the token sees it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Credential"))]
pub struct CredentialView {
    /// Who gives it.
    provider: ProviderId,
    /// How far it has come.
    state: CredentialState,
    /// What the provider gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Until when it is good, if the provider said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Why it is not there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When to ask again, in seconds.
    #[serde(skip)]
    retry_after: u32,
}

/// How far a credential has come.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum CredentialState {
    /// It is there.
    Granted,
    /// The provider has not answered yet.
    Awaited,
    /// The provider gave none, and the token was taken back.
    Refused,
    /// It was deleted when its token ended.
    Ended,
    /// The key that opens it is gone.
    Unreadable,
}

/// That every provider that these parts name can be asked.
pub fn check<'a>(env: &Env, subjects: impl IntoIterator<Item = &'a Subject>) -> Result<(), Problem> {
    subjects.into_iter().filter_map(|subject| subject.calibration.external()).try_for_each(|id| find(env, id).map(drop))
}

/// The credential that goes with a token, which its provider is asked for if it has not decided yet; none for a token
/// that is complete by itself.
pub async fn obtain(edge: &Edge<'_>, account: &AccountId, token: &Token) -> Result<Option<CredentialView>, Problem> {
    let Some(id) = &token.provider else { return Ok(None) };
    let (configured, provider) = find(edge.env, id)?;
    let token_id = &token.claims.jti;
    let (token, decision) = at_desk(edge, account, Ask::Get { token: token_id.clone() }).await?;
    if decision.is_some() || token.state_at(edge.now) != State::Active {
        return Ok(view(edge, &token, decision.as_ref()).await);
    }
    let decision = match edge.timed("provider", decide(&provider, &token)).await {
        Ok(Reply::Granted(credential)) => {
            let sealed = sealed(&configured.keys, token_id, &credential).await.ok_or_else(Problem::internal)?;
            Decision::Granted(sealed)
        }
        Ok(Reply::Refused(why)) => Decision::Refused(why),
        Ok(Reply::Failed(_)) => return Ok(Some(unavailable(id, RETRY_AFTER))),
        Err(wait) => return Ok(Some(unavailable(id, wait))),
    };
    let settle = Ask::Settle { token: token_id.clone(), decision };
    let (token, decision) = at_desk(edge, account, settle).await?;
    Ok(view(edge, &token, decision.as_ref()).await)
}

/// The credential that goes with a token, given what its provider has decided.
pub async fn view(edge: &Edge<'_>, token: &Token, decision: Option<&Decision>) -> Option<CredentialView> {
    let provider = token.provider.clone()?;
    let of = |state, detail: Option<&str>| {
        let detail = detail.map(str::to_owned);
        CredentialView { provider, state, value: None, expires_at: None, code: None, detail, retry_after: 0 }
    };
    Some(match decision {
        Some(Decision::Refused(why)) => of(CredentialState::Refused, Some(why)),
        _ if token.state_at(edge.now) != State::Active => of(CredentialState::Ended, None),
        None => of(CredentialState::Awaited, Some("send the request that issued the token again")),
        Some(Decision::Granted(sealed)) => match opened(edge.env, &token.claims.jti, sealed).await {
            Some(Credential { credential, expires_at }) => {
                CredentialView { value: Some(credential), expires_at, ..of(CredentialState::Granted, None) }
            }
            None => of(CredentialState::Unreadable, Some("its key is gone: revoke the token and ask for another")),
        },
    })
}

impl CredentialView {
    /// The credential, unless the caller is to be told that there is none.
    pub fn or_problem(self) -> Result<Self, Problem> {
        let detail = self.detail.clone().unwrap_or_default();
        match self.state {
            CredentialState::Awaited => {
                let problem = Problem::refusal(503, "provider_unavailable", "The provider does not answer", detail);
                Err(problem.retry_after(self.retry_after))
            }
            CredentialState::Refused => Err(tokens::refusal(Reason::ProviderRefused, detail)),
            _ => Ok(self),
        }
    }

    /// Why the provider refused, if it did.
    pub fn refusal(&self) -> Option<&str> {
        self.detail.as_deref().filter(|_| self.state == CredentialState::Refused)
    }
}

fn unavailable(provider: &ProviderId, wait: i64) -> CredentialView {
    let detail = format!(
        "the token is issued and its unit taken, but `{provider}` has not given its credential: send the same request \
         again, with the same Idempotency-Key"
    );
    CredentialView {
        provider: provider.clone(),
        state: CredentialState::Awaited,
        value: None,
        expires_at: None,
        code: Some("provider_unavailable"),
        detail: Some(detail),
        retry_after: u32::try_from(wait.saturating_add(999).div_euclid(1_000)).unwrap_or(1),
    }
}

async fn at_desk(edge: &Edge<'_>, account: &AccountId, ask: Ask) -> Result<(Box<Token>, Option<Decision>), Problem> {
    match tokens::ask(edge, account, account, ask, None).await? {
        DeskAnswer::Token { token, decision, .. } => Ok((token, decision)),
        _ => Err(Problem::internal()),
    }
}

/// Asks a provider about a token until it decides, or has failed too often; or says for how many milliseconds it is not to
/// be asked.
async fn decide(provider: &Provider, token: &Token) -> Result<Reply, i64> {
    let (id, body) = (&token.claims.jti, provider::request_for(token));
    let mut tries = 0_u32;
    loop {
        breaker(&provider.id, |breaker| breaker.admit(now()))?;
        let seconds = now().millis().div_euclid(1_000);
        let signature = provider.signature(id, seconds, &body);
        let (seconds, url) = (seconds.to_string(), &provider.url);
        let answer = JsFuture::from(send(url, id.as_str(), &seconds, &signature, &body, TRY_TIMEOUT, MAX_REPLY)).await;
        let answer = answer.ok().and_then(|answer| answer.as_string()).unwrap_or_default();
        let (status, text) = answer.split_once('\n').unwrap_or_default();
        let reply = Reply::read(status.parse().unwrap_or(0), text);
        let Reply::Failed(why) = &reply else {
            breaker(&provider.id, Breaker::succeeded);
            return Ok(reply);
        };
        breaker(&provider.id, |breaker| breaker.failed(now()));
        tries = tries.saturating_add(1);
        console_error!("provider {}: try {tries} for token {id}: {why}", provider.id);
        let Some(wait) = provider::pause_after(tries) else { return Ok(reply) };
        let _ = JsFuture::from(pause(wait)).await;
    }
}

fn breaker<T>(id: &ProviderId, act: impl FnOnce(&mut Breaker) -> T) -> T {
    BREAKERS.with_borrow_mut(|breakers| {
        if let Some((_, breaker)) = breakers.iter_mut().find(|(known, _)| known == id) {
            return act(breaker);
        }
        let mut breaker = Breaker::default();
        let done = act(&mut breaker);
        breakers.push((id.clone(), breaker));
        done
    })
}

fn now() -> Timestamp {
    Timestamp::from_millis(clock())
}

async fn sealed(keys: &CredentialKeys, token: &OpaqueId, credential: &Credential) -> Option<Sealed> {
    let key = keys.sealing()?;
    let text = serde_json::to_string(credential).ok()?;
    let sealed = JsFuture::from(seal(key.secret(), token.as_str(), &text)).await.ok()?.as_string()?;
    Some(Sealed::new(key, &sealed))
}

async fn opened(env: &Env, token: &OpaqueId, sealed: &Sealed) -> Option<Credential> {
    let configured = configured(env)?;
    let (key, text) = sealed.parts()?;
    let key = configured.keys.find(key)?;
    let text = JsFuture::from(open(key.secret(), token.as_str(), text)).await.ok()?.as_string()?;
    Credential::read(&text).ok()
}

/// The provider of this name.
fn find(env: &Env, id: &ProviderId) -> Result<(Rc<Configured>, Provider), Problem> {
    let known = configured(env).and_then(|known| known.providers.find(id).cloned().map(|provider| (known, provider)));
    known.ok_or_else(|| {
        let detail = format!(
            "tokens for this part come with a credential of `{id}`, which this deployment cannot ask; its operator sets the \
             secrets TOKEN_PROVIDERS and CREDENTIAL_KEY (docs/operations.md)"
        );
        Problem::refusal(503, "provider_not_configured", "No such provider here", detail)
    })
}

fn configured(env: &Env) -> Option<Rc<Configured>> {
    CONFIGURED.with(|known| known.get_or_init(|| read(env).map(Rc::new)).clone())
}

/// What the secrets say; none where they are not set, or are wrong, which the log tells.
fn read(env: &Env) -> Option<Configured> {
    let secret = |name: &str| env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty());
    let wrong = |name: &str, faults: Vec<Fault>| {
        for Fault { pointer, detail, .. } in faults {
            console_error!("tokens: the secret {name} at {pointer:?}: {detail}");
        }
    };
    let providers = secret("TOKEN_PROVIDERS")?;
    let providers = Providers::parse(&providers).map_err(|faults| wrong("TOKEN_PROVIDERS", faults));
    let keys = secret("CREDENTIAL_KEY").unwrap_or_default();
    let keys = CredentialKeys::parse(&keys).map_err(|faults| wrong("CREDENTIAL_KEY", faults));
    Some(Configured { providers: providers.ok()?, keys: keys.ok()? })
}
