//! The model year: position 10 says it modulo 30 years, position 7 and the kind of vehicle say which 30.

use super::{VehicleType, Vin};

/// Characters of position 10, in the order of the years from 1980: no I, O, Q, U, Z and 0.
const CODES: &str = "ABCDEFGHJKLMNPRSTVWXY123456789";

/// The year of `A`.
const FIRST: u16 = 1980;

/// Years after which the characters come round again.
const CYCLE: u16 = 30;

/// The model years a VIN can mean, likeliest first: none where position 10 is no year, one where the rules decide, two
/// where only the maker's patterns can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelYears(Vec<u16>);

/// The two years that a character of position 10 can mean, 30 years apart; `None` if it is not a year.
pub fn cycle(code: char) -> Option<(u16, u16)> {
    let offset = u16::try_from(CODES.find(code)?).ok()?;
    let early = FIRST.checked_add(offset)?;
    Some((early, early.checked_add(CYCLE)?))
}

impl ModelYears {
    /// Reads position 10 for a vehicle of the given kind. `this_year` is the calendar year: a model year is at most one
    /// ahead of it.
    ///
    /// From 2010 on, position 7 of cars and of trucks and multipurpose vehicles up to 10,000 lb is a letter, before it
    /// was a digit (49 CFR 565.15(b) and (d)(1)). The rule binds vehicles built for North America; a right check digit,
    /// or a North American maker, shows one. Of heavier trucks, motorcycles, trailers and the rest of the world
    /// nothing follows from position 7.
    pub fn of(vin: &Vin, kind: Option<VehicleType>, light_truck: Option<bool>, this_year: u16) -> Self {
        let Some((early, late)) = vin.at(10).and_then(cycle) else {
            return Self(Vec::new());
        };
        if late > this_year.saturating_add(1) {
            return Self(vec![early]);
        }
        let light = match kind {
            Some(VehicleType::PassengerCar | VehicleType::Multipurpose) => Some(true),
            Some(VehicleType::Truck) => light_truck,
            Some(VehicleType::Incomplete) | None => None,
            Some(_) => Some(false),
        };
        let american = vin.wmi().is_north_american() || vin.check_digit_matches();
        // `ZZZ` is how European makers fill the positions that North America's rules would use.
        let follows_rule = american && vin.positions(4, 6) != "ZZZ" && light != Some(false);
        let by_position_7 = match vin.at(7) {
            Some(seventh) if seventh.is_ascii_digit() => [early, late],
            _ => [late, early],
        };
        match (follows_rule, light) {
            (true, Some(_)) => Self(by_position_7.into_iter().take(1).collect()),
            (true, None) => Self(by_position_7.into()),
            (false, _) => Self(vec![late, early]),
        }
    }

    /// The years, likeliest first.
    pub fn candidates(&self) -> &[u16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(vin: &str, kind: VehicleType, light_truck: Option<bool>) -> Vec<u16> {
        ModelYears::of(&vin.parse().unwrap(), Some(kind), light_truck, 2026).candidates().to_vec()
    }

    #[test]
    fn every_year_from_1980_to_2039_has_one_character() {
        let years: Vec<_> = CODES.chars().filter_map(cycle).collect();
        assert_eq!(years.first(), Some(&(1980, 2010)));
        assert_eq!(years.last(), Some(&(2009, 2039)));
        assert_eq!((cycle('Y'), cycle('1')), (Some((2000, 2030)), Some((2001, 2031))));
        for code in ['I', 'O', 'Q', 'U', 'Z', '0', 'a'] {
            assert_eq!(cycle(code), None, "{code}");
        }
    }

    #[test]
    fn a_letter_in_position_7_moves_a_car_thirty_years_on() {
        assert_eq!(years("1HGCM82603A004352", VehicleType::PassengerCar, None), [2003]);
        assert_eq!(years("1FAHP3FN8AW139719", VehicleType::PassengerCar, None), [2010]);
        assert_eq!(years("1FAHP33N8AW139719", VehicleType::PassengerCar, None), [1980]);
    }

    #[test]
    fn a_year_beyond_the_next_one_is_not_meant() {
        assert_eq!(years("1FAHP3FN8VW139719", VehicleType::PassengerCar, None), [2027]);
        assert_eq!(years("1FAHP3FN8WW139719", VehicleType::PassengerCar, None), [1998]);
        assert_eq!(years("1FAHP3FN88W139719", VehicleType::PassengerCar, None), [2008]);
    }

    #[test]
    fn a_truck_of_unknown_weight_keeps_both_years_with_the_likelier_first() {
        assert_eq!(years("1FTHX25H0TEA12345", VehicleType::Truck, None), [1996, 2026]);
        assert_eq!(years("1FTHX25H0TEA12345", VehicleType::Truck, Some(true)), [1996]);
        assert_eq!(years("1FTHX25H0TEA12345", VehicleType::Truck, Some(false)), [2026, 1996]);
    }

    #[test]
    fn nothing_follows_from_position_7_of_a_motorcycle_or_of_a_european_car() {
        assert_eq!(years("1HD1MAM20DB857910", VehicleType::Motorcycle, None), [2013, 1983]);
        assert_eq!(years("WVWZZZ3CZEE123456", VehicleType::PassengerCar, None), [2014, 1984]);
    }
}
