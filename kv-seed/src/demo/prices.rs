//! The price sheets: every price is a share of the part's list price, kept to four decimals.

use std::io;

use super::brands::{FSTZ, Tier};
use super::part::{Kind, Part, Pricing};
use super::random::Random;
use super::tables::{Decimal, Table};

/// A sheet: its name, price type, whom it is for, currency, and from when to when it is valid.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    name: &'static str,
    price_type: &'static str,
    scope: &'static str,
    currency: &'static str,
    effective: &'static str,
    expires: &'static str,
}

const fn sheet(name: &'static str, price_type: &'static str, scope: &'static str) -> Sheet {
    Sheet { name, price_type, scope, currency: "USD", effective: "2026-01-01", expires: "" }
}

const LIST: Sheet = sheet("US-2026", "LST", "");
const RETAIL: Sheet = sheet("US-2026", "RET", "");
const JOBBER: Sheet = sheet("US-2026", "JBR", "");
const DISTRIBUTOR: Sheet = sheet("US-2026", "WD1", "");
/// The floor under advertised prices of premium brands.
const FLOOR: Sheet = sheet("US-2026", "RMP", "");
const SHOPS: Sheet = sheet("SHOPS-2026", "JBR", "group:shops");
const FLEET: Sheet = sheet("FLEET-2026", "WD1", "group:fleet");
const BRANCH: Sheet = sheet("ATL1-LOCAL", "JBR", "branch:ATL1");
const EURO: Sheet = Sheet { currency: "EUR", ..sheet("EU-2026", "LST", "") };
const LAST_YEAR: Sheet = Sheet { effective: "2025-01-01", expires: "2026-01-01", ..sheet("US-2025", "LST", "") };
const FUTURE: Sheet = Sheet { effective: "2032-01-01", ..sheet("US-2032", "LST", "") };

/// Writes the part's prices.
pub fn write(table: &mut Table, seed: u64, part: &Part) -> io::Result<()> {
    let mut write = |sheet: Sheet, from_quantity: u64, price: u64| {
        let Sheet { name, price_type, scope, currency, effective, expires } = sheet;
        table.row(&[
            &part.sku,
            &name,
            &price_type,
            &scope,
            &currency,
            &effective,
            &expires,
            &from_quantity,
            &Decimal(price.max(1)),
        ])
    };
    let share = |basis_points: u64| part.list * basis_points / 10_000;
    match part.pricing {
        Pricing::None => return Ok(()),
        Pricing::ListOnly => return write(LIST, 1, part.list),
        Pricing::EuroOnly => return write(EURO, 1, share(9200)),
        Pricing::Full => {}
    }
    let mut random = Random::new(seed, &format!("prices {}", part.sku));
    write(LIST, 1, part.list)?;
    write(RETAIL, 1, share(9000))?;
    write(JOBBER, 1, share(6800))?;
    if breaks_at(part) > 0 {
        write(JOBBER, breaks_at(part), share(6460))?;
        write(JOBBER, breaks_at(part) * 5, share(6120))?;
    }
    write(DISTRIBUTOR, 1, share(5600))?;
    if part.kind != Kind::Physical {
        return Ok(());
    }
    if part.brand.tier == Tier::Premium {
        write(FLOOR, 1, share(9300))?;
    }
    if part.brand.sold_in_europe && part.brand != FSTZ {
        write(EURO, 1, share(9200))?;
    }
    if random.chance(60) {
        write(SHOPS, 1, share(6500))?;
        write(SHOPS, 4, share(6300))?;
    }
    if random.chance(60) {
        write(FLEET, 1, share(5400))?;
    }
    if random.chance(30) {
        write(BRANCH, 1, share(6650))?;
    }
    if random.chance(30) {
        write(LAST_YEAR, 1, share(9600))?;
    }
    if random.chance(30) {
        write(FUTURE, 1, share(12_500))?;
    }
    Ok(())
}

/// The quantity of the first jobber break; 0: none. What is used up is sold by the box.
fn breaks_at(part: &Part) -> u64 {
    match part.part_type {
        "Brake Pad" | "Brake Rotor" => 4,
        "Oil Filter" | "Engine Air Filter" | "Cabin Air Filter" | "Wiper Blade" | "Spark Plug" | "Headlight Bulb" => 10,
        "Wheel Lug Nut" => 20,
        _ if part.brand == FSTZ => 100,
        _ => 0,
    }
}
