//! The sums of all time as `OpenMetrics` text, version 1.0.0, for Prometheus and its like.
//!
//! Source of the format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::fmt::Write as _;

use super::board::Board;
use super::tally::Tally;
use crate::id::Region;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the buckets, in milliseconds. Each is the end of a histogram's [bucket](super::histogram), so that what
/// is told is exact.
const BOUNDS: [u64; 12] = [5, 10, 25, 50, 75, 99, 127, 255, 511, 1_023, 2_047, 4_095];

/// A metric: the sums whose names begin with `sums`, told apart by the rest of the name.
struct Family {
    sums: &'static str,
    metric: &'static str,
    labels: &'static [&'static str],
    kind: Kind,
    help: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Only ever grows.
    Counter,
    /// Can shrink: a return takes revenue back.
    Gauge,
    /// The last part of a name is a bucket of milliseconds.
    Seconds,
    /// The last part of a name is a bucket of something else.
    Plain,
}

macro_rules! family {
    ($kind:ident, $sums:literal, $metric:literal, [$($label:literal),*], $help:literal) => {
        Family { sums: $sums, metric: $metric, labels: &[$($label),*], kind: Kind::$kind, help: $help }
    };
}

const FAMILIES: [Family; 17] = [
    family!(Seconds, "took/", "holdfast_request_duration_seconds", ["function"], "Time of requests answered as asked."),
    family!(
        Counter,
        "answers/",
        "holdfast_requests_amiss",
        ["function", "result"],
        "Requests refused, failed, or answered from snapshots because a shard was late."
    ),
    family!(Counter, "quotes/", "holdfast_quotes", ["outcome"], "What became of quotes."),
    family!(Seconds, "allocated/", "holdfast_allocation_seconds", [], "Time from the request to the hold."),
    family!(
        Counter,
        "lines/",
        "holdfast_quote_lines",
        ["lines"],
        "Lines to be held: all that were asked, and those told to be there."
    ),
    family!(Counter, "phantoms/", "holdfast_phantoms", ["cause"], "Lines told to be there that could not be held."),
    family!(Counter, "web_phantoms/", "holdfast_web_phantoms", ["source"], "Phantoms that pages reported."),
    family!(Counter, "movements/", "holdfast_movements", ["kind"], "Movements of stock."),
    family!(Counter, "shortfalls/", "holdfast_shortfalls", ["what"], "Shortfalls, and units missing then."),
    family!(
        Counter,
        "counts/",
        "holdfast_counts",
        ["class", "off"],
        "Records counted, by class of part and percent they were off."
    ),
    family!(Counter, "tokens/", "holdfast_tokens", ["outcome"], "What became of calibration tokens."),
    family!(
        Counter,
        "calibration/",
        "holdfast_calibration_units",
        ["units"],
        "Units that must be calibrated, sold and returned."
    ),
    family!(
        Gauge,
        "revenue/",
        "holdfast_revenue_minor_units",
        ["currency", "class"],
        "Sold, less what was given back."
    ),
    family!(
        Gauge,
        "spend/",
        "holdfast_household_spend_minor_units",
        ["currency", "powertrain"],
        "Spent by households whose vehicles are known."
    ),
    family!(Gauge, "fleet/", "holdfast_household_vehicles", ["powertrain"], "Vehicles that are known."),
    family!(
        Plain,
        "web/",
        "holdfast_web_measure",
        ["metric"],
        "What browsers measured: milliseconds, cls in thousandths."
    ),
    family!(
        Counter,
        "events/",
        "holdfast_events",
        ["events"],
        "Events that were counted, and such that could not be read."
    ),
];

/// The sums of each region as text.
pub fn write(regions: &[(Region, Board)]) -> String {
    let mut text = String::with_capacity(16_384);
    for family in &FAMILIES {
        family.write(regions, &mut text);
    }
    text.push_str("# EOF\n");
    text
}

// Writing to a String cannot fail, so what `write!` returns is nothing to look at.
impl Family {
    fn write(&self, regions: &[(Region, Board)], text: &mut String) {
        let Self { metric, help, .. } = self;
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Seconds | Kind::Plain => "histogram",
        };
        let _ = writeln!(text, "# TYPE {metric} {kind}");
        if self.kind == Kind::Seconds {
            let _ = writeln!(text, "# UNIT {metric} seconds");
        }
        let _ = writeln!(text, "# HELP {metric} {help}");
        for (region, board) in regions {
            match self.kind {
                Kind::Counter | Kind::Gauge => self.write_sums(region, board, text),
                Kind::Seconds | Kind::Plain => self.write_histograms(region, board, text),
            }
        }
    }

    fn write_sums(&self, region: &Region, board: &Board, text: &mut String) {
        let suffix = if self.kind == Kind::Counter { "_total" } else { "" };
        for (rest, sum) in board.under(self.sums) {
            let labels = self.labels(region, rest);
            let _ = writeln!(text, "{}{suffix}{{{labels}}} {sum}", self.metric);
        }
    }

    fn write_histograms(&self, region: &Region, board: &Board, text: &mut String) {
        let Self { sums, metric, .. } = self;
        let mut last = None;
        for (rest, _) in board.under(sums) {
            // What stands before the bucket.
            let name = rest.rsplit_once('/').map_or("", |(name, _)| name);
            if last.replace(name) == Some(name) {
                continue;
            }
            let slash = if name.is_empty() { "" } else { "/" };
            let (labels, times) = (self.labels(region, name), board.histogram(&format!("{sums}{name}{slash}")));
            let count = times.count();
            for bound in BOUNDS {
                let (le, below) = (self.bound(bound), times.below(bound.saturating_add(1)));
                let _ = writeln!(text, "{metric}_bucket{{{labels},le=\"{le}\"}} {below}");
            }
            let _ = writeln!(text, "{metric}_bucket{{{labels},le=\"+Inf\"}} {count}");
            if *sums == "took/" {
                let millis = board.get(Tally::Millis(name));
                let _ = writeln!(text, "{metric}_count{{{labels}}} {count}");
                let _ = writeln!(text, "{metric}_sum{{{labels}}} {}", seconds(u64::try_from(millis).unwrap_or(0)));
            }
        }
    }

    fn bound(&self, bound: u64) -> String {
        if self.kind == Kind::Seconds { seconds(bound) } else { format!("{bound}.0") }
    }

    fn labels(&self, region: &Region, rest: &str) -> String {
        let mut text = format!("region=\"{region}\"");
        for (label, value) in self.labels.iter().zip(rest.split('/')) {
            // Names of ours have none of these; nothing that was sent may end the text it stands in.
            let value = value.replace(['\\', '"', '\n'], "_");
            let _ = write!(text, ",{label}=\"{value}\"");
        }
        text
    }
}

/// Milliseconds as seconds: `0.005`.
fn seconds(millis: u64) -> String {
    let (whole, rest) = (millis.checked_div(1_000).unwrap_or(0), millis.checked_rem(1_000).unwrap_or(0));
    format!("{whole}.{rest:03}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::histogram::bucket;

    #[test]
    fn sums_and_histograms_are_told_by_region_and_label() {
        let mut board = Board::default();
        for (millis, count) in [(5, 2), (99, 1), (100, 1), (9_000, 1)] {
            board.add(Tally::Took("query", bucket(millis)), count);
            board.add(Tally::Millis("query"), i64::try_from(millis).unwrap() * count);
        }
        board.add(Tally::Quotes("he\"ld"), 3);
        board.add(Tally::Allocated(bucket(7)), 2);
        board.add(Tally::Fleet(crate::catalog::Powertrain::Ev), -1);
        let text = write(&[("enam".parse().unwrap(), board)]);
        for line in [
            "# TYPE holdfast_request_duration_seconds histogram",
            "holdfast_request_duration_seconds_bucket{region=\"enam\",function=\"query\",le=\"0.005\"} 2",
            "holdfast_request_duration_seconds_bucket{region=\"enam\",function=\"query\",le=\"0.099\"} 3",
            "holdfast_request_duration_seconds_bucket{region=\"enam\",function=\"query\",le=\"0.127\"} 4",
            "holdfast_request_duration_seconds_bucket{region=\"enam\",function=\"query\",le=\"+Inf\"} 5",
            "holdfast_request_duration_seconds_sum{region=\"enam\",function=\"query\"} 9.209",
            "holdfast_allocation_seconds_bucket{region=\"enam\",le=\"0.010\"} 2",
            "holdfast_quotes_total{region=\"enam\",outcome=\"he_ld\"} 3",
            "holdfast_household_vehicles{region=\"enam\",powertrain=\"ev\"} -1",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
        assert!(text.ends_with("\n# EOF\n"));
    }

    #[test]
    fn each_bound_ends_a_bucket() {
        for bound in BOUNDS {
            assert_ne!(bucket(bound), bucket(bound + 1), "{bound}");
        }
    }
}
