//! Accounts, their keys, rules, contract and promotions.

use std::io;

use super::part::{Part, Pricing};
use super::places::PLACES;
use super::tables::{Decimal, Table, Tables, rows};

/// The accounts of the contract with callers: id, name, kind, currency, home, group, base type, contract, margin floor,
/// refused brands, on hold.
#[rustfmt::skip]
const ACCOUNTS: [[&str; 11]; 6] = [
    ["shop-1", "Peachtree Street Garage", "shop", "USD", "ATL1", "shops", "JBR", "", "12", "", ""],
    ["fleet-1", "Blue Heron Deliveries", "fleet", "USD", "ATL2", "fleet", "WD1", "FLEET-1-2026", "5", "ECNV", ""],
    ["agent-1", "Parts agent of West Coast shops", "agent", "USD", "LAX1", "", "RET", "", "15", "", ""],
    ["web", "Webstore, the public", "web", "USD", "ATL-DC", "", "RET", "", "", "", ""],
    ["branch-ATL1", "Counter of Atlanta Midtown", "branch", "USD", "ATL1", "", "WD1", "", "", "", ""],
    ["admin", "The distributor", "admin", "USD", "ATL-DC", "", "WD1", "", "", "", ""],
];

/// Account, brand, part type, price type, adjustment in percent; the most specific first.
const RULES: [[&str; 5]; 6] = [
    ["shop-1", "HALT", "Brake Pad", "JBR", "-12.5"],
    ["shop-1", "RTNQ", "", "JBR", "-6"],
    ["shop-1", "", "Oil Filter", "JBR", "-10"],
    ["fleet-1", "", "Battery", "WD1", "-4"],
    ["agent-1", "SNSQ", "", "LST", "-20"],
    ["agent-1", "", "Wiper Blade", "LST", "-25"],
];

/// Key, account, scopes, origins.
const KEYS: [[&str; 4]; 6] = [
    ["demo-shop", "shop-1", "query;quote;token", ""],
    ["demo-fleet", "fleet-1", "query;quote;token", ""],
    ["demo-agent", "agent-1", "query;quote", ""],
    ["demo-web", "web", "web", "*"],
    ["demo-branch", "branch-ATL1", "query;quote;stock", ""],
    ["demo-admin", "admin", "query;quote;stock;token;kpi;admin", ""],
];

/// In the order of the header of `promotions.csv`.
#[rustfmt::skip]
const PROMOTIONS: [[&str; 11]; 8] = [
    ["wipers-10", "Ten percent off wiper blades", "2026-01-01", "2036-01-01", "", "", "Wiper Blade", "", "", "10", ""],
    ["bulbs-by-four", "Bulbs by the four", "2026-06-01", "2036-01-01", "", "LMZR", "Headlight Bulb;Fog Light Bulb", "", "4", "15", ""],
    ["shops-pads", "Brake weeks for shops", "2026-03-01", "2036-01-01", "", "BRKX", "Brake Pad", "shops", "4", "7.5", ""],
    ["fleet-filters", "Filters for fleets", "2026-01-01", "2036-01-01", "", "FLTQ;PURV", "", "fleet", "12", "5", ""],
    ["fog-light", "Fog light bulb at a fixed price", "2026-01-01", "2036-01-01", "LMZR-77310", "", "", "", "", "", "9.99"],
    ["spring-2025", "Spring sale (over)", "2025-03-01", "2025-06-01", "", "", "Cabin Air Filter", "", "", "20", ""],
    ["winter-2025", "Winter batteries (over)", "2025-11-01", "2026-02-01", "", "VLTM", "Battery", "", "", "12", ""],
    ["jubilee-2035", "Jubilee (not yet)", "2035-01-01", "2036-01-01", "", "", "", "", "", "25", ""],
];

/// Writes all tables that do not depend on the parts.
pub fn write(tables: &mut Tables) -> io::Result<()> {
    rows(&mut tables.accounts, &ACCOUNTS)?;
    rows(&mut tables.account_rules, &RULES)?;
    rows(&mut tables.promotions, &PROMOTIONS)?;
    for [key, account, scopes, origins] in &KEYS {
        tables.keys.row(&[key, account, scopes, origins, &true])?;
    }
    for place in &PLACES {
        rows(&mut tables.locations, &[place.row()])?;
    }
    Ok(())
}

/// Writes the contract prices of `part`: brake pads, filters and wipers of the pickups that the fleet drives, and the
/// pads of the documentation.
pub fn write_contract(table: &mut Table, part: &Part) -> io::Result<()> {
    let wanted = matches!(
        (part.part_type, part.brand.code),
        ("Brake Pad", "BRKX") | ("Oil Filter" | "Engine Air Filter", "FLTQ") | ("Wiper Blade", "WPRL")
    );
    let driven = part.fits.iter().any(|fit| matches!(fit.model, "F-150" | "Silverado" | "1500") && fit.to >= 2015);
    let named = part.sku == "BRKX-4410";
    if part.pricing != Pricing::Full || !(named || wanted && driven) {
        return Ok(());
    }
    let mut write = |effective: &str, expires: &str, from: u64, basis_points: u64| {
        let price = Decimal(part.list * basis_points / 10_000);
        table.row(&[&"FLEET-1-2026", &part.sku, &"USD", &effective, &expires, &from, &price])
    };
    // Agreed prices may lie below the margin floor: wipers do.
    let unit = if part.part_type == "Wiper Blade" { 4600 } else { 5200 };
    write("2026-01-01", "2036-01-01", 1, unit)?;
    write("2026-01-01", "2036-01-01", 20, unit - 200)
}
