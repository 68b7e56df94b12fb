//! From an object's outbox to the `EVENTS` queue: at least once, in order, many events to a message.

use holdfast::time::SECOND;
use worker::{Env, QueueContentType, RawMessageBuilder, Result, console_error};

use super::alarm::breathe;
use crate::events::{self, MAX_MESSAGE};

/// Events read at a time, about as many as fit a message.
const READ_AT_ONCE: u32 = 150;
/// Messages sent by one alarm; the platform allows an invocation a thousand calls.
const MESSAGES_AT_ONCE: u32 = 50;

/// How long events of an account's desk wait where the deployment does not say, and at most, in seconds. An object that
/// has slept does not know what alarm it has and sets it anew, and none sleeps within ten seconds after a call: were the
/// wait longer, calls that come now and then could put the alarm off for ever.
const DELAY_SECONDS: u32 = 5;

/// How long events of an account's desk wait so that many go together, in milliseconds: a message costs more than the
/// quote it tells of. A deployment says so with `EVENTS_AFTER_SECONDS`.
pub fn delay(env: &Env) -> i64 {
    let configured = env.var("EVENTS_AFTER_SECONDS").ok().and_then(|value| value.to_string().parse().ok());
    i64::from(configured.unwrap_or(DELAY_SECONDS).min(DELAY_SECONDS)).saturating_mul(SECOND)
}

/// The table where an object's events wait: written in the same transaction as what they tell of.
pub trait Outbox {
    /// The oldest events as JSON, by place.
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>>;
    /// Takes out the events up to and with this place.
    fn delivered(&self, seq: u64) -> Result<()>;
}

/// Delivers what waits in the outbox of the object `source`, and takes it out once the queue has it. Whether anything
/// is left.
pub async fn drain(source: &str, outbox: &impl Outbox, env: &Env) -> Result<bool> {
    let queue = env.queue("EVENTS")?;
    for _ in 0..MESSAGES_AT_ONCE {
        let waiting = outbox.oldest(READ_AT_ONCE)?;
        let Some((message, last)) = events::pack(source, &waiting) else { return Ok(false) };
        if message.len() <= MAX_MESSAGE {
            let message = RawMessageBuilder::new(message.into()).build_with_content_type(QueueContentType::Text);
            queue.send_raw(message).await?;
        } else {
            // One event that no message can carry: a count that endangers thousands of quotes.
            console_error!("{source}: event {last} has {} bytes and goes straight to the log", message.len());
            events::store(&[(String::new(), message)], env).await?;
        }
        outbox.delivered(last)?;
        let all_read = u32::try_from(waiting.len()).is_ok_and(|read| read < READ_AT_ONCE);
        if all_read && waiting.last().is_some_and(|(seq, _)| *seq == last) {
            break;
        }
        breathe().await;
    }
    Ok(!outbox.oldest(1)?.is_empty())
}
