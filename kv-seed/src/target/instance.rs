//! A running instance: pairs go through its admin API in batches, as lines of `{"key":…,"value":…}`.

use std::path::Path;

use serde_json::value::RawValue;

use super::http::{Http, Method};
use super::manifest::{MARKER, Manifest};
use super::{EachHeld, Target};
use crate::error::Error;
use crate::stage::{Hash, hash};

/// A body may have 1 MiB.
const MAX_BODY: usize = 1024 * 1024;
/// A body may have as many lines.
const MAX_PAIRS: usize = 900;
/// Where pairs are written and the marker is read.
const PATH: &str = "/v1/admin/catalog";

/// The catalogue of a running instance.
pub struct Instance {
    http: Http,
    manifest: Manifest,
    body: Vec<u8>,
    batch: Vec<(String, Option<Hash>)>,
}

#[derive(serde::Serialize)]
struct Line<'a> {
    key: &'a str,
    value: Option<&'a RawValue>,
}

impl Instance {
    /// The instance behind `http`; `manifests` is the folder of the manifests, if not the usual one.
    pub fn new(http: Http, manifests: Option<&Path>) -> Result<Self, Error> {
        let manifest = Manifest::open(manifests, http.url())?;
        Ok(Self { http, manifest, body: Vec::new(), batch: Vec::new() })
    }

    fn add(&mut self, key: &str, value: Option<&[u8]>) -> Result<(), Error> {
        let raw: Option<&RawValue> = value.map(serde_json::from_slice).transpose()?;
        let mut line = serde_json::to_vec(&Line { key, value: raw })?;
        line.push(b'\n');
        if line.len() > MAX_BODY {
            return Err(Error::Target(format!("{key}: a running instance takes pairs up to {MAX_BODY} bytes")));
        }
        if self.body.len().saturating_add(line.len()) > MAX_BODY || self.batch.len() >= MAX_PAIRS {
            self.send()?;
        }
        self.body.extend(line);
        self.batch.push((key.to_owned(), value.map(hash)));
        Ok(())
    }

    fn send(&mut self) -> Result<(), Error> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.http.send(Method::Put, PATH, "application/x-ndjson", &self.body)?;
        self.body.clear();
        self.batch.retain(|(key, _)| key != MARKER);
        self.manifest.note(&std::mem::take(&mut self.batch))
    }

    /// Whether the instance holds what the manifest says. An instance that cannot be asked is not trusted.
    fn is_as_noted(&self) -> Result<bool, Error> {
        if self.manifest.is_empty()? {
            return Ok(false);
        }
        let answer = self.http.ask(Method::Get, &format!("{PATH}?key={MARKER}"), "application/json", &[])?;
        Ok(answer.status == 200 && answer.body == self.manifest.marker()?)
    }
}

impl Target for Instance {
    fn name(&self) -> String {
        self.http.url().to_owned()
    }

    fn held(&mut self, each: &mut EachHeld<'_>) -> Result<(), Error> {
        let trusted = self.is_as_noted()?;
        self.manifest.each(trusted, each)
    }

    fn value(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let answer = self.http.ask(Method::Get, &format!("{PATH}?key={key}"), "application/json", &[])?;
        Ok((answer.status == 200).then_some(answer.body))
    }

    fn put(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.add(key, Some(value))
    }

    fn delete(&mut self, key: &str) -> Result<(), Error> {
        self.add(key, None)
    }

    fn finish(&mut self) -> Result<(), Error> {
        let changed = !self.batch.is_empty() || !self.is_as_noted()?;
        self.send()?;
        if changed {
            let marker = self.manifest.marker()?;
            self.add(MARKER, Some(&marker))?;
        }
        self.send()
    }
}
