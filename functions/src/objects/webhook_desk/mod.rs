//! The webhook desk: delivers messages to one endpoint, whose name it has. The one named `*` delivers nothing: it has the
//! register of all endpoints.
//!
//! - **Commands**: [`Command`] as text. Replies are texts too: JSON, a number, or nothing.
//! - **Tables**: see [`store`].
//! - **Alarm**: sends what is due, ten at a time; notes what each try came to; delivers the desk's own events, and forgets
//!   what came to rest long ago. At least once: a try counts only once it is noted, so a crash between the two sends again.
//!
//! A message that came before, by its id, is not taken again. One for an endpoint that is not there is dropped.

mod store;

use holdfast::webhook::delivery::{AT_ONCE, TRY_TIMEOUT, seconds};
use holdfast::webhook::{Endpoint, Schedule};
use wasm_bindgen::prelude::*;
use worker::js_sys::Promise;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Env, Result, State, console_error, worker_sys};

use self::store::{Delivery, Store};
use super::alarm::{Alarm, breathe, transaction};
use super::{now, outbox};

/// The name of the desk that has the register.
pub const REGISTER: &str = "*";
/// Times that one alarm sends as many as it may at once; each takes ten seconds at most.
const ROUNDS: u32 = 30;

#[wasm_bindgen(module = "/glue/webhook.js")]
extern "C" {
    /// The promise of a line for each request: status, 1 if it was too late for one, when it began, how long it took.
    fn deliver(url: &str, requests: &str, timeout: u32) -> Promise;
}

/// What a desk can be asked.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) enum Command<'a> {
    /// To the register: enter an endpoint, or change it. The reply is `full` where there is no room.
    Enter { id: &'a str, subscription: &'a str },
    /// To the register: strike an endpoint out. The reply is its name, if it was there.
    Leave { id: &'a str },
    /// To the register: every subscription, `{"webhooks": […]}`.
    List,
    /// This is the endpoint now, and it is on. The reply is `new` if it was not there; only then the secret counts.
    Open { secret: &'a str, subscription: &'a str },
    /// Use this secret from now on. The reply is until when the one before is used too; nothing without an endpoint.
    Rotate { secret: &'a str },
    /// Take these messages, a list as JSON.
    Take { messages: &'a str },
    /// How the endpoint is, as JSON; nothing if it is not there.
    Show,
    /// A page of deliveries, the newest first, before this place.
    Page { state: &'a str, before: u64, limit: u32 },
    /// Deliver this again, or all that is `dead`. The reply is how many; `off` where the endpoint is.
    Replay { which: &'a str },
    /// There is no such endpoint any more.
    Close,
}

impl<'a> Command<'a> {
    /// The verb and its arguments, a line each; the last may have any text.
    pub fn to_text(&self) -> String {
        match self {
            Self::Enter { id, subscription } => format!("enter\n{id}\n{subscription}"),
            Self::Leave { id } => format!("leave\n{id}"),
            Self::List => "list".into(),
            Self::Open { secret, subscription } => format!("open\n{secret}\n{subscription}"),
            Self::Rotate { secret } => format!("rotate\n{secret}"),
            Self::Take { messages } => format!("take\n{messages}"),
            Self::Show => "show".into(),
            Self::Page { state, before, limit } => format!("page\n{before}\n{limit}\n{state}"),
            Self::Replay { which } => format!("replay\n{which}"),
            Self::Close => "close".into(),
        }
    }

    /// What [`Command::to_text`] wrote.
    pub fn of_text(text: &'a str) -> Option<Self> {
        let (verb, rest) = text.split_once('\n').unwrap_or((text, ""));
        Some(match verb {
            "enter" => rest.split_once('\n').map(|(id, subscription)| Self::Enter { id, subscription })?,
            "leave" => Self::Leave { id: rest },
            "list" => Self::List,
            "open" => rest.split_once('\n').map(|(secret, subscription)| Self::Open { secret, subscription })?,
            "rotate" => Self::Rotate { secret: rest },
            "take" => Self::Take { messages: rest },
            "show" => Self::Show,
            "page" => {
                let (before, rest) = rest.split_once('\n')?;
                let (limit, state) = rest.split_once('\n')?;
                Self::Page { state, before: before.parse().ok()?, limit: limit.parse().ok()? }
            }
            "replay" => Self::Replay { which: rest },
            "close" => Self::Close,
            _ => return None,
        })
    }
}

/// The object around a desk. All truth is in SQLite; what is here can be lost at any time.
#[wasm_bindgen]
pub struct WebhookDesk {
    store: Store,
    storage: worker_sys::DurableObjectStorage,
    alarm: Alarm,
    name: String,
    schedule: Schedule,
    env: Env,
}

#[wasm_bindgen]
impl WebhookDesk {
    /// Runs the migrations.
    #[wasm_bindgen(constructor)]
    pub fn new(state: worker_sys::DurableObjectState, env: Env) -> std::result::Result<WebhookDesk, JsValue> {
        let (storage, alarm) = (state.storage()?, Alarm::of(state.storage()?));
        let state = State::from(state);
        let name = state.id().name().ok_or("a webhook desk is named by its endpoint")?;
        let store = Store::open(state.storage().sql())?;
        let configured = env.var("WEBHOOK_RETRY_SECONDS").ok().map(|value| value.to_string());
        let schedule = configured.and_then(|text| Schedule::parse(&text)).unwrap_or_default();
        Ok(Self { store, storage, alarm, name, schedule, env })
    }

    /// Carries out one command, inside one transaction that `glue/object.js` opens.
    pub fn ask(&self, command: &str) -> std::result::Result<String, JsValue> {
        let command = Command::of_text(command).ok_or("a webhook desk was asked what it does not know")?;
        let wakes = matches!(command, Command::Take { .. } | Command::Replay { .. });
        let reply = self.store.carry_out(&command, now())?;
        if wakes {
            self.alarm.wake_at(now())?;
        }
        Ok(reply)
    }

    /// Does what is due. Never fails: what could not be done is due again later.
    pub async fn alarm(&self) -> std::result::Result<(), JsValue> {
        self.alarm.rang(now());
        let sent = self.send_all().await;
        if let Err(error) = &sent {
            console_error!("webhook desk {}: sending: {error:?}", self.name);
        }
        let tidied = transaction(&self.storage, || Ok(self.store.tidy(now())?));
        if let Err(error) = &tidied {
            console_error!("webhook desk {}: tidying: {error:?}", self.name);
        }
        let told = outbox::drain(&format!("webhooks/{}", self.name), &self.store, &self.env).await;
        if let Err(error) = &told {
            console_error!("webhook desk {}: telling: {error}", self.name);
        }
        if sent.is_err() || tidied.is_err() || told.is_err() {
            return self.alarm.failed(now());
        }
        self.alarm.succeeded();
        self.store.next_due()?.map_or(Ok(()), |at| self.alarm.wake_at(at))
    }

    /// Sends what is due, and notes what came of it.
    async fn send_all(&self) -> std::result::Result<(), JsValue> {
        for _ in 0..ROUNDS {
            let Some(endpoint) = self.store.endpoint()?.filter(|endpoint| endpoint.disabled.is_none()) else { break };
            let due = self.store.due(now(), AT_ONCE)?;
            if due.is_empty() {
                break;
            }
            let sent = deliver(&endpoint.url, &requests(&endpoint, &due), TRY_TIMEOUT);
            let answer = JsFuture::from(sent).await?.as_string().unwrap_or_default();
            transaction(&self.storage, || {
                for (delivery, line) in due.iter().zip(answer.lines()) {
                    self.store.heard(delivery, line, &self.schedule)?;
                }
                Ok(())
            })?;
            breathe().await;
        }
        Ok(())
    }
}

/// What is to be sent, four lines each. A body is JSON as it is written here: on one line.
fn requests(endpoint: &Endpoint, due: &[Delivery]) -> String {
    let at = now();
    let request = |delivery: &Delivery| {
        let Delivery { id, body, .. } = delivery;
        format!("{id}\n{}\n{}\n{body}\n", seconds(at), endpoint.signature(id, body, at))
    };
    due.iter().map(request).collect()
}

impl outbox::Outbox for Store {
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        self.events(limit)
    }

    fn delivered(&self, seq: u64) -> Result<()> {
        self.forget_events(seq)
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    #[test]
    fn what_is_written_is_read() {
        for command in [
            Command::Enter { id: "erp", subscription: "{\n}" },
            Command::Leave { id: "erp" },
            Command::List,
            Command::Open { secret: "whsec_x", subscription: "{\n}" },
            Command::Rotate { secret: "whsec_x" },
            Command::Take { messages: "[\n]" },
            Command::Show,
            Command::Page { state: "dead", before: 7, limit: 50 },
            Command::Page { state: "", before: u64::MAX, limit: 1 },
            Command::Replay { which: "dead" },
            Command::Close,
        ] {
            assert_eq!(Command::of_text(&command.to_text()), Some(command));
        }
        for text in ["", "x", "enter\na", "page\n1\nx\n"] {
            assert_eq!(Command::of_text(text), None, "{text}");
        }
    }
}
