//! `/v1/parts`: what a part is. Prices and cost stay out of it; `POST /v1/query` tells what a caller pays.

use std::rc::Rc;

use holdfast::access::Scope;
use holdfast::catalog::part::{
    Billing, Calibration, Component, Interchange, Kind, LifeCycle, Pack, Part, PartType, Supply,
};
use holdfast::catalog::{Gtin, PartNumber, Reading};
use holdfast::id::{BrandCode, Quantity, Sku};
use holdfast::order::SortedMap;
use holdfast::query::request::{LineRequest, Wanted};
use holdfast::query::resolve::{Finding, Match, resolve};
use holdfast::time::Timestamp;
use serde::Serialize;

use crate::edge::Edge;
use crate::problem::Problem;
use crate::wire::Answer;

/// The most parts of one bar code that are told.
const MAX_OF_GTIN: usize = 5;

/// A part as callers see it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Part"))]
pub struct PartView<'a> {
    /// The distributor's name for it.
    sku: &'a Sku,
    /// The maker's brand.
    brand: &'a BrandCode,
    /// The brand's name.
    brand_name: &'a str,
    /// The maker's number.
    number: &'a PartNumber,
    /// One line for people.
    description: &'a str,
    /// What kind of part it is.
    part_type: &'a PartType,
    /// `physical`, `digital`, or `bundle` of `components`.
    kind: Kind,
    /// Where it stands in its life.
    life_cycle: LifeCycle,
    /// Whether it is kept in stock.
    supply: Supply,
    /// In what numbers it is sold.
    pack: Pack,
    /// Days allowed to bring the old unit back.
    core_return_days: Option<u16>,
    /// What must be calibrated after fitting.
    calibration: Option<&'a Calibration>,
    /// Our parts that can be fitted instead.
    interchange: &'a [Interchange],
    /// The chain of replacements; the last is sold today.
    superseded_by: &'a [Sku],
    /// What a bundle is made of.
    components: &'a [Component],
    /// Its bar code.
    gtin: Option<&'a str>,
    /// What else is known, by name.
    attributes: &'a SortedMap<String, String>,
    /// How a digital part is billed; `null` is a single sale.
    billing: Option<Billing>,
}

impl<'a> PartView<'a> {
    /// What callers may see of `part`.
    pub fn of(part: &'a Part) -> Self {
        Self {
            sku: &part.sku,
            brand: &part.brand,
            brand_name: &part.brand_name,
            number: &part.number,
            description: &part.description,
            part_type: &part.part_type,
            kind: part.kind,
            life_cycle: part.life_cycle,
            supply: part.supply,
            pack: part.pack,
            core_return_days: part.core.and_then(|core| core.return_days),
            calibration: part.calibration.as_ref(),
            interchange: &part.interchange,
            superseded_by: &part.superseded_by,
            components: &part.components,
            gtin: part.gtin.as_deref(),
            attributes: &part.attributes,
            billing: part.billing,
        }
    }
}

/// `GET /v1/parts/{sku}`
pub async fn by_sku(edge: &Edge<'_>, sku: &str) -> Result<Answer, Problem> {
    edge.caller(Scope::Query).await?;
    let unknown =
        || Problem::not_found(format!("there is no part `{sku}`; GET /v1/parts?brand=&number= looks for numbers"));
    let sku: Sku = sku.parse().map_err(|_| unknown())?;
    let part = edge.settle(|reading| reading.part(&sku)).await?.ok_or_else(unknown)?;
    Ok(edge.ok(&PartView::of(&part)))
}

/// `GET /v1/parts?brand=&number=`, `GET /v1/parts?gtin=`
pub async fn by_number(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Query).await?;
    let gtin: Option<Gtin> = edge.parameter("gtin")?;
    let brand = edge.parameters("brand").find(|brand| !brand.is_empty());
    let line = edge.parameter("number")?.map(|number| {
        let wanted = Wanted::Number { brand, number };
        LineRequest { wanted, quantity: Quantity::ONE }
    });
    let find = |reading: &Reading| match (&gtin, &line) {
        (Some(gtin), _) => Some(with_gtin(gtin, reading)),
        (None, Some(line)) => Some(with_number(line, edge.now, reading)),
        (None, None) => None,
    };
    let Some((matched, parts)) = edge.settle(find).await? else {
        let detail = "`number` or `gtin` is required: GET /v1/parts?brand=BRKX&number=44-10";
        return Err(Problem::invalid_field("/number", detail));
    };
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "match")]
        matched: Match,
        parts: Vec<PartView<'a>>,
    }
    Ok(edge.ok(&Body { matched, parts: parts.iter().map(|part| PartView::of(part)).collect() }))
}

fn with_number(line: &LineRequest, now: Timestamp, reading: &Reading) -> (Match, Vec<Rc<Part>>) {
    let line = resolve(line, now, reading);
    let parts = match line.finding {
        Finding::Choices(choices) => choices.into_iter().map(|choice| choice.part).collect(),
        Finding::Candidates(parts) => parts,
        Finding::Nothing(_) => Vec::new(),
    };
    (line.matched, parts)
}

/// Several parts may have one bar code; then all are told and none is guessed.
fn with_gtin(gtin: &Gtin, reading: &Reading) -> (Match, Vec<Rc<Part>>) {
    let skus = reading.skus(gtin);
    let parts: Vec<_> = skus.iter().take(MAX_OF_GTIN).filter_map(|sku| reading.part(sku)).collect();
    let matched = match parts.len() {
        0 => Match::None,
        1 => Match::Exact,
        _ => Match::Ambiguous,
    };
    (matched, parts)
}
