//! The five numbers, read off a board, as they are told: JSON. Each comes with the two sums it is the quotient of.

use serde_json::{Map, Value};

use super::board::Board;
use super::event::Grade;
use super::histogram::Histogram;
use super::said::Cause;
use super::service::ServiceSpend;
use super::tally::Tally;
use crate::catalog::Powertrain;
use crate::catalog::part::RevenueClass;
use crate::money::Currency;

/// A query is fast that is answered in less than this, in milliseconds.
pub const FAST_MS: u64 = 100;

/// The edge function of queries, which the first number is about.
const QUERY: &str = "query";

/// The five numbers of `board`, and what they rest on. `before` is the board of the period before, of which only revenue
/// matters.
pub fn numbers(board: &Board, before: &Board, spend: &ServiceSpend) -> Value {
    object(vec![
        ("api_response", api_response(board)),
        ("digital_repair", digital_repair(board)),
        ("inventory_accuracy", inventory_accuracy(board)),
        ("household_share", household_share(board, spend)),
        ("revenue_mix", revenue_mix(board, before)),
        ("funnel", funnel(board)),
        (
            "web",
            firsts(board, "web/")
                .into_iter()
                .map(|metric| named("metric", metric, &board.histogram(&format!("web/{metric}/")), vec![]))
                .collect(),
        ),
    ])
}

/// Number 1: queries answered as asked in less than [`FAST_MS`], of those that were answered or failed.
fn api_response(board: &Board) -> Value {
    let queries = took(board, QUERY);
    let failed = board.get(Tally::Answers(QUERY, "failed"));
    let answered = whole(queries.count());
    object(vec![
        ("share", share(whole(queries.below(FAST_MS)), answered.saturating_add(failed))),
        ("functions", functions(board)),
    ])
}

/// How each edge function did: the times of requests answered as asked, and how many were not.
pub fn functions(board: &Board) -> Value {
    let mut functions = firsts(board, "took/");
    add_new(&mut functions, firsts(board, "answers/"));
    let amiss = |function, result| Value::from(board.get(Tally::Answers(function, result)));
    let of = |function| {
        let more = ["refused", "failed", "late"].map(|result| (result, amiss(function, result)));
        named("function", function, &took(board, function), more.into())
    };
    functions.into_iter().map(of).collect()
}

/// Number 2: successful redemptions, of the units sold that must be calibrated.
fn digital_repair(board: &Board) -> Value {
    let mut fields = vec![
        ("share", share(board.get(Tally::Tokens("succeeded")), board.get(Tally::CalibrationSold))),
        ("returned", board.get(Tally::CalibrationReturned).into()),
    ];
    for outcome in ["issued", "succeeded", "failed", "refused", "revoked", "expired"] {
        fields.push((outcome, board.get(Tally::Tokens(outcome)).into()));
    }
    object(fields)
}

/// Number 3: phantoms, of the lines that followed an answer which said the quantity was there; the time from the request to the
/// hold; records within the tolerance of their class (A 1 %, B 3 %, C 5 %; without a class 1 %), of those counted.
fn inventory_accuracy(board: &Board) -> Value {
    let (mut phantoms, mut causes) = (0_i64, Vec::new());
    for cause in [Cause::StaleSnapshot, Cause::Race, Cause::Count] {
        let of_cause = board.get(Tally::Phantoms(cause));
        phantoms = phantoms.saturating_add(of_cause);
        causes.push((cause.as_str(), of_cause.into()));
    }
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
    object(vec![
        ("phantoms", share(phantoms, board.get(Tally::LinesTold))),
        ("causes", object(causes)),
        ("lines", board.get(Tally::LinesAsked).into()),
        ("reported", board.get(Tally::WebPhantoms).into()),
        ("allocation", object(times(&board.histogram("allocated/")))),
        ("records", share(within, counted)),
        ("exact", share(exact, counted)),
        ("shortfalls", board.get(Tally::Shortfalls).into()),
    ])
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

/// Number 4: spent here by households whose vehicles are known, of what their vehicles are estimated to need: in all and by what
/// drives the vehicle. What others spent is apart.
fn household_share(board: &Board, spend: &ServiceSpend) -> Value {
    let (mut bought, mut needed, mut unregistered) = (0_i64, 0_i64, 0_i64);
    let mut powertrains = Vec::new();
    for (powertrain, name) in Powertrain::NAMES {
        let vehicle_days = board.get(Tally::VehicleDays(powertrain));
        let here = board.get(Tally::Spend(spend.currency, powertrain));
        let estimate = spend.estimate(powertrain, vehicle_days);
        bought = bought.saturating_add(here);
        needed = needed.saturating_add(estimate);
        unregistered = unregistered.saturating_add(board.get(Tally::SpendUnregistered(spend.currency, powertrain)));
        if vehicle_days != 0 || here != 0 {
            powertrains.push(object(vec![
                ("powertrain", name.into()),
                ("vehicle_days", vehicle_days.into()),
                ("share", share(here, estimate)),
            ]));
        }
    }
    object(vec![
        ("currency", spend.currency.as_str().into()),
        ("share", share(bought, needed)),
        ("powertrains", powertrains.into()),
        ("unregistered", unregistered.into()),
    ])
}

/// Number 5: recurring and digital revenue, of all; and what they grew by since the period before, of what all revenue did. For
/// each currency.
fn revenue_mix(board: &Board, before: &Board) -> Value {
    let mut currencies = firsts(board, "revenue/");
    add_new(&mut currencies, firsts(before, "revenue/"));
    let of = |currency: &str| Some(revenue(currency.parse().ok()?, board, before));
    currencies.into_iter().filter_map(of).collect()
}

fn revenue(currency: Currency, board: &Board, before: &Board) -> Value {
    let mut fields = vec![("currency", currency.as_str().into())];
    // Recurring and digital, and all: now and before.
    let (mut light, mut all, mut light_before, mut all_before) = (0_i64, 0_i64, 0_i64, 0_i64);
    for (class, name) in RevenueClass::NAMES {
        let (now, then) = (board.get(Tally::Revenue(currency, class)), before.get(Tally::Revenue(currency, class)));
        fields.push((name, now.into()));
        all = all.saturating_add(now);
        all_before = all_before.saturating_add(then);
        if class != RevenueClass::Physical {
            light = light.saturating_add(now);
            light_before = light_before.saturating_add(then);
        }
    }
    fields.push(("share", share(light, all)));
    fields.push(("before", all_before.into()));
    fields.push(("growth", share(light.saturating_sub(light_before), all.saturating_sub(all_before))));
    object(fields)
}

/// From a query to a calibration.
fn funnel(board: &Board) -> Value {
    object(vec![
        ("queries", took(board, QUERY).count().into()),
        ("quotes", board.get(Tally::Quotes("held")).into()),
        ("refused", board.get(Tally::Quotes("refused")).into()),
        ("commits", board.get(Tally::Quotes("committed")).into()),
        ("tokens", board.get(Tally::Tokens("issued")).into()),
        ("calibrations", board.get(Tally::Tokens("succeeded")).into()),
    ])
}

/// A quotient with its two sums; `null` where there is nothing to divide by. Six decimals.
fn share(numerator: i64, denominator: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a share is told to six decimals")]
    let value = (denominator != 0).then(|| (numerator as f64 / denominator as f64 * 1e6).round() / 1e6);
    object(vec![("numerator", numerator.into()), ("denominator", denominator.into()), ("value", value.into())])
}

/// How many durations there are, and their percentiles in milliseconds.
fn times(times: &Histogram) -> Vec<(&'static str, Value)> {
    let mut fields = vec![("count", Value::from(times.count()))];
    for (name, per_mille) in [("p50", 500), ("p75", 750), ("p90", 900), ("p95", 950), ("p99", 990), ("p999", 999)] {
        fields.push((name, times.percentile(per_mille).into()));
    }
    fields
}

/// Times under a name, and more about them.
fn named(field: &'static str, name: &str, durations: &Histogram, more: Vec<(&'static str, Value)>) -> Value {
    let mut fields = times(durations);
    fields.push((field, name.into()));
    fields.extend(more);
    object(fields)
}

fn object(fields: Vec<(&'static str, Value)>) -> Value {
    let mut object = Map::new();
    for (name, value) in fields {
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

fn took(board: &Board, function: &str) -> Histogram {
    board.histogram(&format!("took/{function}/"))
}

/// The parts that follow `prefix` in the names of sums, each once.
fn firsts<'a>(board: &'a Board, prefix: &'a str) -> Vec<&'a str> {
    let mut firsts = Vec::new();
    for (rest, _) in board.under(prefix) {
        add_new(&mut firsts, rest.split('/').next().into_iter().collect());
    }
    firsts
}

fn add_new<'a>(known: &mut Vec<&'a str>, more: Vec<&'a str>) {
    for name in more {
        if !known.contains(&name) {
            known.push(name);
        }
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
