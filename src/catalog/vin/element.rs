//! The vPIC elements that Holdfast keeps: what a pattern can say about a vehicle.

use serde::{Deserialize, Serialize};

use super::Feature;

/// One kind of fact about a vehicle, with its element id in vPIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u16", try_from = "u16")]
#[repr(u16)]
#[allow(missing_docs)] // The names are vPIC's own.
pub enum Element {
    BodyClass = 5,
    EngineCylinders = 9,
    DisplacementLitres = 13,
    DriveType = 15,
    EngineModel = 18,
    FuelPrimary = 24,
    Make = 26,
    Model = 28,
    Series = 34,
    Trim = 38,
    FuelSecondary = 66,
    PlantCountry = 75,
    AdaptiveCruiseControl = 81,
    CrashImminentBraking = 87,
    BlindSpotWarning = 88,
    ForwardCollisionWarning = 101,
    LaneDepartureWarning = 102,
    LaneKeepingAssistance = 103,
    BackupCamera = 104,
    ParkingAssist = 105,
    ElectrificationLevel = 126,
    OtherEngineInfo = 129,
    PedestrianEmergencyBraking = 171,
    RearCrossTrafficAlert = 183,
    RearEmergencyBraking = 192,
    BlindSpotIntervention = 193,
    LaneCenteringAssistance = 194,
}

/// The number is not one of the elements that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("vPIC element {0} is not one that is kept")]
pub struct UnknownElement(u16);

impl Element {
    /// Every element that is kept.
    pub const ALL: [Self; 27] = [
        Self::BodyClass,
        Self::EngineCylinders,
        Self::DisplacementLitres,
        Self::DriveType,
        Self::EngineModel,
        Self::FuelPrimary,
        Self::Make,
        Self::Model,
        Self::Series,
        Self::Trim,
        Self::FuelSecondary,
        Self::PlantCountry,
        Self::AdaptiveCruiseControl,
        Self::CrashImminentBraking,
        Self::BlindSpotWarning,
        Self::ForwardCollisionWarning,
        Self::LaneDepartureWarning,
        Self::LaneKeepingAssistance,
        Self::BackupCamera,
        Self::ParkingAssist,
        Self::ElectrificationLevel,
        Self::OtherEngineInfo,
        Self::PedestrianEmergencyBraking,
        Self::RearCrossTrafficAlert,
        Self::RearEmergencyBraking,
        Self::BlindSpotIntervention,
        Self::LaneCenteringAssistance,
    ];

    /// The element's id in vPIC.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// The driver-assistance feature the element speaks of, if it speaks of one.
    pub const fn feature(self) -> Option<Feature> {
        Some(match self {
            Self::AdaptiveCruiseControl => Feature::AdaptiveCruiseControl,
            Self::CrashImminentBraking => Feature::AutomaticEmergencyBraking,
            Self::BlindSpotWarning => Feature::BlindSpotWarning,
            Self::ForwardCollisionWarning => Feature::ForwardCollisionWarning,
            Self::LaneDepartureWarning => Feature::LaneDepartureWarning,
            Self::LaneKeepingAssistance => Feature::LaneKeepingAssistance,
            Self::BackupCamera => Feature::BackupCamera,
            Self::ParkingAssist => Feature::ParkingAssist,
            Self::PedestrianEmergencyBraking => Feature::PedestrianEmergencyBraking,
            Self::RearCrossTrafficAlert => Feature::RearCrossTrafficAlert,
            Self::RearEmergencyBraking => Feature::RearEmergencyBraking,
            Self::BlindSpotIntervention => Feature::BlindSpotIntervention,
            Self::LaneCenteringAssistance => Feature::LaneCenteringAssistance,
            _ => return None,
        })
    }
}

impl From<Element> for u16 {
    fn from(element: Element) -> Self {
        element.id()
    }
}

impl TryFrom<u16> for Element {
    type Error = UnknownElement;

    fn try_from(id: u16) -> Result<Self, UnknownElement> {
        Self::ALL.into_iter().find(|element| element.id() == id).ok_or(UnknownElement(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_stored_under_their_vpic_ids() {
        assert_eq!(serde_json::to_string(&Element::Model).unwrap(), "28");
        for element in Element::ALL {
            assert_eq!(Element::try_from(element.id()), Ok(element));
        }
        assert_eq!(Element::try_from(1), Err(UnknownElement(1)));
    }
}
