//! How this isolate does: sums in memory, sent to the `EVENTS` queue in the background.

use std::cell::RefCell;
use std::time::Duration;

use holdfast::kpi::Gathered;
use holdfast::kpi::gathered::{Ending, MAX_AGE, MAX_ANSWERS};
use wasm_bindgen::prelude::*;
use worker::{Context, Delay, Env, QueueContentType, RawMessageBuilder, console_error};

use crate::edge::Edge;
use crate::events::{self, no_region};

/// How often a message is tried. It has the same ids each time, so it counts once.
const TRIES: u32 = 3;

thread_local! {
    static ISOLATE: RefCell<Isolate> = RefCell::default();
}

#[derive(Default)]
struct Isolate {
    /// Names this isolate among all that ever were.
    source: String,
    gathered: Gathered,
    /// When what has been gathered goes out.
    due: Option<i64>,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    fn random_uuid() -> String;
}

/// Notes that a request of `function` has now been answered with `status`.
pub fn note(function: &'static str, edge: &Edge<'_>, status: u16, context: &Context) {
    if cfg!(feature = "unmeasured") {
        return;
    }
    let Some(region) = edge.region().or_else(|| no_region().ok()) else { return };
    let ending = match status {
        ..400 => Ending::Answered,
        400..500 => Ending::Refused,
        500.. => Ending::Failed,
    };
    let took = edge.took();
    let now = edge.now.plus(i64::try_from(took).unwrap_or(i64::MAX)).millis();
    let (full, idle) = ISOLATE.with_borrow_mut(|isolate| {
        let waiting = isolate.gathered.note(function, region, ending, edge.now, took, edge.was_late());
        // One that should have gone out long ago is no longer waited for: the request that was to send it is gone.
        let idle = isolate.due.is_none_or(|due| now > due.saturating_add(MAX_AGE));
        if idle {
            isolate.due = Some(now.saturating_add(MAX_AGE));
        }
        (waiting >= MAX_ANSWERS, idle)
    });
    if idle {
        let env = edge.env.clone();
        context.wait_until(async move {
            Delay::from(Duration::from_millis(MAX_AGE.unsigned_abs())).await;
            ISOLATE.with_borrow_mut(|isolate| isolate.due = None);
            send(env).await;
        });
    }
    if full {
        context.wait_until(send(edge.env.clone()));
    }
}

/// Sends what has been gathered.
async fn send(env: Env) {
    let (source, mut events) = ISOLATE.with_borrow_mut(|isolate| {
        if isolate.source.is_empty() {
            isolate.source = format!("edge/{}", random_uuid());
        }
        (isolate.source.clone(), isolate.gathered.take())
    });
    while let Some((message, last)) = events::pack(&source, &events) {
        events.retain(|(seq, _)| *seq > last);
        for attempt in 1..=TRIES {
            match post(&env, &message).await {
                Ok(()) => break,
                Err(error) if attempt == TRIES => console_error!("timings of this isolate are lost: {error}"),
                Err(_) => Delay::from(Duration::from_millis(MAX_AGE.unsigned_abs())).await,
            }
        }
    }
}

async fn post(env: &Env, message: &str) -> worker::Result<()> {
    let message = RawMessageBuilder::new(message.into()).build_with_content_type(QueueContentType::Text);
    env.queue("EVENTS")?.send_raw(message).await
}
