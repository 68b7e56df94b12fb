//! The five numbers, read off a board. Each comes with the two sums it is the quotient of.

use std::collections::BTreeSet;

use serde::Serialize;

use super::board::Board;
use super::event::Grade;
use super::histogram::Histogram;
use super::said::Cause;
use super::sale::Class;
use super::service::ServiceSpend;
use super::tally::Tally;
use crate::catalog::Powertrain;
use crate::money::Currency;

/// A query is fast that is answered in less than this, in milliseconds.
pub const FAST_MS: u64 = 100;

/// The edge function of queries, which the first number is about.
const QUERY: &str = "query";

/// A quotient with its two sums.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// What counts.
    pub numerator: i64,
    /// Of how much.
    pub denominator: i64,
    /// The one by the other, to six decimals; `null` where there is nothing to divide by.
    pub value: Option<f64>,
}

/// The five numbers of a board, and what they rest on.
#[derive(Debug, Serialize)]
pub struct Numbers<'a> {
    /// 1. How fast queries are answered.
    pub api_response: ApiResponse<'a>,
    /// 2. How many of the parts sold are made to work.
    pub digital_repair: DigitalRepair,
    /// 3. How true the stock is.
    pub inventory_accuracy: InventoryAccuracy,
    /// 4. How much of what households spend on service they spend here.
    pub household_share: HouseholdShare,
    /// 5. How much of the revenue is digital and recurring, for each currency.
    pub revenue_mix: Vec<RevenueMix>,
    /// From a query to a calibration.
    pub funnel: Funnel,
    /// What browsers measured, by metric.
    pub web: Vec<Timing<'a>>,
}

/// How fast queries are answered.
#[derive(Debug, Serialize)]
pub struct ApiResponse<'a> {
    /// Queries answered as asked in less than [`FAST_MS`], of those that were answered or failed.
    pub share: Share,
    /// Every edge function.
    pub functions: Vec<FunctionTimes<'a>>,
}

/// How an edge function did.
#[derive(Debug, Serialize)]
pub struct FunctionTimes<'a> {
    /// The function and its times, of requests answered as asked.
    pub times: Timing<'a>,
    /// Requests refused because of what was asked.
    pub refused: u64,
    /// Requests that failed for reasons of our own.
    pub failed: u64,
    /// Requests answered from snapshots because a shard was late.
    pub late: u64,
}

/// Percentiles, in milliseconds; at most 1.6 % above the true ones.
#[derive(Debug, Serialize)]
pub struct Timing<'a> {
    /// Of what.
    pub name: &'a str,
    /// How many were measured.
    pub count: u64,
    /// The median.
    pub p50: Option<u64>,
    /// 75 %.
    pub p75: Option<u64>,
    /// 90 %.
    pub p90: Option<u64>,
    /// 95 %.
    pub p95: Option<u64>,
    /// 99 %.
    pub p99: Option<u64>,
    /// 99.9 %.
    pub p999: Option<u64>,
}

/// How many of the parts sold are made to work.
#[derive(Debug, Serialize)]
pub struct DigitalRepair {
    /// Successful redemptions, of the units sold that must be calibrated.
    pub share: Share,
    /// Units of these that came back.
    pub returned: u64,
    /// Tokens issued.
    pub issued: u64,
    /// Redemptions that told of success.
    pub succeeded: u64,
    /// Redemptions that told of failure.
    pub failed: u64,
    /// Attempts that were refused.
    pub refused: u64,
    /// Tokens revoked.
    pub revoked: u64,
    /// Tokens that nobody redeemed in time.
    pub expired: u64,
}

/// How true the stock is.
#[derive(Debug, Serialize)]
pub struct InventoryAccuracy {
    /// Phantoms, of the lines to be held that followed an answer which said the quantity was there.
    pub phantoms: Share,
    /// By cause: the answer came from a snapshot that was behind.
    pub stale_snapshot: u64,
    /// Somebody else was faster.
    pub race: u64,
    /// A count or damage found less than the books said.
    pub count: u64,
    /// Lines that were to be held, whether or not they could be judged.
    pub lines: u64,
    /// Phantoms that pages reported. They are not in the rate.
    pub reported: u64,
    /// From the request to the hold.
    pub allocation: Timing<'static>,
    /// Records within the tolerance of their class (A 1 %, B 3 %, C 5 %; without a class 1 %), of those counted.
    pub records: Share,
    /// Records that were right to the unit.
    pub exact: Share,
    /// Counts and damages that left less than had been promised.
    pub shortfalls: u64,
}

/// How much of what households spend on service they spend here.
#[derive(Debug, Serialize)]
pub struct HouseholdShare {
    /// Of every amount, which is in minor units.
    pub currency: Currency,
    /// Spent here by households whose vehicles are known, of what their vehicles are estimated to need.
    pub share: Share,
    /// The same by what drives the vehicle; what sales did not say is under `unknown`.
    pub powertrains: Vec<PowertrainShare>,
    /// Spent here by households whose vehicles are not known. It is not in the share.
    pub unregistered: i64,
}

/// One powertrain's part.
#[derive(Debug, Serialize)]
pub struct PowertrainShare {
    /// What drives the vehicles.
    pub powertrain: Powertrain,
    /// Days for which vehicles were known, each counted by itself.
    pub vehicle_days: i64,
    /// Spent, of what they are estimated to need.
    pub share: Share,
}

/// Where revenue comes from, in minor units, less what was given back.
#[derive(Debug, Serialize)]
pub struct RevenueMix {
    /// Of every amount.
    pub currency: Currency,
    /// Recurring and digital revenue, of all.
    pub share: Share,
    /// What is paid again every month or year.
    pub recurring: i64,
    /// Sold without a body.
    pub digital: i64,
    /// Goods.
    pub physical: i64,
    /// All revenue of the period before, of the same length.
    pub before: i64,
    /// What recurring and digital revenue grew by since, of what all revenue did.
    pub growth: Share,
}

/// From a query to a calibration.
#[derive(Debug, Serialize)]
pub struct Funnel {
    /// Queries answered.
    pub queries: u64,
    /// Quotes held.
    pub quotes: u64,
    /// Quotes refused.
    pub refused: u64,
    /// Quotes committed.
    pub commits: u64,
    /// Tokens issued.
    pub tokens: u64,
    /// Calibrations that succeeded.
    pub calibrations: u64,
}

impl Share {
    /// `numerator` / `denominator`.
    pub fn of(numerator: i64, denominator: i64) -> Self {
        // Six decimals are what a double of this size holds for certain.
        #[expect(clippy::cast_precision_loss, reason = "a share is told to six decimals")]
        let value =
            (denominator != 0).then(|| (numerator as f64 / denominator as f64 * 1_000_000.0).round() / 1_000_000.0);
        Self { numerator, denominator, value }
    }
}

impl<'a> Numbers<'a> {
    /// The numbers of `board`. `before` is the board of the period before, of which only revenue matters.
    pub fn of(board: &'a Board, before: &Board, spend: &ServiceSpend) -> Self {
        let count = |tally| board.count(tally);
        Self {
            api_response: ApiResponse::of(board),
            digital_repair: DigitalRepair::of(board),
            inventory_accuracy: InventoryAccuracy::of(board),
            household_share: HouseholdShare::of(board, spend),
            revenue_mix: RevenueMix::of(board, before),
            funnel: Funnel {
                queries: took(board, QUERY).count(),
                quotes: count(Tally::Quotes("held")),
                refused: count(Tally::Quotes("refused")),
                commits: count(Tally::Quotes("committed")),
                tokens: count(Tally::Tokens("issued")),
                calibrations: count(Tally::Tokens("succeeded")),
            },
            web: firsts(board, "web/")
                .map(|metric| Timing::of(metric, &board.histogram(&format!("web/{metric}/"))))
                .collect(),
        }
    }
}

impl<'a> ApiResponse<'a> {
    /// The first number of a board.
    pub fn of(board: &'a Board) -> Self {
        let queries = took(board, QUERY);
        let all = queries.count().saturating_add(board.count(Tally::Answers(QUERY, "failed")));
        let functions: BTreeSet<&str> = firsts(board, "took/").chain(firsts(board, "answers/")).collect();
        let times = |function: &'a str| FunctionTimes {
            times: Timing::of(function, &took(board, function)),
            refused: board.count(Tally::Answers(function, "refused")),
            failed: board.count(Tally::Answers(function, "failed")),
            late: board.count(Tally::Answers(function, "late")),
        };
        Self {
            share: Share::of(whole(queries.below(FAST_MS)), whole(all)),
            functions: functions.into_iter().map(times).collect(),
        }
    }
}

impl DigitalRepair {
    fn of(board: &Board) -> Self {
        let tokens = |outcome| board.count(Tally::Tokens(outcome));
        Self {
            share: Share::of(board.get(Tally::Tokens("succeeded")), board.get(Tally::CalibrationSold)),
            returned: board.count(Tally::CalibrationReturned),
            issued: tokens("issued"),
            succeeded: tokens("succeeded"),
            failed: tokens("failed"),
            refused: tokens("refused"),
            revoked: tokens("revoked"),
            expired: tokens("expired"),
        }
    }
}

impl InventoryAccuracy {
    fn of(board: &Board) -> Self {
        let by = |cause| board.count(Tally::Phantoms(cause));
        let [stale_snapshot, race, count] = [Cause::StaleSnapshot, Cause::Race, Cause::Count].map(by);
        let phantoms = stale_snapshot.saturating_add(race).saturating_add(count);
        let (mut counted, mut within, mut exact) = (0_i64, 0_i64, 0_i64);
        for (name, records) in board.under("counts/") {
            let Some((class, grade)) = name.split_once('/') else { continue };
            counted = counted.saturating_add(records);
            if tolerated(class, grade) {
                within = within.saturating_add(records);
            }
            if grade == Grade::Exact.as_str() {
                exact = exact.saturating_add(records);
            }
        }
        Self {
            phantoms: Share::of(whole(phantoms), board.get(Tally::LinesTold)),
            stale_snapshot,
            race,
            count,
            lines: board.count(Tally::LinesAsked),
            reported: board.count(Tally::WebPhantoms),
            allocation: Timing::of("allocation", &board.histogram("allocated/")),
            records: Share::of(within, counted),
            exact: Share::of(exact, counted),
            shortfalls: board.count(Tally::Shortfalls),
        }
    }
}

/// Whether a record of this class may be off by this much.
fn tolerated(class: &str, grade: &str) -> bool {
    let most = match class {
        "b" => Grade::Within3,
        "c" => Grade::Within5,
        _ => Grade::Within1,
    };
    let all = [Grade::Exact, Grade::Within1, Grade::Within3, Grade::Within5, Grade::Off];
    all.into_iter().any(|known| known.as_str() == grade && known <= most)
}

impl HouseholdShare {
    fn of(board: &Board, spend: &ServiceSpend) -> Self {
        let (mut bought, mut needed, mut unregistered) = (0_i64, 0_i64, 0_i64);
        let mut powertrains = Vec::new();
        for (powertrain, _) in Powertrain::NAMES {
            let vehicle_days = board.get(Tally::VehicleDays(powertrain));
            let here = board.get(Tally::Spend(spend.currency, powertrain));
            let estimate = spend.estimate(powertrain, vehicle_days);
            (bought, needed) = (bought.saturating_add(here), needed.saturating_add(estimate));
            unregistered = unregistered.saturating_add(board.get(Tally::SpendUnregistered(spend.currency, powertrain)));
            if vehicle_days != 0 || here != 0 {
                powertrains.push(PowertrainShare { powertrain, vehicle_days, share: Share::of(here, estimate) });
            }
        }
        Self { currency: spend.currency, share: Share::of(bought, needed), powertrains, unregistered }
    }
}

impl RevenueMix {
    fn of(board: &Board, before: &Board) -> Vec<Self> {
        let names: BTreeSet<&str> = firsts(board, "revenue/").chain(firsts(before, "revenue/")).collect();
        let currencies = names.into_iter().filter_map(|name| name.parse().ok());
        currencies.map(|currency| Self::of_currency(currency, board, before)).collect()
    }

    fn of_currency(currency: Currency, board: &Board, before: &Board) -> Self {
        let sums = |board: &Board| {
            [Class::Recurring, Class::Digital, Class::Physical].map(|class| board.get(Tally::Revenue(currency, class)))
        };
        let all = |[recurring, digital, physical]: [i64; 3]| {
            let light = recurring.saturating_add(digital);
            (light, light.saturating_add(physical))
        };
        let now @ [recurring, digital, physical] = sums(board);
        let ((light, total), (light_before, total_before)) = (all(now), all(sums(before)));
        Self {
            currency,
            share: Share::of(light, total),
            recurring,
            digital,
            physical,
            before: total_before,
            growth: Share::of(light.saturating_sub(light_before), total.saturating_sub(total_before)),
        }
    }
}

impl<'a> Timing<'a> {
    fn of(name: &'a str, times: &Histogram) -> Self {
        let [p50, p75, p90, p95, p99, p999] = [500, 750, 900, 950, 990, 999].map(|share| times.percentile(share));
        Self { name, count: times.count(), p50, p75, p90, p95, p99, p999 }
    }
}

fn took(board: &Board, function: &str) -> Histogram {
    board.histogram(&format!("took/{function}/"))
}

/// The parts that follow `prefix` in the names of sums, each once.
fn firsts<'a>(board: &'a Board, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let mut last = "";
    let first = board.under(prefix).filter_map(|(rest, _)| rest.split('/').next());
    first.filter(move |part| std::mem::replace(&mut last, part) != *part)
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
