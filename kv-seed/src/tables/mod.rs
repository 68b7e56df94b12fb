//! CSV tables: which there are, and how a row is read. The columns are specified in kv-seed/README.md.

mod accounts;
mod fitment;
mod locations;
mod parts;
mod prices;
mod registers;
mod row;
mod stock;

use std::fs::File;
use std::path::Path;

pub use locations::this_year;
pub use parts::is_gtin;
pub use row::{Row, positive_price, time};

use crate::error::{Error, RowFailure};
use crate::import::Import;
use crate::metered::Metered;
use crate::report::Origin;

/// A row of a table may have this many bytes.
const MAX_ROW_BYTES: u64 = 1024 * 1024;

/// One table: its columns, what reads its rows, and the kinds of keys it decides about.
pub struct Table {
    /// The file's name without `.csv`.
    pub name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    kinds: &'static [&'static str],
    read: fn(&mut Import, &Row<'_>, Origin) -> Result<(), RowFailure>,
}

/// Every table, in the order they are read: what others refer to comes first.
pub static TABLES: [&Table; 19] = [
    &parts::PARTS,
    &locations::LOCATIONS,
    &parts::CALIBRATIONS,
    &parts::NUMBERS,
    &parts::INTERCHANGE,
    &parts::SUPERSESSIONS,
    &parts::COMPONENTS,
    &prices::PRICES,
    &prices::CONTRACTS,
    &prices::PROMOTIONS,
    &accounts::ACCOUNTS,
    &accounts::ACCOUNT_RULES,
    &accounts::KEYS,
    &registers::SHOPS,
    &registers::TECHNICIANS,
    &registers::TOOLS,
    &fitment::FITMENT,
    &stock::STOCK,
    &stock::INCOMING,
];

impl Table {
    /// The table a file holds, by the file's name; and its place in the order of reading.
    pub fn of(path: &Path) -> Option<(usize, &'static Self)> {
        let name = path.file_stem()?.to_str()?;
        TABLES.iter().enumerate().find(|(_, table)| table.name == name).map(|(order, table)| (order, *table))
    }

    /// Reads the file into the import. Bad rows are reported; a bad header refuses the file.
    pub fn read_file(&self, path: &Path, import: &mut Import) -> Result<(), Error> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(Error::io(path))?;
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        let (reader, meter) = Metered::new(file, MAX_ROW_BYTES);
        let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
        let unreadable = |line: u64, reason: String| Error::Unreadable { file: name.clone(), line, reason };

        let header = csv.headers().map_err(|e| unreadable(1, e.to_string()))?.clone();
        let columns =
            row::Columns::new(&header, self.required, self.optional).map_err(|reason| unreadable(1, reason))?;
        let file = import.report.file(&name);
        import.decides_about(self.kinds);
        import.report.console().start(&format!("reading {}", self.name), bytes);
        let mut record = csv::StringRecord::new();
        loop {
            let line = csv.position().line();
            match csv.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let line = record.position().map_or(line, csv::Position::line);
                    let origin = Origin { file, line };
                    match (self.read)(import, &Row::new(&columns, &record), origin) {
                        Ok(()) => {}
                        Err(RowFailure::Row(reason)) => import.report.error(origin, reason),
                        Err(RowFailure::Fatal(error)) => return Err(error),
                    }
                }
                Err(error) if error.is_io_error() => return Err(unreadable(line, error.to_string())),
                Err(error) => {
                    let line = error.position().map_or(line, csv::Position::line);
                    import.report.error(Origin { file, line }, row::spoken(&error));
                }
            }
            meter.record_ended();
            import.report.console().advance_to(meter.total());
        }
        import.report.console().finish();
        Ok(())
    }
}
