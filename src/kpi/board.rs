//! A board: how much of what has happened.
//!
//! A board is a set of sums by name ([`Tally`]), and an event adds to some of them. Adding up is all there is: it does not
//! matter in what order events come, and the board of a week is the sum of the boards of its days.

use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::event::{Answered, Event, QuoteLine, What};
use super::histogram::{Histogram, bucket};
use super::said::{Verdict, judge};
use super::sums::Sums;
use super::tally::Tally;

/// Sums by name.
#[derive(Debug, Clone, Default)]
pub struct Board(Sums<Name>);

/// The name of a sum, which many boards may share.
#[derive(Debug, Clone)]
pub struct Name(Rc<str>);

impl Name {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        // Those that are shared are often compared.
        if Rc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name {}

/// A sum of 0 is as good as none.
impl PartialEq for Board {
    fn eq(&self, other: &Self) -> bool {
        let mut difference = self.clone();
        difference.subtract(other);
        difference.is_empty()
    }
}

impl Eq for Board {}

impl Board {
    /// Adds to a sum.
    pub fn add(&mut self, tally: Tally<'_>, more: i64) {
        self.0.add(Name(tally.to_string().into()), more);
    }

    /// Adds to a sum by its name.
    pub fn add_named(&mut self, name: Name, more: i64) {
        self.0.add(name, more);
    }

    /// A sum; 0 if nothing was added to it.
    pub fn get(&self, tally: Tally<'_>) -> i64 {
        let name = tally.to_string();
        match self.0.from(|known| known.as_str() < name.as_str()).first() {
            Some((known, sum)) if known.as_str() == name => *sum,
            _ => 0,
        }
    }

    /// A sum of things that can only be added.
    pub fn count(&self, tally: Tally<'_>) -> u64 {
        u64::try_from(self.get(tally)).unwrap_or(0)
    }

    /// The sums whose names begin with `prefix`, by the rest of their names.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
        let from = self.0.from(|name| name.as_str() < prefix);
        from.iter().map_while(move |(name, sum)| Some((name.as_str().strip_prefix(prefix)?, *sum)))
    }

    /// The durations counted under `prefix`, by bucket.
    pub fn histogram(&self, prefix: &str) -> Histogram {
        let mut durations = Histogram::default();
        for (bucket, count) in self.under(prefix) {
            if let (Ok(bucket), Ok(count)) = (bucket.parse(), u64::try_from(count)) {
                durations.add(bucket, count);
            }
        }
        durations
    }

    /// The form in which it is sent and stored: an object of sums.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for (name, sum) in self.0.all() {
            object.insert(name.as_str().to_owned(), Value::from(*sum));
        }
        Value::Object(object)
    }

    /// Reads that form. What is no sum is left out.
    pub fn from_json(sums: &Value) -> Self {
        let mut board = Self::default();
        for (name, sum) in sums.as_object().into_iter().flatten() {
            board.0.add(Name::from(name.as_str()), sum.as_i64().unwrap_or(0));
        }
        board
    }

    /// Whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.0.all().iter().all(|(_, sum)| *sum == 0)
    }

    /// Adds all that another board counted.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0, 1);
    }

    /// Takes away all that another board counted.
    pub fn subtract(&mut self, other: &Self) {
        self.0.merge(&other.0, -1);
    }

    /// Counts an event. What it says about a household is not here but in [`super::household`].
    pub fn take(&mut self, event: &Event) {
        self.add(Tally::Events, 1);
        match &event.what {
            What::Answered(answered) => self.take_answered(answered),
            What::Quote { outcome, took, lines } => {
                self.add(Tally::Quotes(outcome), 1);
                if let Some(took) = took {
                    self.add(Tally::Allocated(bucket(*took)), 1);
                }
                for line in lines {
                    self.take_line(line);
                }
            }
            What::Moved { kind } => self.add(Tally::Movements(kind), 1),
            What::Counted { class, grade, moved } => {
                self.add(Tally::Counts(class, grade.as_str()), 1);
                if *moved {
                    self.add(Tally::Movements("count"), 1);
                }
            }
            What::Shortfall { units } => {
                self.add(Tally::Shortfalls, 1);
                self.add(Tally::ShortfallUnits, whole(*units));
            }
            What::Token { outcome } => self.add(Tally::Tokens(outcome), 1),
            What::Sale(sale) => {
                for line in sale.lines.iter().filter(|_| sale.quote.is_none()) {
                    self.add(Tally::Revenue(line.amount.currency, line.class), line.amount.amount);
                }
            }
            What::WebTiming { metric, bucket } => self.add(Tally::Web(metric, *bucket), 1),
            What::WebPhantom => self.add(Tally::WebPhantoms, 1),
            What::Household { .. } | What::Other => {}
        }
    }

    fn take_answered(&mut self, answered: &Answered) {
        let Answered { function, took, millis, refused, failed, late } = answered;
        for (bucket, count) in took.by_bucket() {
            self.add(Tally::Took(function, bucket), whole(count));
        }
        self.add(Tally::Millis(function), whole(*millis));
        for (result, count) in [("refused", refused), ("failed", failed), ("late", late)] {
            self.add(Tally::Answers(function, result), whole(*count));
        }
    }

    fn take_line(&mut self, line: &QuoteLine) {
        match line {
            QuoteLine::Held { wanted, held, said, lowered_at } => {
                self.add(Tally::LinesAsked, 1);
                let verdict = said.map_or(Verdict::NotTold, |said| judge(said, *wanted, *held, *lowered_at));
                if verdict != Verdict::NotTold {
                    self.add(Tally::LinesTold, 1);
                }
                if let Verdict::Phantom(cause) = verdict {
                    self.add(Tally::Phantoms(cause), 1);
                }
            }
            QuoteLine::Sold { calibrations, class, amount } => {
                let tally = if *calibrations < 0 { Tally::CalibrationReturned } else { Tally::CalibrationSold };
                self.add(tally, calibrations.saturating_abs());
                self.add(Tally::Revenue(amount.currency, *class), amount.amount);
            }
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
