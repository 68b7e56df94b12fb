//! What others know and a token desk does not: what was sold, what of it needs calibration, and whether it fits the
//! vehicle. An edge function gathers it from the quote desk and the catalogue, and sends it along.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::catalog::fitment::Application;
use crate::catalog::part::{Calibration, Component};
use crate::catalog::vin::{Vehicle, Vin, WarningCode};
use crate::catalog::{Part, PartNumber, Reading};
use crate::id::{BrandCode, OpaqueId, Sku};
use crate::query::fit::stands_for;
use crate::query::resolve::this_year;
use crate::quote::{Quote, QuoteState};
use crate::time::Timestamp;

/// A line of a quote, as the quote desk knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoldLine {
    /// The quote.
    pub quote: OpaqueId,
    /// The line.
    pub line: u16,
    /// Units of it that were sold; 0 while the quote is not committed.
    pub committed: u32,
    /// Units of them that came back.
    pub returned: u32,
    /// What needs calibration in one unit: the part itself, or components of a bundle.
    #[serde(default)]
    pub subjects: Vec<Subject>,
}

/// A part that needs calibration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The part.
    pub sku: Sku,
    /// Its brand.
    pub brand: BrandCode,
    /// Its number.
    pub number: PartNumber,
    /// Units of it in one unit of the line.
    pub per_unit: u32,
    /// What is to be done.
    pub calibration: Calibration,
    /// Whether it fits the vehicle.
    pub fit: Fit,
}

/// Whether a part fits a vehicle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// Yes, no, or nobody knows.
    pub verdict: Verdict,
    /// What is uncertain about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// Whether a part fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The catalogue says that it does, if its conditions are met.
    Fits,
    /// The catalogue knows nothing of such parts for this vehicle.
    Unknown,
    /// The catalogue knows which such parts fit this vehicle, and this is none of them.
    Mismatch,
}

/// Something that a reader should know before relying on a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenWarning"))]
pub struct Warning {
    /// A stable name for programs.
    pub code: Doubt,
    /// The same for people.
    pub message: String,
}

/// The stable names of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TokenWarningCode"))]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The VIN does not tell year, make and model.
    VehicleUnknown,
    /// The catalogue has no parts of this type for the vehicle.
    FitmentUnknown,
    /// The part fits on conditions that a VIN does not tell.
    Condition,
    /// The VIN's check digit is wrong: probably a typing error.
    CheckDigit,
}

impl SoldLine {
    /// What is known of a line of `quote` and of the vehicle it is for; none if the quote has no such line.
    pub fn of(quote: &Quote, line: u16, vin: &Vin, now: Timestamp, reading: &Reading) -> Option<Self> {
        let sold = quote.lines.get(usize::from(line))?;
        let subjects = Subject::of(&sold.sku, &sold.needs, vin, now, reading);
        let committed = if quote.state == QuoteState::Committed { sold.committed } else { 0 };
        let (quote, returned) = (quote.id.clone(), sold.returned);
        Some(Self { quote, line, committed, returned, subjects })
    }
}

impl Subject {
    /// What needs calibration in one unit of `sku`, which is made of `needs`, and whether it fits the vehicle.
    pub fn of(sku: &Sku, needs: &[Component], vin: &Vin, now: Timestamp, reading: &Reading) -> Vec<Self> {
        let vehicle = reading.decode(vin, this_year(now));
        let whole = reading.part(sku);
        let components = needs.iter().filter(|need| need.sku != *sku);
        let components = components.filter_map(|need| Some((reading.part(&need.sku)?, need.quantity)));
        let parts = whole.iter().map(|part| (part.clone(), 1)).chain(components);
        let subject = |(part, per_unit): (Rc<Part>, u32)| {
            let calibration = part.calibration.clone()?;
            let listed: Vec<&Part> = std::iter::once(&part).chain(&whole).map(AsRef::as_ref).collect();
            let fit = Fit::of(&vehicle, &listed, reading);
            let (sku, brand, number) = (part.sku.clone(), part.brand.clone(), part.number.clone());
            Some(Self { sku, brand, number, per_unit, calibration, fit })
        };
        parts.filter_map(subject).collect()
    }
}

impl Fit {
    /// Whether a part fits, by any of the names under which it may be listed: its own, and that of the bundle it is in.
    pub fn of(vehicle: &Vehicle, names: &[&Part], reading: &Reading) -> Self {
        let mut warnings = Vec::new();
        if vehicle.warns(WarningCode::CheckDigitMismatch) {
            warnings.push(Warning {
                code: Doubt::CheckDigit,
                message: "position 9 of the VIN is not its check digit: probably a typing error".into(),
            });
        }
        let keys = vehicle.keys();
        if keys.is_empty() {
            let message = "the VIN does not tell year, make and model".into();
            warnings.push(Warning { code: Doubt::VehicleUnknown, message });
            return Self { verdict: Verdict::Unknown, warnings };
        }
        let mut others_fit = false;
        for (part, key) in names.iter().flat_map(|part| keys.iter().map(move |key| (part, key))) {
            let Some(fitment) = reading.fitment(key, &part.part_type.name) else { continue };
            let applications = fitment.applications.iter().filter(|listed| stands_for(listed, part, reading));
            let applications: Vec<&Application> = applications.collect();
            if !applications.is_empty() {
                warnings.extend(condition(&applications));
                return Self { verdict: Verdict::Fits, warnings };
            }
            others_fit |= !fitment.applications.is_empty();
        }
        if others_fit {
            return Self { verdict: Verdict::Mismatch, warnings };
        }
        let message = "the catalogue has no parts of this type for this vehicle".into();
        warnings.push(Warning { code: Doubt::FitmentUnknown, message });
        Self { verdict: Verdict::Unknown, warnings }
    }
}

/// The conditions of a fit, unless one application has none.
fn condition(applications: &[&Application]) -> Option<Warning> {
    let of = |application: &Application| {
        let submodel = Some(&application.submodel).filter(|name| !name.is_empty());
        submodel.into_iter().chain(&application.qualifiers).cloned().collect::<Vec<_>>().join(", ")
    };
    let conditions: Vec<String> = applications.iter().map(|application| of(application)).collect();
    if conditions.iter().any(String::is_empty) {
        return None;
    }
    Some(Warning { code: Doubt::Condition, message: format!("fits on a condition: {}", conditions.join("; or ")) })
}

#[cfg(test)]
mod tests;
