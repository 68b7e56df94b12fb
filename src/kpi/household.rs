//! Households: whose vehicles are known, and what they spent here.
//!
//! What is kept of a household is the set of its facts, and what it adds to the boards follows from that set alone. So
//! a fact may come late, or before the registration that it belongs to: the boards get the difference. Facts are kept as long
//! as the boards that they are on; a household that nobody has told anything of for so long is forgotten.

use std::fmt::Write as _;

use super::board::Board;
use super::sums::{Sums, entry};
use super::tally::Tally;
use crate::catalog::Powertrain;
use crate::money::Currency;
use crate::time::{Day, Timestamp};

/// The most vehicles of one powertrain that a household registers.
pub const MAX_VEHICLES: u32 = 10_000;

/// How many vehicles of each powertrain, in the order of [`Powertrain::NAMES`].
pub type Vehicles = [u32; 6];

/// The facts about one household.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Household {
    /// When, under what id, and what: by time, then id. Each holds until the next.
    registrations: Vec<(Timestamp, String, Vehicles)>,
    /// Minor units.
    spent: Sums<(Day, Currency, Powertrain)>,
}

/// Boards by day.
pub type Days = Vec<(Day, Board)>;

impl Household {
    /// Notes its vehicles from `at` on, and answers what that changes on the boards.
    pub fn register(&mut self, at: Timestamp, id: String, vehicles: Vehicles) -> Days {
        let before = self.counts();
        let place = self.registrations.partition_point(|(known, other, _)| (*known, other) < (at, &id));
        self.registrations.insert(place, (at, id, vehicles));
        let mut change = self.counts();
        for (day, board) in before {
            if let Some(changed) = entry(&mut change, day) {
                changed.subtract(&board);
            }
        }
        change
    }

    /// Notes what it spent on a day, and answers what that changes on the day's board.
    pub fn spend(&mut self, day: Day, currency: Currency, powertrain: Powertrain, amount: i64) -> Board {
        self.spent.add((day, currency, powertrain), amount);
        let mut change = Board::default();
        change.add(self.spending(day, currency, powertrain), amount);
        change
    }

    /// Forgets what was spent before `oldest`, and vehicles that had been replaced by then: no board of those days is kept.
    pub fn forget_before(&mut self, oldest: Day) {
        self.spent.drop_before(|(day, _, _)| *day < oldest);
        let past = self.registrations.partition_point(|(at, _, _)| Day::of(*at) < oldest);
        self.registrations.drain(..past.saturating_sub(1));
    }

    /// What changes on the board of the day on which all of it is forgotten: its vehicles leave.
    pub fn leave(&self) -> Board {
        let mut change = Board::default();
        if let Some((_, _, vehicles)) = self.registrations.last() {
            for ((powertrain, _), count) in Powertrain::NAMES.iter().zip(vehicles) {
                change.add(Tally::Fleet(*powertrain), i64::from(*count).saturating_neg());
            }
        }
        change
    }

    /// What it adds to the boards.
    fn counts(&self) -> Days {
        let mut days = Days::new();
        let mut before = &Vehicles::default();
        for (at, _, vehicles) in &self.registrations {
            if let Some(board) = entry(&mut days, Day::of(*at)) {
                for ((powertrain, _), (before, now)) in Powertrain::NAMES.iter().zip(before.iter().zip(vehicles)) {
                    board.add(Tally::Fleet(*powertrain), i64::from(*now).saturating_sub((*before).into()));
                }
            }
            before = vehicles;
        }
        for ((day, currency, powertrain), amount) in self.spent.all() {
            if let Some(board) = entry(&mut days, *day) {
                board.add(self.spending(*day, *currency, *powertrain), *amount);
            }
        }
        days
    }

    /// Where its spending on a day is counted: apart while nobody knows its vehicles, because then there is nothing that
    /// it could be a share of.
    fn spending(&self, day: Day, currency: Currency, powertrain: Powertrain) -> Tally<'static> {
        let since = self.registrations.first().map(|(at, _, _)| Day::of(*at));
        if since.is_some_and(|since| since <= day) {
            Tally::Spend(currency, powertrain)
        } else {
            Tally::SpendUnregistered(currency, powertrain)
        }
    }

    /// The form in which it is stored: a line for each fact. `r` is a registration, with its time in milliseconds, its
    /// id and the vehicles; `s` is spending, with day, currency, powertrain and amount.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        for (at, id, vehicles) in &self.registrations {
            let _ = write!(text, "r {} {id}", at.millis());
            for count in vehicles {
                let _ = write!(text, " {count}");
            }
            text.push('\n');
        }
        for ((day, currency, powertrain), amount) in self.spent.all() {
            let _ = writeln!(text, "s {} {currency} {} {amount}", day.number(), powertrain.as_str());
        }
        text
    }

    /// Reads the stored form; `None` if it is not one.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut household = Self::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let kind = words.next()?;
            let number = words.next()?.parse().ok()?;
            if kind == "r" {
                let id = words.next()?.to_owned();
                let mut vehicles = Vehicles::default();
                for count in &mut vehicles {
                    *count = words.next()?.parse().ok()?;
                }
                household.registrations.push((Timestamp::from_millis(number), id, vehicles));
            } else {
                let day = Day::of(Timestamp::EPOCH).plus(number);
                let key = (day, words.next()?.parse().ok()?, Powertrain::named(words.next()?)?);
                household.spent.add(key, words.next()?.parse().ok()?);
            }
        }
        Some(household)
    }
}

/// Days of vehicles from `from` to `to`, both counted in: each vehicle of the fleet on each day is one. `fleet` has what
/// came and went on each day up to `to`.
pub fn vehicle_days(fleet: &[(Day, Board)], from: Day, to: Day) -> Board {
    let mut days = Board::default();
    for (day, change) in fleet.iter().filter(|(day, _)| *day <= to) {
        let there = to.number().saturating_sub((*day).max(from).number()).saturating_add(1);
        for (powertrain, _) in Powertrain::NAMES {
            days.add(Tally::VehicleDays(powertrain), change.get(Tally::Fleet(powertrain)).saturating_mul(there));
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn vehicles(all: &[(Powertrain, u32)]) -> Vehicles {
        let of = |(known, _)| all.iter().find(|(powertrain, _)| *powertrain == known).map_or(0, |(_, count)| *count);
        Powertrain::NAMES.map(of)
    }

    fn sum(boards: impl IntoIterator<Item = Days>) -> BTreeMap<Day, Board> {
        let mut sum: BTreeMap<Day, Board> = BTreeMap::new();
        for (day, board) in boards.into_iter().flatten() {
            sum.entry(day).or_default().merge(&board);
        }
        sum.retain(|_, board| !board.is_empty());
        sum
    }

    #[test]
    fn stored_households_keep_their_format() {
        let mut household = Household::default();
        household.register(day("2026-11-21").start(), "h:1".into(), vehicles(&[(Powertrain::Ev, 1)]));
        household.spend(day("2026-11-22"), Currency::USD, Powertrain::Ev, 1_999);
        let text = "r 1795219200000 h:1 0 0 0 1 0 0\ns 20779 USD ev 1999\n";
        assert_eq!(household.to_text(), text);
        assert_eq!(Household::from_text(text), Some(household));
        for text in ["r", "r 1 h", "s 1 USD ev", "s 1 USD cart 5", "{}"] {
            assert_eq!(Household::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn the_fleet_of_a_day_is_what_was_registered_last_before_it_was_over() {
        let mut household = Household::default();
        let (first, second) = (day("2026-11-01"), day("2026-11-10"));
        let ice = vehicles(&[(Powertrain::Ice, 2)]);
        let mixed = vehicles(&[(Powertrain::Ice, 1), (Powertrain::Ev, 1)]);
        let changes =
            [household.register(second.start(), "b".into(), mixed), household.register(first.start(), "a".into(), ice)];
        let boards = sum(changes);
        assert_eq!(boards[&first].get(Tally::Fleet(Powertrain::Ice)), 2);
        assert_eq!(boards[&second].get(Tally::Fleet(Powertrain::Ice)), -1);
        assert_eq!(boards[&second].get(Tally::Fleet(Powertrain::Ev)), 1);
        let fleet: Days = boards.clone().into_iter().collect();
        let days = |from, to| vehicle_days(&fleet, day(from), day(to)).get(Tally::VehicleDays(Powertrain::Ice));
        assert_eq!([days("2026-10-01", "2026-10-31"), days("2026-10-31", "2026-11-01")], [0, 2]);
        assert_eq!([days("2026-11-09", "2026-11-10"), days("2026-11-11", "2026-11-11")], [2 + 1, 1]);
        // The same facts in the other order.
        let mut other = Household::default();
        let changes =
            [other.register(first.start(), "a".into(), ice), other.register(second.start(), "b".into(), mixed)];
        assert_eq!(sum(changes), boards);
    }

    #[test]
    fn what_is_forgotten_changes_no_board_that_is_kept() {
        let ice = vehicles(&[(Powertrain::Ice, 2)]);
        let ev = vehicles(&[(Powertrain::Ev, 1)]);
        let days = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-03-02", "2026-04-01"].map(day);
        let [first, second, oldest, spent, last] = days;
        let told = |forget: bool| {
            let mut household = Household::default();
            let mut boards = vec![household.register(first.start(), "a".into(), ice)];
            boards.push(household.register(second.start(), "b".into(), ev));
            for day in [first, spent] {
                boards.push(vec![(day, household.spend(day, Currency::USD, Powertrain::Ice, 100))]);
            }
            if forget {
                household.forget_before(oldest);
                assert_eq!(household.to_text().lines().count(), 2, "{}", household.to_text());
            }
            boards.push(household.register(last.start(), "c".into(), ice));
            boards.push(vec![(oldest, household.spend(oldest, Currency::USD, Powertrain::Ev, 5))]);
            boards.push(vec![(last.plus(1), household.leave())]);
            sum(boards)
        };
        assert_eq!(told(true), told(false));
        let fleet: Days = told(true).into_iter().collect();
        let of_a_day = |day: Day| vehicle_days(&fleet, day, day);
        assert_eq!(of_a_day(last).get(Tally::VehicleDays(Powertrain::Ice)), 2);
        assert!(of_a_day(last.plus(1)).is_empty(), "it has left");
    }

    #[test]
    fn what_was_spent_before_the_vehicles_were_known_is_no_share_of_anything() {
        let mut household = Household::default();
        let (before, since, after) = (day("2026-11-01"), day("2026-11-02"), day("2026-11-03"));
        let mut boards = Vec::new();
        for day in [before, since, after] {
            boards.push(vec![(day, household.spend(day, Currency::USD, Powertrain::Ice, 100))]);
        }
        boards.push(household.register(since.start().plus(1), "r".into(), vehicles(&[(Powertrain::Ice, 1)])));
        let boards = sum(boards);
        let (spend, apart) =
            (Tally::Spend(Currency::USD, Powertrain::Ice), Tally::SpendUnregistered(Currency::USD, Powertrain::Ice));
        assert_eq!([before, since, after].map(|day| boards[&day].get(spend)), [0, 100, 100]);
        assert_eq!([before, since, after].map(|day| boards[&day].get(apart)), [100, 0, 0]);
    }
}
