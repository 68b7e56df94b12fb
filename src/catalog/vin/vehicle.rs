//! What a VIN was decoded to: the answer of the API and the bridge to fitment.

use serde::Serialize;

use super::{Powertrain, VehicleType, Vin};
use crate::catalog::VehicleKey;

/// A decoded vehicle. Names of makes, models and series are written as vPIC writes them; what is absent is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Vehicle {
    /// The VIN, in capitals.
    pub vin: Vin,
    /// Model year.
    pub year: Option<u16>,
    /// Make, such as `Honda`.
    pub make: Option<String>,
    /// Model, such as `Accord`.
    pub model: Option<String>,
    /// Series or platform, such as `ZVW30L`.
    pub series: Option<String>,
    /// Trim level.
    pub trim: Option<String>,
    /// Body class, such as `Sedan/Saloon`.
    pub body: Option<String>,
    /// Kind of vehicle.
    pub vehicle_type: Option<VehicleType>,
    /// Driven wheels.
    pub drive: Option<String>,
    /// What drives it.
    pub powertrain: Powertrain,
    /// vPIC's electrification level in words, where it is recorded.
    pub electrification: Option<String>,
    /// The engine.
    pub engine: Engine,
    /// Driver-assistance features that are standard or optional on this vehicle; `None` where the records are silent,
    /// which is not the same as having none.
    pub driver_assistance: Option<Vec<DriverAssistance>>,
    /// The company that the maker's identifier belongs to.
    pub manufacturer: Option<String>,
    /// Country of the plant.
    pub plant_country: Option<String>,
    /// What a reader should know before relying on the answer.
    pub warnings: Vec<Warning>,
}

/// An engine, as far as the VIN tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Engine {
    /// The maker's name for it, such as `2ZR-FXE`.
    pub model: Option<String>,
    /// Number of cylinders.
    pub cylinders: Option<String>,
    /// Displacement in litres, in decimals as vPIC writes it.
    pub displacement_litres: Option<String>,
    /// First fuel, such as `Gasoline` or `Electric`.
    pub fuel: Option<String>,
    /// Second fuel.
    pub second_fuel: Option<String>,
}

/// A driver-assistance feature of a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DriverAssistance {
    /// The feature.
    pub feature: Feature,
    /// Whether every such vehicle has it.
    pub fitted: Fitted,
}

/// Whether a feature is on every vehicle of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fitted {
    /// On every one.
    Standard,
    /// On some: look at the vehicle.
    Optional,
}

/// Driver-assistance features that vPIC records. Many need calibration after a repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names are the features' own.
pub enum Feature {
    AdaptiveCruiseControl,
    AutomaticEmergencyBraking,
    BackupCamera,
    BlindSpotIntervention,
    BlindSpotWarning,
    ForwardCollisionWarning,
    LaneCenteringAssistance,
    LaneDepartureWarning,
    LaneKeepingAssistance,
    ParkingAssist,
    PedestrianEmergencyBraking,
    RearCrossTrafficAlert,
    RearEmergencyBraking,
}

/// Something that makes the answer less certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "VehicleWarning"))]
pub struct Warning {
    /// A stable name for programs.
    pub code: WarningCode,
    /// The same for people, and what to do.
    pub message: String,
}

/// The stable names of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "VehicleWarningCode"))]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// Position 9 is not the check digit, on a vehicle that should have one: probably a typing error.
    CheckDigitMismatch,
    /// A maker elsewhere, and position 9 is no check digit: built for a market whose VINs do not follow North America's
    /// rules, or mistyped.
    OutsideNorthAmerica,
    /// Nobody in the records uses this maker's identifier.
    UnknownManufacturer,
    /// Position 10 is not a model year.
    ModelYearUnknown,
    /// Two model years, 30 apart, are possible.
    ModelYearAmbiguous,
    /// The maker's identifier is used for several makes.
    MakeUnknown,
    /// No pattern tells the model.
    ModelUnknown,
}

impl Vehicle {
    /// The keys under which parts that fit this vehicle are filed; none unless year, make and model are all known.
    pub fn keys(&self) -> Vec<VehicleKey> {
        match (self.year, &self.make, &self.model) {
            (Some(year), Some(make), Some(model)) => vec![VehicleKey::new(year, make, model)],
            _ => Vec::new(),
        }
    }

    /// Whether a warning was raised.
    pub fn warns(&self, code: WarningCode) -> bool {
        self.warnings.iter().any(|warning| warning.code == code)
    }
}
