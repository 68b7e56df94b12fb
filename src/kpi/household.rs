//! Households: whose vehicles are known, and what they spent here.
//!
//! What is kept of a household is the set of its facts, and what it adds to the boards follows from that set alone. So
//! a fact may come late, or before the registration that it belongs to: the boards get the difference.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::board::Board;
use super::tally::Tally;
use crate::catalog::Powertrain;
use crate::money::Currency;
use crate::time::{Day, Timestamp};

/// The most vehicles of one powertrain that a household registers.
pub const MAX_VEHICLES: u32 = 10_000;

/// How many vehicles of each powertrain.
pub type Vehicles = BTreeMap<Powertrain, u32>;

/// The facts about one household.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Household {
    /// By time, then by the event's id: each holds until the next.
    registrations: BTreeMap<(Timestamp, String), Vehicles>,
    /// Minor units.
    spent: BTreeMap<(Day, Currency, Powertrain), i64>,
}

impl Household {
    /// Notes its vehicles from `at` on, and answers what that changes on the boards.
    pub fn register(&mut self, at: Timestamp, id: String, vehicles: Vehicles) -> BTreeMap<Day, Board> {
        let before = self.counts();
        self.registrations.insert((at, id), vehicles);
        let mut change = self.counts();
        for (day, board) in before {
            change.entry(day).or_default().subtract(&board);
        }
        change.retain(|_, board| !board.is_empty());
        change
    }

    /// Notes what it spent on a day, and answers what that changes on the day's board.
    pub fn spend(&mut self, day: Day, currency: Currency, powertrain: Powertrain, amount: i64) -> Board {
        let spent = self.spent.entry((day, currency, powertrain)).or_default();
        *spent = spent.saturating_add(amount);
        let mut change = Board::default();
        change.add(self.spending(day, currency, powertrain), amount);
        change
    }

    /// What it adds to the boards.
    fn counts(&self) -> BTreeMap<Day, Board> {
        let mut days: BTreeMap<Day, Board> = BTreeMap::new();
        let mut before = &Vehicles::new();
        for ((at, _), vehicles) in &self.registrations {
            let board = days.entry(Day::of(*at)).or_default();
            for (powertrain, count) in before {
                board.add(Tally::Fleet(*powertrain), i64::from(*count).saturating_neg());
            }
            for (powertrain, count) in vehicles {
                board.add(Tally::Fleet(*powertrain), i64::from(*count));
            }
            before = vehicles;
        }
        for ((day, currency, powertrain), amount) in &self.spent {
            days.entry(*day).or_default().add(self.spending(*day, *currency, *powertrain), *amount);
        }
        days
    }

    /// Where its spending on a day is counted: apart while nobody knows its vehicles, because then there is nothing that
    /// it could be a share of.
    fn spending(&self, day: Day, currency: Currency, powertrain: Powertrain) -> Tally<'static> {
        let since = self.registrations.keys().next().map(|(at, _)| Day::of(*at));
        if since.is_some_and(|since| since <= day) {
            Tally::Spend(currency, powertrain)
        } else {
            Tally::SpendUnregistered(currency, powertrain)
        }
    }

    /// The form in which it is stored.
    pub fn to_json(&self) -> Value {
        let registrations = self.registrations.iter().map(|((at, id), vehicles)| {
            let vehicles = vehicles.iter().map(|(powertrain, count)| (powertrain.as_str().to_owned(), json!(count)));
            json!([at.millis(), id, Value::Object(vehicles.collect())])
        });
        let spent = self.spent.iter().map(|((day, currency, powertrain), amount)| {
            json!([day.number(), currency.as_str(), powertrain.as_str(), amount])
        });
        json!({"registrations": registrations.collect::<Vec<_>>(), "spent": spent.collect::<Vec<_>>()})
    }

    /// Reads the stored form; `None` if it is not one.
    pub fn from_json(value: &Value) -> Option<Self> {
        let mut household = Self::default();
        for entry in value.get("registrations")?.as_array()? {
            let [at, id, vehicles] = entry.as_array()?.as_slice() else { return None };
            let count = |(name, count): (&String, &Value)| {
                Some((Powertrain::named(name)?, u32::try_from(count.as_u64()?).ok()?))
            };
            let vehicles = vehicles.as_object()?.iter().map(count).collect::<Option<_>>()?;
            let at = Timestamp::from_millis(at.as_i64()?);
            household.registrations.insert((at, id.as_str()?.to_owned()), vehicles);
        }
        for entry in value.get("spent")?.as_array()? {
            let [day, currency, powertrain, amount] = entry.as_array()?.as_slice() else { return None };
            let day = Day::of(Timestamp::EPOCH).plus(day.as_i64()?);
            let key = (day, currency.as_str()?.parse().ok()?, Powertrain::named(powertrain.as_str()?)?);
            household.spent.insert(key, amount.as_i64()?);
        }
        Some(household)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn vehicles(all: &[(Powertrain, u32)]) -> Vehicles {
        all.iter().copied().collect()
    }

    fn sum(boards: impl IntoIterator<Item = BTreeMap<Day, Board>>) -> BTreeMap<Day, Board> {
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
        let text = r#"{"registrations":[[1795219200000,"h:1",{"ev":1}]],"spent":[[20779,"USD","ev",1999]]}"#;
        assert_eq!(household.to_json().to_string(), text);
        assert_eq!(Household::from_json(&serde_json::from_str(text).unwrap()), Some(household));
        assert_eq!(Household::from_json(&json!({"registrations": [[1]], "spent": []})), None);
    }

    #[test]
    fn the_fleet_of_a_day_is_what_was_registered_last_before_it_was_over() {
        let mut household = Household::default();
        let (first, second) = (day("2026-11-01"), day("2026-11-10"));
        let ice = vehicles(&[(Powertrain::Ice, 2)]);
        let mixed = vehicles(&[(Powertrain::Ice, 1), (Powertrain::Ev, 1)]);
        let changes = [
            household.register(second.start(), "b".into(), mixed.clone()),
            household.register(first.start(), "a".into(), ice.clone()),
        ];
        let boards = sum(changes);
        assert_eq!(boards[&first].get(Tally::Fleet(Powertrain::Ice)), 2);
        assert_eq!(boards[&second].get(Tally::Fleet(Powertrain::Ice)), -1);
        assert_eq!(boards[&second].get(Tally::Fleet(Powertrain::Ev)), 1);
        // The same facts in the other order.
        let mut other = Household::default();
        let changes =
            [other.register(first.start(), "a".into(), ice), other.register(second.start(), "b".into(), mixed)];
        assert_eq!(sum(changes), boards);
    }

    #[test]
    fn what_was_spent_before_the_vehicles_were_known_is_no_share_of_anything() {
        let mut household = Household::default();
        let (before, since, after) = (day("2026-11-01"), day("2026-11-02"), day("2026-11-03"));
        let mut boards = Vec::new();
        for day in [before, since, after] {
            boards.push(BTreeMap::from([(day, household.spend(day, Currency::USD, Powertrain::Ice, 100))]));
        }
        boards.push(household.register(since.start().plus(1), "r".into(), vehicles(&[(Powertrain::Ice, 1)])));
        let boards = sum(boards);
        let (spend, apart) =
            (Tally::Spend(Currency::USD, Powertrain::Ice), Tally::SpendUnregistered(Currency::USD, Powertrain::Ice));
        assert_eq!([before, since, after].map(|day| boards[&day].get(spend)), [0, 100, 100]);
        assert_eq!([before, since, after].map(|day| boards[&day].get(apart)), [100, 0, 0]);
    }
}
