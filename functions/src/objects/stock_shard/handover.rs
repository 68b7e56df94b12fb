//! Carries handovers on: asks the domain what comes next, sends that to the sku's own shard, and tells what came of it.

use holdfast::id::Sku;
use holdfast::stock::handover::PAGE;
use holdfast::stock::shard::Reply;
use holdfast::stock::shard::handover::{self, Errand, Next};
use wasm_bindgen::JsValue;
use worker::Error;

use super::Shard;
use crate::objects::alarm::{breathe, transaction};
use crate::objects::depot::Shards;
use crate::objects::{ask, now};

/// Steps of one handover in one alarm; the platform allows an invocation a thousand calls.
const STEPS_AT_ONCE: u32 = 100;

impl Shard {
    /// Carries on every handover. Whether any is left to be carried on.
    pub(super) async fn hand_over(&self, beside: Option<&Shards>) -> Result<bool, Error> {
        let (mut left, mut failed) = (false, None);
        for sku in handover::under_way(&self.store)? {
            match self.carry(&sku, beside).await {
                Ok(more) => left |= more,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(left), Err)
    }

    async fn carry(&self, sku: &Sku, beside: Option<&Shards>) -> Result<bool, Error> {
        for _ in 0..STEPS_AT_ONCE {
            let mut next = Next::Rest;
            self.write(|| {
                next = handover::next(sku, PAGE, now(), &self.store)?;
                Ok(())
            })?;
            match next {
                Next::Send(errand) => self.send(sku, *errand, beside).await?,
                Next::Again => breathe().await,
                Next::Wait => return Ok(true),
                Next::Rest => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn send(&self, sku: &Sku, errand: Errand, beside: Option<&Shards>) -> Result<(), Error> {
        let reply = match beside {
            Some(shards) => shards.decide(&errand.to, errand.command.clone()),
            None => self.send_away(&errand).await,
        };
        let why = match reply {
            Ok(Reply::Done) => {
                let mut errand = Some(errand);
                return self.write(|| errand.take().map_or(Ok(()), |errand| handover::heard(errand, &self.store)));
            }
            Ok(_) => format!("{} does not take {sku}", errand.to),
            Err(error) => error.to_string(),
        };
        self.write(|| handover::failed(sku, &self.store))?;
        Err(Error::RustError(why))
    }

    async fn send_away(&self, errand: &Errand) -> Result<Reply, Error> {
        let (name, region) = (errand.to.to_string(), Some(errand.to.region.as_str()));
        let reply = ask(&self.home.env, "STOCK", &name, region, &serde_json::to_string(&errand.command)?).await;
        Ok(holdfast::json::from_str(&reply.map_err(|error| Error::RustError(error.to_string()))?)?)
    }

    /// Decides in one transaction. After a failure nothing is written, nor remembered.
    fn write(&self, mut work: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
        let written = transaction(&self.home.storage, || work().map_err(JsValue::from));
        written.map_err(|error| {
            self.forget();
            Error::from(error)
        })
    }
}
