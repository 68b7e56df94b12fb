//! The user's own copies of reference tables: names for the ids that ACES and PIES files are full of.
//!
//! They are held in memory: a complete VCdb has some 100,000 base vehicles, about 10 MB here.

use std::collections::HashMap;
use std::path::Path;

use holdfast::catalog::VehicleKey;
use holdfast::id::Sku;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Names for ids; empty tables leave the ids as they are.
#[derive(Debug, Default)]
pub struct Lookups {
    vehicles: HashMap<u32, (VehicleKey, String, String)>,
    part_types: HashMap<u32, String>,
    positions: HashMap<u32, String>,
    makes: HashMap<u32, String>,
    models: HashMap<u32, String>,
    skus: HashMap<(String, String), Sku>,
}

/// Which table of ids and names.
#[derive(Debug, Clone, Copy)]
pub enum NameTable {
    /// PCdb part types.
    PartTypes,
    /// PCdb positions.
    Positions,
    /// VCdb makes.
    Makes,
    /// VCdb models.
    Models,
}

impl Lookups {
    /// Reads a VCdb extract: columns `BaseVehicleID`, `year`, `make`, `model`.
    pub fn read_vehicles(&mut self, path: &Path) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct BaseVehicle {
            #[serde(rename = "BaseVehicleID")]
            id: u32,
            year: u16,
            make: String,
            model: String,
        }
        for row in rows::<BaseVehicle>(path)? {
            let key = VehicleKey::new(row.year, &row.make, &row.model);
            self.vehicles.insert(row.id, (key, row.make, row.model));
        }
        Ok(())
    }

    /// Reads a table of names: columns `id`, `name`.
    pub fn read_names(&mut self, table: NameTable, path: &Path) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct Named {
            id: u32,
            name: String,
        }
        let names = rows::<Named>(path)?.into_iter().map(|row| (row.id, row.name));
        match table {
            NameTable::PartTypes => self.part_types.extend(names),
            NameTable::Positions => self.positions.extend(names),
            NameTable::Makes => self.makes.extend(names),
            NameTable::Models => self.models.extend(names),
        }
        Ok(())
    }

    /// Reads the skus of parts that XML files name by brand and number: columns `brand`, `number`, `sku`.
    pub fn read_skus(&mut self, path: &Path) -> Result<(), Error> {
        #[derive(serde::Deserialize)]
        struct Mapped {
            brand: String,
            number: String,
            sku: Sku,
        }
        self.skus.extend(rows::<Mapped>(path)?.into_iter().map(|row| ((row.brand, row.number), row.sku)));
        Ok(())
    }

    /// The vehicle of a base vehicle id; without a VCdb the id itself.
    pub fn vehicle(&self, base_vehicle: u32) -> VehicleKey {
        let known = self.vehicles.get(&base_vehicle).map(|(key, ..)| key.clone());
        known.unwrap_or_else(|| VehicleKey::base_vehicle(base_vehicle))
    }

    /// Make and model of a base vehicle id, if there is a VCdb.
    pub fn vehicle_name(&self, base_vehicle: u32) -> Option<(&str, &str)> {
        self.vehicles.get(&base_vehicle).map(|(_, make, model)| (make.as_str(), model.as_str()))
    }

    /// The name of a part type; `#6832` without a PCdb.
    pub fn part_type(&self, id: u32) -> String {
        self.part_types.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    /// The name of a position; `#1` without a PCdb.
    pub fn position(&self, id: u32) -> String {
        self.positions.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    /// The name of a make; `make 54` without a table.
    pub fn make(&self, id: u32) -> String {
        self.makes.get(&id).cloned().unwrap_or_else(|| format!("make {id}"))
    }

    /// The name of a model; `model 54` without a table.
    pub fn model(&self, id: u32) -> String {
        self.models.get(&id).cloned().unwrap_or_else(|| format!("model {id}"))
    }

    /// The sku that the user gave to a maker's number.
    pub fn sku(&self, brand: &str, number: &str) -> Option<&Sku> {
        self.skus.get(&(brand.to_owned(), number.to_owned()))
    }
}

/// A reference table must be right as a whole: its first bad row refuses it.
fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let unreadable = |error: csv::Error| Error::Unreadable {
        file: path.display().to_string(),
        line: error.position().map_or(1, csv::Position::line),
        reason: error.to_string(),
    };
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(unreadable)?;
    csv.deserialize().map(|row| row.map_err(unreadable)).collect()
}
