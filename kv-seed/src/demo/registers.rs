//! Who may calibrate: shops of the accounts, their technicians and their tools, and one of each kind of refusal.

use std::io;

use super::tables::{Tables, rows};

/// Id, name, accounts, standing, from, until. `fleet-1` has its own workshop and may send vehicles to the garage.
const SHOPS: [[&str; 6]; 4] = [
    ["SH-PEACH", "Peachtree Street Garage", "shop-1;fleet-1", "approved", "2026-01-01", "2036-01-01"],
    ["SH-HERON", "Blue Heron Deliveries, workshop", "fleet-1", "approved", "2026-01-01", "2036-01-01"],
    ["SH-VENICE", "Venice Boulevard Motors", "agent-1", "approved", "2026-01-01", "2036-01-01"],
    ["SH-BODY", "Peachtree Street Garage, body shop", "shop-1", "suspended", "2026-01-01", "2036-01-01"],
];

/// Id, name, shop, standing, from, until.
const TECHNICIANS: [[&str; 6]; 7] = [
    ["TE-ALVAREZ", "M. Alvarez", "SH-PEACH", "approved", "2026-01-01", "2036-01-01"],
    ["TE-BROOKS", "D. Brooks", "SH-PEACH", "approved", "2025-01-01", "2026-01-01"],
    ["TE-CHEN", "L. Chen", "SH-PEACH", "suspended", "2026-01-01", "2036-01-01"],
    ["TE-DIALLO", "A. Diallo", "SH-HERON", "approved", "2026-01-01", "2036-01-01"],
    ["TE-EVANS", "R. Evans", "SH-HERON", "approved", "2026-01-01", ""],
    ["TE-FISCHER", "K. Fischer", "SH-VENICE", "approved", "2026-01-01", "2036-01-01"],
    ["TE-GRAY", "T. Gray", "SH-BODY", "approved", "2026-01-01", "2036-01-01"],
];

/// Id, make and model, shop, standing, from, until.
const TOOLS: [[&str; 6]; 6] = [
    ["TL-4401", "Camera and radar aligner 9", "SH-PEACH", "approved", "2026-01-01", "2036-01-01"],
    ["TL-4402", "Camera and radar aligner 7", "SH-PEACH", "approved", "2024-01-01", "2026-01-01"],
    ["TL-4403", "Scan tool with gateway access", "SH-HERON", "approved", "2026-01-01", "2036-01-01"],
    ["TL-4404", "Camera and radar aligner 9", "SH-VENICE", "approved", "2026-01-01", "2036-01-01"],
    ["TL-4405", "Scan tool, reported stolen", "SH-PEACH", "suspended", "2026-01-01", ""],
    ["TL-4406", "Camera target stand", "SH-BODY", "approved", "2026-01-01", "2036-01-01"],
];

/// Writes `shops.csv`, `technicians.csv` and `tools.csv`.
pub fn write(tables: &mut Tables) -> io::Result<()> {
    rows(&mut tables.shops, &SHOPS)?;
    rows(&mut tables.technicians, &TECHNICIANS)?;
    rows(&mut tables.tools, &TOOLS)
}
