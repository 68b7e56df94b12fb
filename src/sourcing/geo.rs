//! Points on the Earth and how far apart they are.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Mean radius of the Earth in kilometres: R₁ of the Geodetic Reference System 1980 (H. Moritz, Journal of Geodesy 74,
/// 2000), the International Union of Geodesy and Geophysics' mean radius.
const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// A point on the Earth, in degrees: latitude −90 to 90 north, longitude −180 to 180 east.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct GeoPoint {
    lat: f64,
    lon: f64,
}

/// The numbers are not a place on the Earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place is a latitude from -90 to 90 and a longitude from -180 to 180 degrees")]
pub struct NotAPlace;

/// A point as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Degrees {
    lat: f64,
    lon: f64,
}

impl GeoPoint {
    /// The point at `lat` degrees north and `lon` degrees east; refused outside the Earth, and where they are no
    /// numbers.
    pub fn new(lat: f64, lon: f64) -> Result<Self, NotAPlace> {
        if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) {
            Ok(Self { lat, lon })
        } else {
            Err(NotAPlace)
        }
    }

    /// Degrees north.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Degrees east.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// The great-circle distance by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
    /// Telescope 68, 1984). The Earth is not a sphere: it may be off by half a percent.
    pub fn distance_to(self, other: Self) -> Distance {
        let half_sine = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let across = self.lat.to_radians().cos() * other.lat.to_radians().cos() * half_sine(self.lon, other.lon);
        // Rounding may lift it past one for antipodes, where the arcsine would be no number.
        let haversine = (half_sine(self.lat, other.lat) + across).clamp(0.0, 1.0);
        Distance::from_km(2.0 * EARTH_RADIUS_KM * haversine.sqrt().asin())
    }
}

impl TryFrom<Degrees> for GeoPoint {
    type Error = NotAPlace;

    fn try_from(degrees: Degrees) -> Result<Self, NotAPlace> {
        Self::new(degrees.lat, degrees.lon)
    }
}

impl From<GeoPoint> for Degrees {
    fn from(point: GeoPoint) -> Self {
        Self { lat: point.lat, lon: point.lon }
    }
}

/// A distance, rounded to 0.1 km; written as a number of kilometres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Distance {
    hectometres: u32,
}

impl Distance {
    /// The nearest distance to `km`; none below zero, and zero for what is no number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` holds within the type's range")]
    pub fn from_km(km: f64) -> Self {
        Self { hectometres: (km * 10.0).round() as u32 }
    }

    /// Kilometres.
    pub fn km(self) -> f64 {
        f64::from(self.hectometres) / 10.0
    }
}

impl fmt::Debug for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} km", self.km())
    }
}

impl Serialize for Distance {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.km())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::new(lat, lon).unwrap()
    }

    #[test]
    fn distances_are_those_of_a_sphere_of_the_mean_radius() {
        let degree = std::f64::consts::PI * EARTH_RADIUS_KM / 180.0;
        for (from, to, km) in [
            (point(0.0, 0.0), point(1.0, 0.0), degree),
            (point(0.0, 0.0), point(0.0, 1.0), degree),
            // Across the date line it is two degrees, not 358.
            (point(0.0, 179.0), point(0.0, -179.0), 2.0 * degree),
            (point(0.0, -180.0), point(0.0, 180.0), 0.0),
            // Antipodes and the poles.
            (point(0.0, 0.0), point(0.0, 180.0), 180.0 * degree),
            (point(33.75, -84.39), point(-33.75, 95.61), 180.0 * degree),
            (point(90.0, 0.0), point(-90.0, 77.0), 180.0 * degree),
            (point(90.0, 10.0), point(90.0, -120.0), 0.0),
        ] {
            assert_eq!(from.distance_to(to), Distance::from_km(km), "{from:?} {to:?}");
        }
        // Atlanta to Berlin, about 7,600 km on any map.
        let far = point(33.749, -84.388).distance_to(point(52.52, 13.405)).km();
        assert!((7_550.0..7_650.0).contains(&far), "{far}");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (lat, lon) in
            [(90.1, 0.0), (-90.1, 0.0), (0.0, 180.1), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)]
        {
            assert_eq!(GeoPoint::new(lat, lon), Err(NotAPlace), "{lat} {lon}");
        }
        for json in [r#"{"lat":91,"lon":0}"#, r#"{"lat":1}"#, r#"{"lat":"1","lon":0}"#, r#"{"lat":1,"lon":0,"x":1}"#] {
            assert!(serde_json::from_str::<GeoPoint>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<GeoPoint>(r#"{"lat":33.75,"lon":-84.39}"#).unwrap(), point(33.75, -84.39));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn an_antipode_is_half_round_the_earth(lat in -90.0..=90.0, lon in -180.0..=0.0) {
            let distance = point(lat, lon).distance_to(point(-lat, lon + 180.0)).km();
            prop_assert!((20_015.0..20_015.2).contains(&distance), "{distance}");
        }

        #[test]
        fn a_distance_is_symmetric_and_at_most_half_round_the_earth(
            from in (-90.0..=90.0, -180.0..=180.0), to in (-90.0..=90.0, -180.0..=180.0),
        ) {
            let (from, to) = (point(from.0, from.1), point(to.0, to.1));
            prop_assert_eq!(from.distance_to(to), to.distance_to(from));
            prop_assert_eq!(from.distance_to(from), Distance::from_km(0.0));
            prop_assert!(from.distance_to(to).km() <= 20_015.2);
        }
    }
}
