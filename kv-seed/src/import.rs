//! One import: which files are read, in what order, and what their rows share.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use holdfast::catalog::fitment::{Application, VehicleKey, folded};
use holdfast::catalog::number::NumberEntry;
use holdfast::catalog::{Part, PartNumber};
use holdfast::id::Sku;

use crate::assemble::ApplicationFact;
use crate::error::Error;
use crate::lookups::Lookups;
use crate::report::{Origin, Report};
use crate::stage::{Stage, Topic, hash, kind_of};
use crate::tables::{self, Table};
use crate::{aces, pies, vpic};

/// What was read, for the summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sellable items that PIES files or parts.csv define, or that an ACES file names and nobody else does.
    pub parts: u64,
    /// Rows of ACES `App`.
    pub aces_applications: u64,
    /// Applications of a part on a vehicle: a fitment.csv row counts once a model year.
    pub applications: u64,
    /// PIES items.
    pub pies_items: u64,
}

/// One import on its way from files to records.
pub struct Import {
    /// Where rows wait.
    pub stage: Stage,
    /// What was wrong with them.
    pub report: Report,
    /// The user's own reference tables.
    pub lookups: Lookups,
    /// Kinds of keys this import decides about: only these are ever removed from a target.
    pub kinds: BTreeSet<String>,
    /// What was read.
    pub counts: Counts,
    /// Skus whose record turned out to be impossible; nothing may point to them.
    pub rejected: HashSet<Sku>,
    /// The search index.
    pub search: holdfast::search::Builder,
    /// Makes and models as people write them, by vehicle without its year.
    pub vehicle_names: HashMap<String, String>,
    /// The year that time-zone offsets are counted from.
    pub year: i32,
}

/// A file and what it holds. The order of the variants is the order of reading: what others refer to comes first.
enum Source {
    Table(usize, &'static Table, PathBuf),
    Pies(PathBuf),
    Aces(PathBuf),
}

impl Source {
    fn order(&self) -> (usize, &Path) {
        match self {
            Self::Table(order, _, path) => (*order, path),
            Self::Pies(path) => (PIES_ORDER, path),
            Self::Aces(path) => (usize::MAX, path),
        }
    }
}

/// PIES items come after every table: parts.csv may name them.
const PIES_ORDER: usize = tables::TABLES.len();

impl Import {
    /// An import with nothing in it yet.
    pub fn new(report: Report, lookups: Lookups) -> Result<Self, Error> {
        Ok(Self {
            stage: Stage::new(None)?,
            report,
            lookups,
            kinds: BTreeSet::new(),
            counts: Counts::default(),
            rejected: HashSet::new(),
            search: holdfast::search::Builder::default(),
            vehicle_names: HashMap::new(),
            year: tables::this_year(),
        })
    }

    /// Stages every record of a vPIC database.
    pub fn read_vpic(&mut self, database: &Path) -> Result<(), Error> {
        let mut pairs = vpic::pairs(database)?;
        let makers = pairs.makers_left() as u64;
        self.report.console().start("reading vPIC", makers);
        while let Some(pair) = pairs.next() {
            let (key, value) = pair?;
            self.add_record(&key, value.as_bytes())?;
            self.report.console().advance_to(makers.saturating_sub(pairs.makers_left() as u64));
        }
        self.report.console().finish();
        Ok(())
    }

    /// Reads files, and the `*.csv` and `*.xml` of folders. With `only`, tables whose names it does not accept are
    /// passed over, and so are XML files.
    pub fn read(&mut self, paths: &[PathBuf], only: Option<fn(&str) -> bool>) -> Result<(), Error> {
        let mut sources = Vec::new();
        for path in paths {
            if path.is_dir() {
                for file in files_of(path)? {
                    match source(&file)? {
                        Some(source) => sources.push(source),
                        None => self.report.console().line(&format!("{}: not a table, passed over", file.display())),
                    }
                }
            } else {
                let unknown = "neither a table of kv-seed/README.md nor an ACES or PIES file";
                let unreadable =
                    || Error::Unreadable { file: path.display().to_string(), line: 1, reason: unknown.into() };
                sources.push(source(path)?.ok_or_else(unreadable)?);
            }
        }
        sources.sort_by(|a, b| a.order().cmp(&b.order()));
        for source in sources {
            match source {
                Source::Table(_, table, path) if only.is_none_or(|accepts| accepts(table.name)) => {
                    table.read_file(&path, self)?;
                }
                Source::Pies(path) if only.is_none() => pies::read_file(&path, self)?,
                Source::Aces(path) if only.is_none() => aces::read_file(&path, self)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The import decides about these kinds of keys.
    pub fn decides_about(&mut self, kinds: &[&str]) {
        self.kinds.extend(kinds.iter().map(ToString::to_string));
    }

    /// Takes a pair that is a record already, such as the VIN patterns of vPIC.
    pub fn add_record(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        if !self.stage.put_bytes(key, value)? {
            return Err(Error::Target(format!("{key}: the record is larger than a KV value may be")));
        }
        if !self.kinds.contains(kind_of(key)) {
            self.decides_about(&[kind_of(key)]);
        }
        Ok(())
    }

    /// Lets a part be found by its number and by its former ones.
    pub fn add_own_numbers(&mut self, part: &Part, former: &[PartNumber], origin: Origin) -> Result<(), Error> {
        self.counts.parts = self.counts.parts.saturating_add(1);
        let numbers = std::iter::once((&part.number, false)).chain(former.iter().map(|number| (number, true)));
        for (number, former) in numbers {
            let (brand, number, sku) = (part.brand.clone(), number.clone(), part.sku.clone());
            self.add_number(&NumberEntry { brand, number, sku, interchange: None, former }, origin)?;
        }
        Ok(())
    }

    /// Lets a part be found by a number.
    pub fn add_number(&mut self, entry: &NumberEntry, origin: Origin) -> Result<(), Error> {
        let foreign = entry.interchange.is_some();
        let sort =
            format!("{}/{}/{}/{}/{}", u8::from(foreign), u8::from(entry.former), entry.brand, entry.number, entry.sku);
        self.stage.add(Topic::Number, entry.number.normalised().as_str(), &sort, origin, entry)
    }

    /// How people write a vehicle's make and model: they are found by these words.
    pub fn name_vehicle(&mut self, vehicle: &VehicleKey, make: &str, model: &str) {
        if let Some((_, key)) = vehicle.as_str().split_once('/')
            && !self.vehicle_names.contains_key(key)
        {
            self.vehicle_names.insert(key.to_owned(), format!("{make} {model}"));
        }
    }

    /// Adds an application, or takes an equal earlier one back.
    pub fn add_application(
        &mut self,
        vehicle: &VehicleKey,
        part_type: &str,
        application: &Application,
        add: bool,
        origin: Origin,
    ) -> Result<(), Error> {
        self.counts.applications = self.counts.applications.saturating_add(u64::from(add));
        // Equal applications must come back next to each other: the last of the sort's parts is all of it, as a hash.
        let identity = u128::from_be_bytes(hash(&serde_json::to_vec(application)?));
        let sort = format!("{}/{}/{}/{identity:032x}", folded(part_type), application.position, application.sku);
        let fact = ApplicationFact { part_type: part_type.to_owned(), add, application: application.clone() };
        self.stage.add(Topic::Application, vehicle.as_str(), &sort, origin, &fact)
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv") || end.eq_ignore_ascii_case("xml")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a file holds: a table by its name, an XML file by its first element.
fn source(path: &Path) -> Result<Option<Source>, Error> {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv")) {
        return Ok(Table::of(path).map(|(order, table)| Source::Table(order, table, path.to_owned())));
    }
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut start)).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&start);
    let place = |name: &str| text.find(name).unwrap_or(usize::MAX);
    Ok(match place("<ACES").cmp(&place("<PIES")) {
        std::cmp::Ordering::Less => Some(Source::Aces(path.to_owned())),
        std::cmp::Ordering::Greater => Some(Source::Pies(path.to_owned())),
        std::cmp::Ordering::Equal => None,
    })
}
