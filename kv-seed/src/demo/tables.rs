//! The tables on disk: their names, headers, and how a row is written (RFC 4180).

use std::fmt::{Display, Write as _};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// One CSV file being written.
#[derive(Debug)]
pub struct Table {
    file: BufWriter<File>,
    line: String,
    field: String,
    /// Rows written, without the header.
    pub rows: u64,
}

/// All files of the demonstration.
#[derive(Debug)]
pub struct Tables {
    pub parts: Table,
    pub calibrations: Table,
    pub numbers: Table,
    pub interchange: Table,
    pub supersessions: Table,
    pub components: Table,
    pub fitment: Table,
    pub prices: Table,
    pub contracts: Table,
    pub promotions: Table,
    pub accounts: Table,
    pub account_rules: Table,
    pub keys: Table,
    pub shops: Table,
    pub technicians: Table,
    pub tools: Table,
    pub locations: Table,
    pub stock: Table,
    pub incoming: Table,
}

impl Table {
    fn create(folder: &Path, name: &str, header: &str) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, File::create(folder.join(format!("{name}.csv")))?);
        let mut table = Self { file, line: String::new(), field: String::new(), rows: 0 };
        writeln!(table.file, "{header}")?;
        Ok(table)
    }

    /// Writes one row; fields that need quotes get them.
    pub fn row(&mut self, fields: &[&dyn Display]) -> io::Result<()> {
        self.line.clear();
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.line.push(',');
            }
            self.field.clear();
            write!(self.field, "{field}").map_err(io::Error::other)?;
            if self.field.contains([',', '"', '\n', '\r']) {
                self.line.push('"');
                self.line.push_str(&self.field.replace('"', "\"\""));
                self.line.push('"');
            } else {
                self.line.push_str(&self.field);
            }
        }
        self.line.push('\n');
        self.rows += 1;
        self.file.write_all(self.line.as_bytes())
    }
}

impl Tables {
    /// Creates all files in `folder`, which is made if it is not there; files of the same names are replaced.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let table = |name, header| Table::create(folder, name, header);
        Ok(Self {
            parts: table(
                "parts",
                "sku,brand,brand_name,number,description,part_type,kind,life_cycle,pack_minimum,pack_multiple,supply,\
                 core_charge,core_return_days,gtin,billing,cost,attributes,former_numbers",
            )?,
            calibrations: table("calibrations", "sku,ecu,procedure,version")?,
            numbers: table("numbers", "brand,number,sku,quantity,grade")?,
            interchange: table("interchange", "sku,other_sku,quantity,grade")?,
            supersessions: table("supersessions", "old_sku,new_sku")?,
            components: table("components", "sku,component_sku,quantity")?,
            fitment: table("fitment", "sku,make,model,year_from,year_to,position,quantity,qualifiers")?,
            prices: table("prices", "sku,sheet,price_type,scope,currency,effective,expires,from_quantity,price")?,
            contracts: table("contracts", "contract,sku,currency,effective,expires,from_quantity,price")?,
            promotions: table(
                "promotions",
                "id,name,from,until,skus,brands,part_types,groups,minimum_quantity,off_percent,unit_price",
            )?,
            accounts: table(
                "accounts",
                "id,name,kind,currency,home,group,base_type,contract,margin_floor_percent,refused_brands,on_hold",
            )?,
            account_rules: table("account_rules", "account,brand,part_type,price_type,adjust_percent")?,
            keys: table("keys", "key,account,scopes,origins,demonstration")?,
            shops: table("shops", "id,name,accounts,standing,from,until")?,
            technicians: table("technicians", "id,name,shop,standing,from,until")?,
            tools: table("tools", "id,name,shop,standing,from,until")?,
            locations: table(
                "locations",
                "id,name,kind,region,lat,lon,time_zone,mon,tue,wed,thu,fri,sat,sun,closed_days,handling_minutes,\
                 cutoff,delivery_radius_km",
            )?,
            stock: table("stock", "location,sku,on_hand,safety")?,
            incoming: table("incoming", "id,location,sku,quantity,eta")?,
        })
    }

    /// Writes what is still in memory. Dropping the tables would, too, but would not say that it failed.
    pub fn finish(self) -> io::Result<()> {
        let tables = [
            self.parts,
            self.calibrations,
            self.numbers,
            self.interchange,
            self.supersessions,
            self.components,
            self.fitment,
            self.prices,
            self.contracts,
            self.promotions,
            self.accounts,
            self.account_rules,
            self.keys,
            self.shops,
            self.technicians,
            self.tools,
            self.locations,
            self.stock,
            self.incoming,
        ];
        tables.into_iter().try_for_each(|mut table| table.file.flush())
    }
}

/// Writes rows of a constant table.
pub fn rows<const N: usize>(table: &mut Table, rows: &[[&str; N]]) -> io::Result<()> {
    rows.iter().try_for_each(|row| table.row(&row.each_ref().map(|field| field as &dyn Display)))
}

/// A price in ten-thousandths, written with two decimals where they are enough and with four where they are not;
/// nothing for zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(pub u64);

impl Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.0 / 10_000, self.0 % 10_000);
        match part % 100 {
            _ if self.0 == 0 => Ok(()),
            0 => write!(f, "{whole}.{:02}", part / 100),
            _ => write!(f, "{whole}.{part:04}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_keeps_its_four_decimals_and_no_needless_ones() {
        let written = [0, 50, 100, 12_345, 849_500].map(|price| Decimal(price).to_string());
        assert_eq!(written, ["", "0.0050", "0.01", "1.2345", "84.95"]);
    }
}
