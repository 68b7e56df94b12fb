//! What a household spends on service in a year, as far as that can be estimated from its vehicles.

use serde_json::Value;

use crate::catalog::Powertrain;
use crate::input::{Fault, Faults, Fields};
use crate::money::{Currency, MAX_MINOR_UNITS};

/// Estimated spend on service of one vehicle in a year, by what drives it.
///
/// The default is the scheduled maintenance of a light vehicle in the United States: cents a mile by powertrain (10.1,
/// 9.4, 9.0, 6.1) from Burnham et al., "Comprehensive Total Cost of Ownership Quantification for Vehicles with Different
/// Size Classes and Powertrains", Argonne National Laboratory, 2021, doi:10.2172/1780970, times 11,500 miles a year, near
/// the average of the Federal Highway Administration's table VM-1. Fuel cells are taken as electric, and what is not
/// known as a combustion engine. It counts parts and labour, so a distributor of parts can never reach all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSpend {
    /// Of every amount.
    pub currency: Currency,
    /// Minor units a year, in the order of [`Powertrain::NAMES`].
    annual: [i64; 6],
}

impl Default for ServiceSpend {
    fn default() -> Self {
        Self { currency: Currency::USD, annual: [116_150, 108_100, 103_500, 70_150, 70_150, 116_150] }
    }
}

impl ServiceSpend {
    /// Reads a table of one's own: `{"currency":"USD","ice":116150,"hybrid":108100,…}`, every powertrain named.
    pub fn read(table: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(table, "", &mut faults);
        let currency = fields.required("currency", &mut faults);
        let mut annual = [0; 6];
        for (slot, (_, name)) in annual.iter_mut().zip(Powertrain::NAMES) {
            *slot = fields.required(name, &mut faults).unwrap_or(0_i64);
            if !(0..=MAX_MINOR_UNITS).contains(slot) {
                faults.add(fields.at(name), "out_of_range", "expected minor units, 0 or more");
            }
        }
        fields.finish(&mut faults);
        faults.or(currency.map(|currency| Self { currency, annual }))
    }

    /// What so many days of one vehicle are estimated to cost, in minor units, rounded down; a year has 365 days.
    pub fn estimate(&self, powertrain: Powertrain, vehicle_days: i64) -> i64 {
        let place = Powertrain::NAMES.iter().position(|(known, _)| *known == powertrain);
        let annual = place.and_then(|place| self.annual.get(place)).copied().unwrap_or(0);
        let estimate = i128::from(annual).saturating_mul(vehicle_days.into()).checked_div(365).unwrap_or(0);
        i64::try_from(estimate).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_is_cents_a_mile_times_miles_a_year() {
        let spend = ServiceSpend::default();
        for (powertrain, tenths_of_a_cent) in
            [(Powertrain::Ice, 101), (Powertrain::Hybrid, 94), (Powertrain::PlugInHybrid, 90), (Powertrain::Ev, 61)]
        {
            assert_eq!(spend.estimate(powertrain, 365), tenths_of_a_cent * 11_500 / 10, "{powertrain:?}");
        }
        assert_eq!(spend.estimate(Powertrain::Ice, 1), 318);
        assert_eq!(spend.estimate(Powertrain::Ice, i64::MAX), i64::MAX);
    }

    #[test]
    fn a_table_of_ones_own_names_every_powertrain() {
        let mut table = json!({"currency": "EUR", "ice": 3_650, "hybrid": 0, "plug_in_hybrid": 1, "ev": 365,
            "fuel_cell": 1, "unknown": 1});
        let read = ServiceSpend::read(&table).unwrap();
        assert_eq!((read.currency.as_str(), read.estimate(Powertrain::Ice, 10)), ("EUR", 100));
        table["ev"] = json!(-1);
        table["moped"] = json!(1);
        table.as_object_mut().unwrap().remove("ice");
        let faults = ServiceSpend::read(&table).unwrap_err();
        let faults: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(faults, [("/ice", "missing"), ("/ev", "out_of_range"), ("/moped", "unknown_field")]);
    }
}
