//! The demonstration catalogue: invented brands, parts and prices for real vehicles, made from a seed.
//!
//! The same seed and number of parts give the same bytes on every machine: whole numbers only, no clock, no hash order.
//! `docs/demo-catalogue.md` says what is in it and how it is made; `kv-seed/demo/` holds the output of [`SEED`].
//!
//! The vehicles' parts are a finite assortment, held in memory; hardware that fits by dimension follows, one part at a
//! time, up to the number asked for, so a catalogue of any size needs no more memory than the small one.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "every operand is a small constant of this module or drawn below one; nothing comes from outside"
)]
#![allow(missing_docs, reason = "rows of constant tables, explained where the table's type is")]

pub mod assortment;
pub mod brands;
pub mod demand;
pub mod hardware;
pub mod part;
pub mod places;
pub mod prices;
pub mod random;
pub mod registers;
pub mod slots;
pub mod specials;
pub mod stock;
pub mod tables;
pub mod terms;
pub mod vehicles;

use std::fmt;
use std::io;
use std::path::Path;

use assortment::Assortment;
use demand::DemandStatistics;
use part::Part;
use random::Random;
use tables::{Decimal, Tables};

/// The seed of the committed catalogue.
pub const SEED: u64 = 4410;

/// Hardware in the committed catalogue, whose number of parts is what it is.
const HARDWARE: u64 = 200;

/// What was generated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows of `parts.csv`.
    pub parts: u64,
    /// Applications: one for each part, vehicle, position and model year.
    pub applications: u64,
    /// Rows by table.
    pub rows: Vec<(&'static str, u64)>,
    /// Pairs of a stockable part and a location.
    pub stockable_pairs: u64,
    /// How the parts sell at a location of usual trade.
    pub demand: DemandStatistics,
}

/// Writes the catalogue of `seed` into the folder `out`. With `skus`, hardware is added up to that many parts; the
/// vehicles' parts are always all there. Fails if a file cannot be written.
pub fn generate(seed: u64, skus: Option<usize>, out: &Path) -> io::Result<Statistics> {
    let mut writer = Writer { seed, tables: Tables::create(out)?, statistics: Statistics::default() };
    terms::write(&mut writer.tables)?;
    registers::write(&mut writer.tables)?;
    let assortment = Assortment::new(seed);
    for part in &assortment.parts {
        writer.write(part)?;
    }
    for part in &specials::specials(&assortment) {
        writer.write(part)?;
    }
    let hardware = match skus {
        Some(skus) => (skus as u64).saturating_sub(writer.statistics.parts),
        None => HARDWARE,
    };
    for index in 0..hardware {
        writer.write(&hardware::hardware(seed, index))?;
    }
    writer.finish()
}

struct Writer {
    seed: u64,
    tables: Tables,
    statistics: Statistics,
}

impl Writer {
    /// Writes every row of one part.
    fn write(&mut self, part: &Part) -> io::Result<()> {
        let tables = &mut self.tables;
        let (core, core_days) = part.core.map_or_else(Default::default, |(charge, days)| (charge, days.to_string()));
        let (kind, cost) = (part.kind.as_str(), Decimal(part.list * part.cost_percent / 100));
        let Part { sku, brand, number, description, part_type, life_cycle, pack: (minimum, multiple), .. } = part;
        tables.parts.row(&[
            sku,
            &brand.code,
            &brand.name,
            number,
            description,
            part_type,
            &kind,
            life_cycle,
            minimum,
            multiple,
            &part.supply,
            &Decimal(core),
            &core_days,
            &part.gtin,
            &part.billing,
            &cost,
            &part.attributes,
            &part.former_numbers,
        ])?;
        if let Some((ecu, procedure)) = part.calibration {
            tables.calibrations.row(&[sku, &ecu, &procedure, &"1.0"])?;
        }
        for (brand, number, quantity, grade) in &part.other_numbers {
            tables.numbers.row(&[brand, number, sku, quantity, grade])?;
        }
        for (other, quantity, grade) in &part.interchange {
            tables.interchange.row(&[sku, other, quantity, grade])?;
        }
        if let Some(successor) = &part.superseded_by {
            tables.supersessions.row(&[sku, successor])?;
        }
        for (component, quantity) in &part.components {
            tables.components.row(&[sku, component, quantity])?;
        }
        for fit in &part.fits {
            let part::Fit { make, model, from, to, position, quantity, qualifier } = fit;
            tables.fitment.row(&[sku, make, model, from, to, position, quantity, qualifier])?;
        }
        prices::write(&mut tables.prices, self.seed, part)?;
        terms::write_contract(&mut tables.contracts, part)?;
        stock::write(tables, self.seed, part)?;
        self.count(part);
        Ok(())
    }

    fn count(&mut self, part: &Part) {
        self.statistics.parts += 1;
        self.statistics.applications += part.applications();
        if part.kind == part::Kind::Physical {
            self.statistics.stockable_pairs += places::PLACES.len() as u64;
        }
        if let Some(demand) = part.demand {
            let mut random = Random::new(self.seed, &format!("history {}", part.sku));
            self.statistics.demand.add(&demand.history(&mut random));
        }
    }

    fn finish(mut self) -> io::Result<Statistics> {
        let tables = &self.tables;
        self.statistics.rows = [
            ("parts", &tables.parts),
            ("calibrations", &tables.calibrations),
            ("numbers", &tables.numbers),
            ("interchange", &tables.interchange),
            ("supersessions", &tables.supersessions),
            ("components", &tables.components),
            ("fitment", &tables.fitment),
            ("prices", &tables.prices),
            ("contracts", &tables.contracts),
            ("promotions", &tables.promotions),
            ("accounts", &tables.accounts),
            ("account_rules", &tables.account_rules),
            ("keys", &tables.keys),
            ("shops", &tables.shops),
            ("technicians", &tables.technicians),
            ("tools", &tables.tools),
            ("locations", &tables.locations),
            ("stock", &tables.stock),
            ("incoming", &tables.incoming),
        ]
        .map(|(name, table)| (name, table.rows))
        .to_vec();
        self.tables.finish()?;
        Ok(self.statistics)
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} parts, {} applications", self.parts, self.applications)?;
        for (table, rows) in &self.rows {
            writeln!(f, "{table:>14}: {rows} rows")?;
        }
        let demand = &self.demand;
        let milli = |value: u64| format!("{}.{:03}", value / 1000, value % 1000);
        writeln!(f, "demand: {} series of {} months", demand.series, demand::MONTHS)?;
        writeln!(f, "  months without demand: {} of 1", milli(demand.zero_permille()))?;
        writeln!(
            f,
            "  units a month: {}; mean gap: {} months",
            milli(demand.mean_milli()),
            milli(demand.mean_gap_milli())
        )?;
        write!(
            f,
            "  intermittent {}, lumpy {}, smooth or erratic {}",
            demand.intermittent, demand.lumpy, demand.frequent
        )
    }
}
