//! What a vehicle needs: each slot is a part type at a position, which vehicles have it, and who makes parts for it.

use Count::{Cylinders, Units};
use Needs::{Any, Assistance, ElectricDrive, Engine, HybridSystem, PlainEngine, TyrePressure};
use Shared::{ByMake, BySize, No};

use super::brands::{
    BRKX, Brand, ECNV, EXLT, FLTQ, GLSV, HALT, HVXT, KLVT, LMZR, PURV, RMNX, RTNQ, SNSQ, SPKW, SSPN, VLTM, WPRL,
};
use super::vehicles::{Body, Generation, Powertrain};

/// A place on vehicles that parts are made for.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// Part type in common English, such as `Brake Pad`.
    pub part_type: &'static str,
    /// Position, such as `front left`; empty where it does not matter.
    pub position: &'static str,
    /// Which vehicles have the slot.
    pub needs: Needs,
    /// How many vehicles share one part.
    pub shared: Shared,
    /// How many units a vehicle takes there.
    pub count: Count,
    /// Who makes parts for it.
    pub brands: &'static [Brand],
    /// Usual list price for a mid-size car, in cents.
    pub list_cents: u64,
    /// Share of its parts that move fast, in percent.
    pub fast_percent: u64,
    /// Deposit on the old unit in cents; 0: none.
    pub core_cents: u64,
}

/// Which vehicles have a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Every vehicle.
    Any,
    /// A combustion engine.
    Engine,
    /// A combustion engine with a starter and an alternator of the usual kind: no hybrid system.
    PlainEngine,
    /// A hybrid system.
    HybridSystem,
    /// A battery and no engine.
    ElectricDrive,
    /// Driver assistance; fitted under this condition.
    Assistance(&'static str),
    /// Tyre pressure sensors: model year 2008 on (49 CFR 571.138).
    TyrePressure,
}

/// How many vehicles share one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// One generation of one model.
    No,
    /// Vehicles of one make, size and time.
    ByMake,
    /// Vehicles of one size, whoever made them.
    BySize,
}

/// How many units a vehicle takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Units(u64),
    /// One for each cylinder.
    Cylinders,
}

impl Slot {
    /// The first model year and the condition under which vehicles of `generation` have this slot.
    pub fn on(&self, generation: &Generation, make: &str) -> Option<(u64, &'static str)> {
        let Generation(from, to, powertrain, _, assisted_from) = *generation;
        match (self.needs, powertrain) {
            (Any, _) | (HybridSystem, Powertrain::Hybrid) | (ElectricDrive, Powertrain::Electric) => Some((from, "")),
            (Engine, _) => powertrain.has_engine().then(|| (from, powertrain.engine_qualifier())),
            (PlainEngine, Powertrain::GasOrHybrid) => Some((from, "without hybrid system")),
            (PlainEngine, Powertrain::Gas | Powertrain::GasOrElectric) => Some((from, powertrain.engine_qualifier())),
            (HybridSystem, Powertrain::GasOrHybrid) => Some((from, "with hybrid system")),
            (Assistance("with adaptive cruise"), _) if make == "TESLA" => None,
            (Assistance(qualifier), _) => (assisted_from > 0).then_some((assisted_from.max(from), qualifier)),
            (TyrePressure, _) => (to >= 2008).then_some((from.max(2008), "")),
            (PlainEngine | HybridSystem | ElectricDrive, _) => None,
        }
    }

    /// How many units a vehicle with `cylinders` takes.
    pub fn quantity(&self, cylinders: u64) -> u64 {
        match self.count {
            Units(units) => units,
            Cylinders => cylinders,
        }
    }
}

/// Prices of a size of vehicle, in percent of a mid-size car's.
pub fn price_percent(body: Body) -> u64 {
    match body {
        Body::Compact => 85,
        Body::Sedan => 100,
        Body::Van => 110,
        Body::Suv => 115,
        Body::Truck => 125,
        Body::Performance => 150,
    }
}

#[allow(clippy::too_many_arguments, reason = "one row of the table below")]
const fn slot(
    part_type: &'static str,
    position: &'static str,
    needs: Needs,
    shared: Shared,
    count: Count,
    brands: &'static [Brand],
    list_cents: u64,
    fast_percent: u64,
    core_cents: u64,
) -> Slot {
    Slot { part_type, position, needs, shared, count, brands, list_cents, fast_percent, core_cents }
}

/// Every slot.
#[rustfmt::skip]
pub const SLOTS: &[Slot] = &[
    slot("Brake Pad", "front", Any, No, Units(1), &[BRKX, HALT, ECNV], 6495, 70, 0),
    slot("Brake Pad", "rear", Any, No, Units(1), &[BRKX, HALT, ECNV], 5995, 60, 0),
    slot("Brake Rotor", "front", Any, No, Units(2), &[RTNQ, HALT], 7495, 55, 0),
    slot("Brake Rotor", "rear", Any, No, Units(2), &[RTNQ], 6495, 45, 0),
    slot("Brake Caliper", "front left", Any, No, Units(1), &[RMNX], 11_995, 15, 6500),
    slot("Brake Caliper", "front right", Any, No, Units(1), &[RMNX], 11_995, 15, 6500),
    slot("Shock Absorber", "rear", Any, No, Units(2), &[SSPN], 7995, 20, 0),
    slot("Strut Assembly", "front", Any, No, Units(2), &[SSPN], 18_995, 20, 0),
    slot("Control Arm", "front left", Any, ByMake, Units(1), &[SSPN], 12_995, 15, 0),
    slot("Control Arm", "front right", Any, ByMake, Units(1), &[SSPN], 12_995, 15, 0),
    slot("Sway Bar Link", "front", Any, ByMake, Units(2), &[SSPN], 3495, 35, 0),
    slot("Tie Rod End", "front", Any, ByMake, Units(2), &[SSPN], 4295, 30, 0),
    slot("Wheel Hub Assembly", "front", Any, ByMake, Units(2), &[SSPN], 13_995, 25, 0),
    slot("Windshield", "", Any, No, Units(1), &[GLSV], 28_995, 5, 0),
    slot("Windshield with Camera Bracket", "", Assistance("with lane keeping camera"), No, Units(1), &[GLSV], 52_995, 5, 0),
    slot("Headlight Assembly", "left", Any, No, Units(1), &[LMZR], 21_995, 5, 0),
    slot("Headlight Assembly", "right", Any, No, Units(1), &[LMZR], 21_995, 5, 0),
    slot("Side Mirror", "left", Any, No, Units(1), &[GLSV], 13_995, 5, 0),
    slot("Side Mirror", "right", Any, No, Units(1), &[GLSV], 13_995, 5, 0),
    slot("Radar Sensor", "front", Assistance("with adaptive cruise"), No, Units(1), &[SNSQ], 74_995, 3, 0),
    slot("Front Camera", "", Assistance("with lane keeping camera"), No, Units(1), &[SNSQ], 68_995, 3, 0),
    slot("Blind Spot Sensor", "rear left", Assistance("with blind spot monitor"), No, Units(1), &[SNSQ], 38_995, 3, 0),
    slot("Blind Spot Sensor", "rear right", Assistance("with blind spot monitor"), No, Units(1), &[SNSQ], 38_995, 3, 0),
    slot("Cabin Air Filter", "", Any, No, Units(1), &[FLTQ, PURV], 2495, 75, 0),
    slot("Wiper Blade", "front left", Any, BySize, Units(1), &[WPRL, ECNV], 2195, 85, 0),
    slot("Wiper Blade", "front right", Any, BySize, Units(1), &[WPRL, ECNV], 1995, 85, 0),
    slot("Battery", "", Any, BySize, Units(1), &[VLTM, ECNV], 17_995, 85, 2200),
    slot("Headlight Bulb", "", Any, BySize, Units(2), &[LMZR, ECNV], 1895, 80, 0),
    slot("Tire Pressure Sensor", "", TyrePressure, ByMake, Units(4), &[SNSQ, ECNV], 5495, 40, 0),
    slot("Wheel Lug Nut", "", Any, ByMake, Units(20), &[SSPN], 295, 40, 0),
    slot("Oil Filter", "", Engine, ByMake, Units(1), &[FLTQ, PURV, ECNV], 1095, 95, 0),
    slot("Engine Air Filter", "", Engine, No, Units(1), &[FLTQ, PURV], 2295, 75, 0),
    slot("Spark Plug", "", Engine, ByMake, Cylinders, &[SPKW, VLTM], 1295, 85, 0),
    slot("Ignition Coil", "", Engine, ByMake, Cylinders, &[SPKW, VLTM], 6495, 45, 0),
    slot("Oxygen Sensor", "upstream", Engine, ByMake, Units(1), &[SNSQ], 9495, 35, 0),
    slot("Oxygen Sensor", "downstream", Engine, ByMake, Units(1), &[SNSQ], 8495, 30, 0),
    slot("Serpentine Belt", "", PlainEngine, ByMake, Units(1), &[VLTM, ECNV], 3495, 60, 0),
    slot("Thermostat", "", Engine, ByMake, Units(1), &[KLVT], 2695, 35, 0),
    slot("Water Pump", "", Engine, ByMake, Units(1), &[KLVT], 9995, 25, 0),
    slot("Radiator", "", Engine, ByMake, Units(1), &[KLVT], 21_995, 15, 0),
    slot("Fuel Pump", "", Engine, ByMake, Units(1), &[KLVT], 22_995, 12, 0),
    slot("Engine Mount", "", Engine, ByMake, Units(1), &[SSPN], 6995, 15, 0),
    slot("Catalytic Converter", "", Engine, No, Units(1), &[EXLT], 54_995, 3, 9000),
    slot("Muffler", "rear", Engine, No, Units(1), &[EXLT], 15_995, 8, 0),
    slot("Alternator", "", PlainEngine, ByMake, Units(1), &[RMNX, VLTM], 24_995, 25, 6000),
    slot("Starter", "", PlainEngine, ByMake, Units(1), &[RMNX], 19_995, 22, 4500),
    slot("Hybrid Battery Pack", "", HybridSystem, No, Units(1), &[HVXT], 219_995, 2, 75_000),
    slot("Inverter Coolant Pump", "", HybridSystem, ByMake, Units(1), &[HVXT, KLVT], 18_995, 12, 0),
    slot("Battery Cooling Fan Filter", "", HybridSystem, ByMake, Units(1), &[FLTQ], 2995, 45, 0),
    slot("Battery Coolant Pump", "", ElectricDrive, No, Units(1), &[HVXT], 28_995, 8, 0),
    slot("Charge Port Door Actuator", "", ElectricDrive, No, Units(1), &[HVXT], 14_995, 8, 0),
    slot("Drive Unit Oil Filter", "", ElectricDrive, ByMake, Units(1), &[FLTQ], 3995, 25, 0),
    slot("DC-DC Converter", "", ElectricDrive, No, Units(1), &[HVXT], 89_995, 2, 12_000),
];
