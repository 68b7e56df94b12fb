//! Opening stock: what a base-stock policy leaves on the shelf when parts sell as [`super::demand`] says.
//!
//! A branch keeps a part that it expects to be asked for in at least half of the months; a distribution centre keeps every
//! shelf part for the branches it serves. The base stock is `S = ⌈k · expected demand over the lead time⌉ + the largest
//! order`, with a lead time of one month and `k` = 1 at a branch, two months and `k` = 1.5 at a distribution centre, and
//! what lies there is `max(0, S − demand drawn for the lead time)`. What was drawn is on order, and for one part in four at a distribution
//! centre the order is announced as an incoming receipt.

use std::io;

use super::brands::FSTZ;
use super::part::Part;
use super::places::{PLACES, Place};
use super::random::Random;
use super::tables::Tables;

/// Chance of a month with demand, in thousandths, from which a branch keeps a part.
const BRANCH_KEEPS_FROM: u64 = 500;
/// Months from a distribution centre's order to its receipt.
const LEAD_MONTHS: u64 = 2;

/// Writes the part's stock and incoming receipts.
pub fn write(tables: &mut Tables, seed: u64, part: &Part) -> io::Result<()> {
    let Some(demand) = part.demand.filter(|_| part.supply == "shelf") else { return Ok(()) };
    let mut random = Random::new(seed, &format!("stock {}", part.sku));
    let largest = demand.sizes.iter().copied().max().unwrap_or(1);
    // Two makers in a hundred cannot deliver: nothing is left anywhere, and the order is late.
    let short = part.sku != "BRKX-4410" && random.chance(20);
    let phasing_out = part.life_cycle == "phasing_out";
    for place in &PLACES {
        let (expected_milli, drawn, safety) = if place.is_distribution_center() {
            let served = || PLACES.iter().filter(|branch| serves(place, branch));
            let trade: u64 = served().map(|branch| branch.trade).sum();
            let mut draw = |trade| (0..LEAD_MONTHS).map(|_| demand.month(&mut random, trade)).sum::<u64>();
            let drawn = served().map(|branch| draw(branch.trade)).sum();
            (demand.expected_milli(trade, LEAD_MONTHS) * 3 / 2, drawn, 1)
        } else {
            let sold_here = part.brand.sold_in_europe || place.region != "weur";
            if phasing_out || !sold_here || demand.permille * place.trade / 100 < BRANCH_KEEPS_FROM {
                continue;
            }
            (demand.expected_milli(place.trade, 1), demand.month(&mut random, place.trade), 0)
        };
        let base = boxes(part, expected_milli.div_ceil(1000) + largest);
        let (mut on_hand, mut ordered) = (base.saturating_sub(boxes(part, drawn)), drawn);
        if phasing_out {
            (on_hand, ordered) = (on_hand.min(3), 0);
        } else if short {
            (on_hand, ordered) = (0, base);
        }
        tables.stock.row(&[&place.id, &part.sku, &on_hand, &safety])?;
        if place.is_distribution_center() && ordered > 0 && (short || random.chance(250)) {
            let id = format!("in-{}-{}", place.id, part.sku);
            let month = random.below(24);
            let eta = format!("{}-{:02}-{:02}", 2027 + month / 12, month % 12 + 1, random.between(1, 28));
            tables.incoming.row(&[&id, &place.id, &part.sku, &boxes(part, ordered), &eta])?;
        }
    }
    Ok(())
}

/// Whether the distribution centre `center` serves `branch`: Atlanta the Americas' east and Europe, Reno the rest.
fn serves(center: &Place, branch: &Place) -> bool {
    let east = |place: &Place| matches!(place.region, "enam" | "weur");
    !branch.is_distribution_center() && east(center) == east(branch)
}

/// Hardware is asked for by the box of ten.
fn boxes(part: &Part, units: u64) -> u64 {
    if part.brand == FSTZ { units * part.pack.1 } else { units }
}
