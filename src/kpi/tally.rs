//! What a board counts. Every number that is ever told follows from these sums.

use std::fmt;

use super::said::Cause;
use crate::catalog::Powertrain;
use crate::catalog::part::RevenueClass;
use crate::money::Currency;

/// The name of a sum: a path, such as `quotes/held`. The first part says what is counted, the others by what it is told
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally<'a> {
    /// Requests answered as they were asked, by edge function and by the [bucket](super::histogram) of the time they
    /// took.
    Took(&'a str, u16),
    /// What those requests took together, in milliseconds.
    Millis(&'a str),
    /// Requests that were not answered as they were asked, by edge function and reason: `refused`, `failed`; and those
    /// answered from snapshots because a shard of the near region was `late`.
    Answers(&'a str, &'a str),
    /// What became of quotes: `held`, `refused`, `committed`, `released`, `replaced`, `expired`, `extended`, `returned`.
    Quotes(&'a str),
    /// Quotes that were held, by the bucket of the time from the request to the hold.
    Allocated(u16),
    /// Lines that were to be held.
    LinesAsked,
    /// Those of them whose quantity this account had been told was there: what can turn out to be a phantom.
    LinesTold,
    /// Those of these that could not be held.
    Phantoms(Cause),
    /// Movements of stock, by kind.
    Movements(&'a str),
    /// Shortfalls: counts and damages that left less than had been promised.
    Shortfalls,
    /// Units that were missing then.
    ShortfallUnits,
    /// Records counted, by the class of the part and by how far they were off.
    Counts(&'a str, &'a str),
    /// Calibration tokens: `issued`, `succeeded`, `failed`, `refused`, `revoked`, `expired`.
    Tokens(&'a str),
    /// Units sold that must be calibrated.
    CalibrationSold,
    /// Those of them that came back.
    CalibrationReturned,
    /// What was sold, less what was given back for returns, in minor units.
    Revenue(Currency, RevenueClass),
    /// What households whose vehicles are known spent, in minor units, by what the parts were for.
    Spend(Currency, Powertrain),
    /// What other households spent.
    SpendUnregistered(Currency, Powertrain),
    /// Vehicles that came to the known ones on a day, less those that left.
    Fleet(Powertrain),
    /// Days of known vehicles in a period. Not counted: it follows from the fleet of the period's days.
    VehicleDays(Powertrain),
    /// Page and widget timings of browsers, by metric and bucket.
    Web(&'a str, u16),
    /// Phantoms that pages reported.
    WebPhantoms,
    /// Events that were counted.
    Events,
    /// Events whose kind is known and whose fields are not.
    Unreadable,
}

impl fmt::Display for Tally<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Took(function, bucket) => write!(f, "took/{function}/{bucket}"),
            Self::Millis(function) => write!(f, "millis/{function}"),
            Self::Answers(function, result) => write!(f, "answers/{function}/{result}"),
            Self::Quotes(outcome) => write!(f, "quotes/{outcome}"),
            Self::Allocated(bucket) => write!(f, "allocated/{bucket}"),
            Self::LinesAsked => f.write_str("lines/asked"),
            Self::LinesTold => f.write_str("lines/told"),
            Self::Phantoms(cause) => write!(f, "phantoms/{}", cause.as_str()),
            Self::Movements(kind) => write!(f, "movements/{kind}"),
            Self::Shortfalls => f.write_str("shortfalls/counted"),
            Self::ShortfallUnits => f.write_str("shortfalls/units"),
            Self::Counts(class, grade) => write!(f, "counts/{class}/{grade}"),
            Self::Tokens(outcome) => write!(f, "tokens/{outcome}"),
            Self::CalibrationSold => f.write_str("calibration/sold"),
            Self::CalibrationReturned => f.write_str("calibration/returned"),
            Self::Revenue(currency, class) => write!(f, "revenue/{currency}/{}", class.as_str()),
            Self::Spend(currency, powertrain) => write!(f, "spend/{currency}/{}", powertrain.as_str()),
            Self::SpendUnregistered(currency, powertrain) => {
                write!(f, "spend_unregistered/{currency}/{}", powertrain.as_str())
            }
            Self::Fleet(powertrain) => write!(f, "fleet/{}", powertrain.as_str()),
            Self::VehicleDays(powertrain) => write!(f, "vehicle_days/{}", powertrain.as_str()),
            Self::Web(metric, bucket) => write!(f, "web/{metric}/{bucket}"),
            Self::WebPhantoms => f.write_str("web_phantoms/reported"),
            Self::Events => f.write_str("events/counted"),
            Self::Unreadable => f.write_str("events/unreadable"),
        }
    }
}
