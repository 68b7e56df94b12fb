//! What drives a vehicle, concluded from the facts that vPIC records about it.

use serde::Serialize;

use super::Element;

/// What drives a vehicle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Powertrain {
    /// A combustion engine alone.
    Ice,
    /// A combustion engine and a motor, not charged from the grid; mild hybrids too.
    Hybrid,
    /// A combustion engine and a motor with a battery that is charged from the grid.
    PlugInHybrid,
    /// A battery and motors alone.
    Ev,
    /// A fuel cell and motors.
    FuelCell,
    /// The records do not say.
    Unknown,
}

impl Powertrain {
    /// Every powertrain, with its name in the API.
    pub const NAMES: [(Self, &'static str); 6] = [
        (Self::Ice, "ice"),
        (Self::Hybrid, "hybrid"),
        (Self::PlugInHybrid, "plug_in_hybrid"),
        (Self::Ev, "ev"),
        (Self::FuelCell, "fuel_cell"),
        (Self::Unknown, "unknown"),
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(known, _)| *known == self).map_or("unknown", |(_, name)| name)
    }

    /// The powertrain of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(powertrain, _)| *powertrain)
    }

    /// Concludes the powertrain: from the electrification level where it is recorded, else from the two fuels, helped
    /// by words such as `Hybrid` and `PHEV` in the names of model, series, trim and engine.
    ///
    /// A car that burns fuel first and lists electricity second is a hybrid; with electricity first it drives on the
    /// grid's charge until it is used up, and is a plug-in hybrid.
    pub fn of(facts: &[(Element, &str)]) -> Self {
        let fact = |wanted| facts.iter().find(|&&(element, _)| element == wanted).map(|&(_, text)| text);
        if let Some(known) = fact(Element::ElectrificationLevel).and_then(by_level) {
            return known;
        }
        let says = |words: &[&str]| {
            let named = |element| {
                matches!(
                    element,
                    Element::Model | Element::Series | Element::Trim | Element::EngineModel | Element::OtherEngineInfo
                )
            };
            facts.iter().any(|&(element, text)| named(element) && has_word(text, words))
        };
        let plugs_in = says(&["phev", "plug-in", "e-hybrid", "4xe"]);
        match (fact(Element::FuelPrimary).map(Fuel::of), fact(Element::FuelSecondary).map(Fuel::of)) {
            (Some(Fuel::Hydrogen), second) if second != Some(Fuel::Burnt) => Self::FuelCell,
            (Some(Fuel::Electric), Some(Fuel::Hydrogen)) => Self::FuelCell,
            (Some(Fuel::Electric), Some(Fuel::Burnt)) => Self::PlugInHybrid,
            (Some(Fuel::Electric), _) => Self::Ev,
            (_, Some(Fuel::Electric)) if plugs_in => Self::PlugInHybrid,
            (_, Some(Fuel::Electric)) => Self::Hybrid,
            _ if plugs_in => Self::PlugInHybrid,
            _ if says(&["hybrid", "hev", "mhev"]) => Self::Hybrid,
            (Some(_), _) => Self::Ice,
            (None, _) if says(&["electric", "bev"]) => Self::Ev,
            (None, _) => Self::Unknown,
        }
    }
}

/// What kind of fuel a name of vPIC's means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fuel {
    Electric,
    Hydrogen,
    Burnt,
}

impl Fuel {
    fn of(name: &str) -> Self {
        match name {
            "Electric" => Self::Electric,
            "Fuel Cell" | "Compressed Hydrogen/Hydrogen" => Self::Hydrogen,
            _ => Self::Burnt,
        }
    }
}

/// vPIC writes levels as an abbreviation with its meaning: `PHEV (Plug-in Hybrid Electric Vehicle)`.
fn by_level(level: &str) -> Option<Powertrain> {
    Some(match level {
        level if level.starts_with("BEV") => Powertrain::Ev,
        level if level.starts_with("PHEV") => Powertrain::PlugInHybrid,
        level if level.starts_with("FCEV") => Powertrain::FuelCell,
        level if level.contains("HEV") => Powertrain::Hybrid,
        _ => return None,
    })
}

/// Whether one of the words (lower case) stands in a text as a word of its own.
fn has_word(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .any(|own| words.iter().any(|word| own.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fuels(first: &str, second: &str) -> Powertrain {
        let facts = [(Element::FuelPrimary, first), (Element::FuelSecondary, second)];
        Powertrain::of(if second.is_empty() { &facts[..1] } else { &facts })
    }

    #[test]
    fn the_fuels_tell_the_powertrain() {
        assert_eq!(fuels("Gasoline", ""), Powertrain::Ice);
        assert_eq!(fuels("Gasoline", "Ethanol (E85)"), Powertrain::Ice);
        assert_eq!(fuels("Gasoline", "Electric"), Powertrain::Hybrid);
        assert_eq!(fuels("Electric", "Gasoline"), Powertrain::PlugInHybrid);
        assert_eq!(fuels("Electric", ""), Powertrain::Ev);
        assert_eq!(fuels("Electric", "Compressed Hydrogen/Hydrogen"), Powertrain::FuelCell);
        assert_eq!(fuels("Compressed Hydrogen/Hydrogen", "Electric"), Powertrain::FuelCell);
        assert_eq!(Powertrain::of(&[]), Powertrain::Unknown);
    }

    #[test]
    fn a_recorded_level_is_believed_before_the_fuels() {
        let with_level =
            |level| Powertrain::of(&[(Element::FuelPrimary, "Gasoline"), (Element::ElectrificationLevel, level)]);
        assert_eq!(with_level("PHEV (Plug-in Hybrid Electric Vehicle)"), Powertrain::PlugInHybrid);
        assert_eq!(with_level("Mild HEV (Hybrid Electric Vehicle)"), Powertrain::Hybrid);
        assert_eq!(with_level("BEV (Battery Electric Vehicle)"), Powertrain::Ev);
        assert_eq!(with_level("FCEV (Fuel Cell Electric Vehicle)"), Powertrain::FuelCell);
        assert_eq!(with_level("something new"), Powertrain::Ice);
    }

    #[test]
    fn names_tell_what_the_fuels_leave_open() {
        let named = |element, name| Powertrain::of(&[(Element::FuelPrimary, "Gasoline"), (element, name)]);
        assert_eq!(named(Element::Trim, "Hybrid EX-L"), Powertrain::Hybrid);
        assert_eq!(named(Element::Model, "Cayenne E-Hybrid"), Powertrain::PlugInHybrid);
        assert_eq!(named(Element::OtherEngineInfo, "LEV 3 / PHEV - Motor"), Powertrain::PlugInHybrid);
        assert_eq!(named(Element::OtherEngineInfo, "EFI, Twin Plug"), Powertrain::Ice);
        assert_eq!(named(Element::BodyClass, "Hybrid"), Powertrain::Ice, "only names of the vehicle and engine count");
    }
}
