//! `GET /v1/kpi` and `GET /metrics`: the five numbers, and the sums they rest on.

use std::str::FromStr;

use holdfast::access::Scope;
use holdfast::id::Region;
use holdfast::kpi::household::{Days, vehicle_days};
use holdfast::kpi::lines::{self, Names, Told};
use holdfast::kpi::numbers::functions;
use holdfast::kpi::period::{Period, Unit};
use holdfast::kpi::{self, Board, ServiceSpend, metrics};
use holdfast::time::{Day, Timestamp};
use serde_json::{Value, json};

use crate::edge::Edge;
use crate::events::no_region;
use crate::objects;
use crate::objects::kpi_board::{Command, near};
use crate::problem::Problem;
use crate::together::all;
use crate::wire::Answer;

/// The most days of one answer.
const MAX_DAYS: i64 = 800;
/// The most days that are told one by one.
const MAX_SINGLE_DAYS: i64 = 100;

/// What the numbers are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Region,
    Function,
    Time(Unit),
}

#[derive(Debug, thiserror::Error)]
#[error("numbers are told by region, function, day, week or month")]
struct NotAGroup;

impl FromStr for By {
    type Err = NotAGroup;

    fn from_str(text: &str) -> Result<Self, NotAGroup> {
        match text {
            "region" => Ok(Self::Region),
            "function" => Ok(Self::Function),
            "day" => Ok(Self::Time(Unit::Day)),
            "week" => Ok(Self::Time(Unit::Week)),
            "month" => Ok(Self::Time(Unit::Month)),
            _ => Err(NotAGroup),
        }
    }
}

impl By {
    /// How many days come unasked, and how many may be asked for.
    fn days(by: Option<Self>) -> (i64, i64) {
        match by {
            Some(Self::Time(Unit::Day)) => (7, MAX_SINGLE_DAYS),
            Some(Self::Time(Unit::Week)) => (84, MAX_DAYS),
            Some(Self::Time(Unit::Month)) => (365, MAX_DAYS),
            _ => (7, MAX_DAYS),
        }
    }
}

/// The boards of a region: of each period, and the revenue of what each is compared with.
struct RegionBoards {
    region: Region,
    boards: Vec<Board>,
    before: Vec<Board>,
}

/// `GET /v1/kpi?from=&to=&by=&region=`
pub async fn numbers(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Kpi).await?;
    let by: Option<By> = edge.parameter("by")?;
    let (from, to) = asked(edge, by)?;
    let periods = if let Some(By::Time(unit)) = by { unit.periods(from, to) } else { vec![] };
    let all = Period::of(from, to);
    let spend = service_spend(edge)?;
    let regions = edge.timed("stock", read_all(edge, chosen(edge)?, &periods, all)).await?;
    let groups = match by {
        None => Value::Array(vec![]),
        Some(By::Region) => regions.iter().map(|of| by_region(of, &spend)).collect(),
        Some(By::Function) => functions(&sum(regions.iter().flat_map(|of| &of.boards))),
        Some(By::Time(unit)) => {
            (0..).zip(&periods).map(|(place, of)| by_time(unit, *of, place, &regions, &spend)).collect()
        }
    };
    let before = regions.iter().filter_map(|of| of.before.last());
    let body = json!({
        "from": from.to_string(),
        "to": to.to_string(),
        "numbers": kpi::numbers(&sum(regions.iter().flat_map(|of| &of.boards)), &sum(before), &spend),
        "groups": groups,
    });
    Ok(edge.json_text(body.to_string()).header("cache-control", "no-store"))
}

fn by_region(of: &RegionBoards, spend: &ServiceSpend) -> Value {
    json!({"region": of.region.as_str(), "numbers": kpi::numbers(&sum(&of.boards), &sum(&of.before), spend)})
}

/// The numbers of the period at `place`.
fn by_time(unit: Unit, period: Period, place: usize, regions: &[RegionBoards], spend: &ServiceSpend) -> Value {
    let board = sum(regions.iter().filter_map(|of| of.boards.get(place)));
    let before = sum(regions.iter().filter_map(|of| of.before.get(place)));
    json!({
        unit.as_str(): unit.name(period.first),
        "from": period.first.to_string(),
        "to": period.last.to_string(),
        "numbers": kpi::numbers(&board, &before, spend),
    })
}

/// `GET /metrics`
pub async fn totals(edge: &Edge<'_>) -> Result<Answer, Problem> {
    edge.caller(Scope::Kpi).await?;
    let regions = regions(edge)?;
    let asks = regions.iter().map(|region| (region, Command::Total)).collect();
    let totals = ask_all(edge, asks).await?;
    let mut boards = Vec::with_capacity(regions.len());
    for (region, total) in regions.into_iter().zip(totals) {
        let total = holdfast::json::from_str(&total).map_err(|_| Problem::internal())?;
        boards.push((region, Board::from_json(&total)));
    }
    let text = metrics::write(&boards);
    Ok(Answer::new(200, text).header("content-type", metrics::MEDIA_TYPE).header("cache-control", "no-store"))
}

/// The first and the last day that are asked for; the first is that of its week or month.
fn asked(edge: &Edge<'_>, by: Option<By>) -> Result<(Day, Day), Problem> {
    let (usual, most) = By::days(by);
    let to = edge.parameter("to")?.unwrap_or_else(|| Day::of(edge.now));
    let from = edge.parameter("from")?.unwrap_or_else(|| to.plus(1_i64.saturating_sub(usual)));
    let from = if let Some(By::Time(unit)) = by { unit.start(from) } else { from };
    let days = to.number().saturating_sub(from.number()).saturating_add(1);
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

/// The boards of regions, of each of `periods`, or of `all` if there are none. Last of what comes before is that of `all`.
async fn read_all(
    edge: &Edge<'_>,
    regions: Vec<Region>,
    periods: &[Period],
    all: Period,
) -> Result<Vec<RegionBoards>, Problem> {
    let single = [all];
    let wanted = if periods.is_empty() { &single } else { periods };
    let before: Vec<(Day, Day)> = periods.iter().chain(&single).map(|of| of.before).collect();
    let since = before.iter().map(|(first, _)| *first).min().unwrap_or(all.first);
    let days: Vec<(Day, Day)> = wanted.iter().map(|of| (of.first, of.last)).collect();
    let read = |region| (region, Command::Read { periods: days.clone(), since });
    let replies = ask_all(edge, regions.iter().map(read).collect()).await?;
    let mut names = Names::default();
    let of_region = |(region, reply): (Region, String)| {
        let (mut boards, mut revenue, mut fleet) = (vec![Board::default(); wanted.len()], Days::new(), Days::new());
        for Told { what, number, board } in lines::read(&reply, &mut names) {
            let day = Day::of(Timestamp::EPOCH).plus(number);
            match what {
                "board" => {
                    let place = wanted.partition_point(|of| of.first < day);
                    boards.get_mut(place).into_iter().for_each(|known| known.merge(&board));
                }
                "revenue" => revenue.push((day, board)),
                _ => fleet.push((day, board)),
            }
        }
        for (board, of) in boards.iter_mut().zip(wanted) {
            board.merge(&vehicle_days(&fleet, of.first, of.last));
        }
        let sum_of = |(first, last): &(Day, Day)| {
            sum(revenue.iter().filter(|(day, _)| first <= day && day <= last).map(|(_, board)| board))
        };
        RegionBoards { region, boards, before: before.iter().map(sum_of).collect() }
    };
    Ok(regions.into_iter().zip(replies).map(of_region).collect())
}

/// The region that is asked for, or all.
fn chosen(edge: &Edge<'_>) -> Result<Vec<Region>, Problem> {
    let (mut regions, only) = (regions(edge)?, edge.parameter::<Region>("region")?);
    regions.retain(|region| only.as_ref().is_none_or(|only| only == region));
    if regions.is_empty() {
        return Err(Problem::refused_field("/region", "unknown_region", "no location is in this region"));
    }
    Ok(regions)
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
async fn ask_all(edge: &Edge<'_>, asks: Vec<(&Region, Command)>) -> Result<Vec<String>, Problem> {
    let asks: Vec<(&str, String)> =
        asks.into_iter().map(|(region, command)| (region.as_str(), command.to_text())).collect();
    let replies = asks.iter().map(|(name, text)| objects::read(edge.env, "KPI_BOARD", name, near(name), text));
    let replies: Result<Vec<String>, _> = all(replies).await.into_iter().collect();
    replies.map_err(|error| error.told("KPI boards", "a KPI board"))
}

fn sum<'a>(boards: impl IntoIterator<Item = &'a Board>) -> Board {
    boards.into_iter().fold(Board::default(), |mut sum, board| {
        sum.merge(board);
        sum
    })
}
