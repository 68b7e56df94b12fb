//! `GET /v1/kpi` and `GET /metrics`: the five numbers, and the sums they rest on.

use std::str::FromStr;

use futures_util::future::try_join_all;
use holdfast::access::Scope;
use holdfast::id::Region;
use holdfast::kpi::household::{Days, vehicle_days};
use holdfast::kpi::numbers::functions;
use holdfast::kpi::sums::entry;
use holdfast::kpi::{self, Board, ServiceSpend, metrics};
use holdfast::time::{Day, Timestamp};
use serde_json::{Value, json};

use crate::edge::Edge;
use crate::events::no_region;
use crate::objects;
use crate::objects::kpi_board::{Command, near};
use crate::problem::Problem;
use crate::wire::Answer;

/// The most days of one answer, and how many come unasked.
const MAX_DAYS: i64 = 800;
const DEFAULT_DAYS: i64 = 7;
/// The most days that are told one by one.
const MAX_SINGLE_DAYS: i64 = 100;

/// What the numbers are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Region,
    Function,
    Day,
}

#[derive(Debug, thiserror::Error)]
#[error("numbers are told by region, function or day")]
struct NotAGroup;

impl FromStr for By {
    type Err = NotAGroup;

    fn from_str(text: &str) -> Result<Self, NotAGroup> {
        match text {
            "region" => Ok(Self::Region),
            "function" => Ok(Self::Function),
            "day" => Ok(Self::Day),
            _ => Err(NotAGroup),
        }
    }
}

/// The boards of a region.
struct RegionBoards {
    region: Region,
    /// One for each day, or one for all under the first.
    boards: Days,
    /// The revenue of the period before.
    before: Board,
}

/// `GET /v1/kpi?from=&to=&by=`
pub async fn numbers(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Kpi).await?;
    let by: Option<By> = edge.parameter("by")?;
    let (from, to) = period(edge, by)?;
    let spend = service_spend(edge)?;
    let all = edge.timed("stock", read_all(edge, from, to, by)).await?;
    let body = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "numbers": total(&all, from, &spend),
        "groups": groups(&all, from, by, &spend),
    });
    Ok(edge.json_text(body.to_string()).header("cache-control", "no-store"))
}

fn total(all: &[RegionBoards], from: Day, spend: &ServiceSpend) -> Value {
    kpi::numbers(&sum_since(all, from), &sum(all.iter().map(|of| &of.before)), spend)
}

/// The numbers of each of the things they are told apart by.
fn groups(all: &[RegionBoards], from: Day, by: Option<By>, spend: &ServiceSpend) -> Value {
    let mut groups = Vec::new();
    match by {
        None => {}
        Some(By::Region) => {
            for RegionBoards { region, boards, before } in all {
                let board = sum(boards.iter().map(|(_, board)| board));
                groups.push(json!({"region": region.as_str(), "numbers": kpi::numbers(&board, before, spend)}));
            }
        }
        Some(By::Day) => {
            let mut yesterday = Board::default();
            for (day, board) in sums_by_day(all) {
                if day >= from {
                    groups.push(json!({"day": day.to_string(), "numbers": kpi::numbers(&board, &yesterday, spend)}));
                }
                yesterday = board;
            }
        }
        Some(By::Function) => return functions(&sum_since(all, from)),
    }
    groups.into()
}

/// `GET /metrics`
pub async fn totals(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Kpi).await?;
    let regions = regions(edge)?;
    let asks = regions.iter().map(|region| (region, Command::Total)).collect();
    let totals = ask_all(edge, asks).await?;
    let boards: Vec<(Region, Board)> =
        regions.into_iter().zip(totals).map(|(region, total)| (region, Board::from_json(&total))).collect();
    let text = metrics::write(&boards);
    Ok(Answer::new(200, text).header("content-type", metrics::MEDIA_TYPE).header("cache-control", "no-store"))
}

fn period(edge: &Edge<'_>, by: Option<By>) -> Result<(Day, Day), Problem> {
    let to = edge.parameter("to")?.unwrap_or_else(|| Day::of(edge.now));
    let from = edge.parameter("from")?.unwrap_or_else(|| to.plus(1 - DEFAULT_DAYS));
    let days = to.number().saturating_sub(from.number()).saturating_add(1);
    let most = if by == Some(By::Day) { MAX_SINGLE_DAYS } else { MAX_DAYS };
    if (1..=most).contains(&days) {
        Ok((from, to))
    } else {
        Err(Problem::invalid_field("/from", format!("a period has 1 to {most} days, `from` and `to` counted in")))
    }
}

/// What households are taken to spend: the deployment's own table, `SERVICE_SPEND`, or the default.
fn service_spend(edge: &Edge<'_>) -> Result<ServiceSpend, Problem> {
    let Ok(table) = edge.env.var("SERVICE_SPEND") else { return Ok(ServiceSpend::default()) };
    let table: Value = holdfast::json::from_str(&table.to_string()).unwrap_or_default();
    ServiceSpend::read(&table).map_err(|faults| {
        worker::console_error!("SERVICE_SPEND: {faults:?}");
        Problem::internal()
    })
}

/// The boards of every region. With `by` days, the day before the period is among them: the first is compared with it.
async fn read_all(edge: &Edge<'_>, from: Day, to: Day, by: Option<By>) -> Result<Vec<RegionBoards>, Problem> {
    let by_day = by == Some(By::Day);
    let first = if by_day { from.plus(-1) } else { from };
    let days = to.number().saturating_sub(from.number()).saturating_add(1);
    let earlier = from.plus(days.saturating_neg());
    let regions = regions(edge)?;
    let mut asks = Vec::new();
    for region in &regions {
        asks.push((region, Command::Read { from: first, to, by_day, only_revenue: false }));
        asks.push((region, Command::Read { from: earlier, to: from.plus(-1), by_day: false, only_revenue: true }));
    }
    let mut replies = ask_all(edge, asks).await?.into_iter();
    let mut all = Vec::with_capacity(regions.len());
    for region in regions {
        let (Some(now), Some(before)) = (replies.next(), replies.next()) else { return Err(Problem::internal()) };
        let found = by_day_of(now.get("boards"));
        let fleet = by_day_of(now.get("fleet"));
        let periods = if by_day {
            (0..=days).map(|place| first.plus(place)).map(|day| (day, day)).collect()
        } else {
            vec![(from, to)]
        };
        let mut boards = Days::new();
        for (first, last) in periods {
            let mut board = vehicle_days(&fleet, first, last);
            for (_, counted) in found.iter().filter(|(day, _)| *day == first) {
                board.merge(counted);
            }
            boards.push((first, board));
        }
        let before = sum(by_day_of(before.get("boards")).iter().map(|(_, board)| board));
        all.push(RegionBoards { region, boards, before });
    }
    Ok(all)
}

/// The regions that have locations, and the one of what belongs to none.
fn regions(edge: &Edge<'_>) -> Result<Vec<Region>, Problem> {
    let mut regions: Vec<Region> = Vec::new();
    for location in edge.locations() {
        if !regions.contains(&location.region) {
            regions.push(location.region.clone());
        }
    }
    regions.push(no_region().map_err(|_| Problem::internal())?);
    Ok(regions)
}

/// Asks boards, all at the same time. The replies are in the order of the questions.
async fn ask_all(edge: &Edge<'_>, asks: Vec<(&Region, Command)>) -> Result<Vec<Value>, Problem> {
    let asks: Vec<(&str, String)> =
        asks.into_iter().map(|(region, command)| (region.as_str(), command.to_text())).collect();
    let replies = asks.iter().map(|(name, text)| objects::read(edge.env, "KPI_BOARD", name, near(name), text));
    let replies = try_join_all(replies).await.map_err(|error| error.told("KPI boards", "a KPI board"))?;
    replies.iter().map(|reply| holdfast::json::from_str(reply).map_err(|_| Problem::internal())).collect()
}

/// An object of boards by day.
fn by_day_of(boards: Option<&Value>) -> Days {
    let mut days = Days::new();
    for (day, sums) in boards.and_then(Value::as_object).into_iter().flatten() {
        if let Ok(number) = day.parse() {
            days.push((Day::of(Timestamp::EPOCH).plus(number), Board::from_json(sums)));
        }
    }
    days
}

/// Board by board of the days, in their order.
fn sums_by_day(all: &[RegionBoards]) -> Days {
    let mut days = Days::new();
    for (day, board) in all.iter().flat_map(|of| &of.boards) {
        if let Some(sum) = entry(&mut days, *day) {
            sum.merge(board);
        }
    }
    days
}

fn sum_since(all: &[RegionBoards], from: Day) -> Board {
    let days = all.iter().flat_map(|of| &of.boards);
    sum(days.filter(|(day, _)| *day >= from).map(|(_, board)| board))
}

fn sum<'a>(boards: impl Iterator<Item = &'a Board>) -> Board {
    boards.fold(Board::default(), |mut sum, board| {
        sum.merge(board);
        sum
    })
}
