//! Reading the catalogue without I/O.
//!
//! Code that decides is written as if every record were at hand: it asks a [`Reading`], and a record that has not been
//! read yet looks absent, but its key is noted. If keys were noted, the caller reads them, all at once, and runs the
//! code again; when none are, the result stands. Each run goes at least one step further, so a decision takes as many
//! reads as it is deep, never as many as it is wide.

use std::cell::RefCell;
use std::rc::Rc;

use serde::de::Error as _;
use serde_json::Value;

use super::fitment::{Fitment, VehicleKey, VehicleParts};
use super::gtin::Gtin;
use super::keys;
use super::number::{NormalisedNumber, NumberEntry};
use super::part::Part;
use super::vin::{self, PatternRecord, Vehicle, Vin, WmiRecord};
use crate::access::KeyRecord;
use crate::id::{AccountId, LocationId, Region, RegisteredId, Sku, TermsId};
use crate::json;
use crate::order::SortedSet;
use crate::pricing::{Account, Contract, Promotion};
use crate::search::Segment;
use crate::sourcing::Location;
use crate::stock::{Dedicated, Snapshot};
use crate::token::register::{Crew, Registered, Shop, Technician, Tool};

/// A record of the catalogue, parsed.
#[derive(Debug, Clone)]
pub enum Record {
    /// `part/…`
    Part(Rc<Part>),
    /// `number/…`
    Numbers(Rc<Vec<NumberEntry>>),
    /// `gtin/…`
    Skus(Rc<Vec<Sku>>),
    /// `fitment/…`
    Fitment(Rc<Fitment>),
    /// `vehicle/…`
    VehicleParts(Rc<VehicleParts>),
    /// `account/…`
    Account(Rc<Account>),
    /// `contract/…`
    Contract(Rc<Contract>),
    /// `promotions`
    Promotions(Rc<Vec<Promotion>>),
    /// `locations`
    Locations(Rc<Vec<Location>>),
    /// `directory`, which nothing in here looks into.
    Directory,
    /// `shards`
    Shards(Rc<Dedicated>),
    /// `key/…`
    Key(Rc<KeyRecord>),
    /// `vin/wmi/…`
    Wmi(Rc<WmiRecord>),
    /// `vin/patterns/…`
    Patterns(Rc<PatternRecord>),
    /// `shop/…`
    Shop(Rc<Shop>),
    /// `technician/…`
    Technician(Rc<Technician>),
    /// `tool/…`
    Tool(Rc<Tool>),
    /// `search/…`
    Search(Segment),
    /// `stock/…`
    Stock(Rc<Snapshot>),
}

/// A value of the catalogue does not have the form its key promises.
#[derive(Debug, thiserror::Error)]
#[error("the record under {key} is unreadable: {reason}")]
pub struct UnreadableRecord {
    key: String,
    reason: String,
}

impl Record {
    /// Parses the value found under `key`.
    pub fn parse(key: &str, text: &str) -> Result<Self, UnreadableRecord> {
        let mut kind = key.split('/');
        let parsed = match kind.next().unwrap_or_default() {
            "part" => json::from_str(text).map(Self::Part),
            "number" => json::from_str(text).map(Self::Numbers),
            "gtin" => json::from_str(text).map(Self::Skus),
            "fitment" => json::from_str(text).map(Self::Fitment),
            "vehicle" => json::from_str(text).map(Self::VehicleParts),
            "account" => json::from_str(text).map(Self::Account),
            "contract" => json::from_str(text).map(Self::Contract),
            keys::PROMOTIONS => json::from_str(text).map(Self::Promotions),
            keys::LOCATIONS => json::from_str(text).map(Self::Locations),
            keys::DIRECTORY => serde_json::from_str::<Value>(text).map(|_| Self::Directory),
            keys::SHARDS => json::from_str(text).map(Self::Shards),
            "key" => json::from_str(text).map(Self::Key),
            "vin" if kind.next() == Some("wmi") => json::from_str(text).map(Self::Wmi),
            "vin" => json::from_str(text).map(Self::Patterns),
            "shop" => json::from_str(text).map(Self::Shop),
            "technician" => json::from_str(text).map(Self::Technician),
            "tool" => json::from_str(text).map(Self::Tool),
            "search" => json::from_str::<String>(text).and_then(|text| {
                let segment = Segment::parse(key, &text).map(Self::Search);
                segment.ok_or_else(|| serde_json::Error::custom("no segment of a search index of this version"))
            }),
            "stock" => json::from_str(text).map(Self::Stock),
            _ => return Err(UnreadableRecord { key: key.into(), reason: "no record has such a key".into() }),
        };
        parsed.map_err(|error| UnreadableRecord { key: key.into(), reason: error.to_string() })
    }

    /// Whether the record may lie under `key`: what has a name of its own, only under that.
    pub fn belongs_under(&self, key: &str) -> bool {
        match self {
            Self::Part(part) => keys::part(&part.sku) == key,
            Self::Account(account) => keys::account(&account.id) == key,
            Self::Contract(contract) => keys::contract(&contract.id) == key,
            Self::Shop(shop) => keys::shop(&shop.id) == key,
            Self::Technician(technician) => keys::technician(&technician.id) == key,
            Self::Tool(tool) => keys::tool(&tool.id) == key,
            _ => true,
        }
    }
}

/// What is known of a key.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// It was read, and this is there.
    Found(Record),
    /// It was read, and nothing is there.
    Absent,
    /// It has not been read.
    Unread,
}

/// Records that have been read.
pub trait Records {
    /// What is known of `key`.
    fn get(&self, key: &str) -> Lookup;
}

/// One run over the records, noting what it missed.
pub struct Reading<'a> {
    records: &'a dyn Records,
    unread: RefCell<SortedSet<String>>,
}

impl<'a> Reading<'a> {
    /// A run over `records`.
    pub fn new(records: &'a dyn Records) -> Self {
        Self { records, unread: RefCell::default() }
    }

    /// The keys to read before the run can be believed; none if it can.
    pub fn into_unread(self) -> Vec<String> {
        self.unread.into_inner().into_iter().collect()
    }

    /// A part.
    pub fn part(&self, sku: &Sku) -> Option<Rc<Part>> {
        if let Record::Part(part) = self.get(keys::part(sku))? { Some(part) } else { None }
    }

    /// What answers to a number; empty if nothing does.
    pub fn numbers(&self, number: &NormalisedNumber) -> Rc<Vec<NumberEntry>> {
        if let Some(Record::Numbers(entries)) = self.get(keys::number(number)) { entries } else { Rc::default() }
    }

    /// The skus with a bar code.
    pub fn skus(&self, gtin: &Gtin) -> Rc<Vec<Sku>> {
        if let Some(Record::Skus(skus)) = self.get(keys::gtin(gtin)) { skus } else { Rc::default() }
    }

    /// The applications of a part type on a vehicle.
    pub fn fitment(&self, vehicle: &VehicleKey, part_type: &str) -> Option<Rc<Fitment>> {
        if let Record::Fitment(fitment) = self.get(keys::fitment(vehicle, part_type))? { Some(fitment) } else { None }
    }

    /// The part types known for a vehicle.
    pub fn vehicle_parts(&self, vehicle: &VehicleKey) -> Option<Rc<VehicleParts>> {
        if let Record::VehicleParts(parts) = self.get(keys::vehicle(vehicle))? { Some(parts) } else { None }
    }

    /// An account.
    pub fn account(&self, account: &AccountId) -> Option<Rc<Account>> {
        if let Record::Account(account) = self.get(keys::account(account))? { Some(account) } else { None }
    }

    /// A contract.
    pub fn contract(&self, contract: &TermsId) -> Option<Rc<Contract>> {
        if let Record::Contract(contract) = self.get(keys::contract(contract))? { Some(contract) } else { None }
    }

    /// Every promotion.
    pub fn promotions(&self) -> Rc<Vec<Promotion>> {
        if let Some(Record::Promotions(all)) = self.get(keys::PROMOTIONS.into()) { all } else { Rc::default() }
    }

    /// Every location.
    pub fn locations(&self) -> Rc<Vec<Location>> {
        if let Some(Record::Locations(all)) = self.get(keys::LOCATIONS.into()) { all } else { Rc::default() }
    }

    /// The skus that have shards of their own.
    pub fn dedicated(&self) -> Rc<Dedicated> {
        if let Some(Record::Shards(list)) = self.get(keys::SHARDS.into()) { list } else { Rc::default() }
    }

    /// The region of a location.
    pub fn region(&self, location: &LocationId) -> Option<Region> {
        self.locations().iter().find(|known| known.id == *location).map(|known| known.region.clone())
    }

    /// A caller's key, by its hash.
    pub fn key(&self, sha256_hex: &str) -> Option<Rc<KeyRecord>> {
        if let Record::Key(key) = self.get(keys::api_key(sha256_hex))? { Some(key) } else { None }
    }

    /// A shop of the registers.
    pub fn shop(&self, id: &RegisteredId) -> Option<Rc<Shop>> {
        if let Record::Shop(shop) = self.get(keys::shop(id))? { Some(shop) } else { None }
    }

    /// A technician of the registers.
    pub fn technician(&self, id: &RegisteredId) -> Option<Rc<Technician>> {
        if let Record::Technician(technician) = self.get(keys::technician(id))? { Some(technician) } else { None }
    }

    /// A tool of the registers.
    pub fn tool(&self, id: &RegisteredId) -> Option<Rc<Tool>> {
        if let Record::Tool(tool) = self.get(keys::tool(id))? { Some(tool) } else { None }
    }

    /// What the registers say about a crew.
    pub fn registered(&self, crew: &Crew) -> Registered {
        // All three are asked for before the first is looked at, so that they are read in one round.
        let (shop, technician, tool) =
            (self.shop(&crew.shop), self.technician(&crew.technician), self.tool(&crew.tool));
        Registered {
            shop: shop.map(Rc::unwrap_or_clone),
            technician: technician.map(Rc::unwrap_or_clone),
            tool: tool.map(Rc::unwrap_or_clone),
        }
    }

    /// What the two records of a VIN tell about it. `this_year` settles model years that repeat every thirty years.
    pub fn decode(&self, vin: &Vin, this_year: u16) -> Vehicle {
        let [wmi, patterns] = keys::vin(vin).map(|key| self.get(key));
        let wmi = if let Some(Record::Wmi(wmi)) = &wmi { Some(wmi.as_ref()) } else { None };
        let patterns = if let Some(Record::Patterns(patterns)) = &patterns { Some(patterns.as_ref()) } else { None };
        vin::decode(vin, wmi, patterns, this_year)
    }

    /// A shard's latest word about a sku in its region.
    pub fn snapshot(&self, region: &Region, sku: &Sku) -> Option<Rc<Snapshot>> {
        if let Record::Stock(snapshot) = self.get(keys::snapshot(region, sku))? { Some(snapshot) } else { None }
    }

    /// A text of the search index.
    #[inline(never)]
    pub fn search(&self, key: &str) -> Option<Segment> {
        if let Record::Search(segment) = self.get(key.to_owned())? { Some(segment) } else { None }
    }

    /// Whether nothing was asked for that is unread.
    pub fn is_complete(&self) -> bool {
        self.unread.borrow().is_empty()
    }

    fn get(&self, key: String) -> Option<Record> {
        match self.records.get(&key) {
            Lookup::Found(record) => Some(record),
            Lookup::Absent => None,
            Lookup::Unread => {
                self.unread.borrow_mut().insert(key);
                None
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A catalogue in memory whose records count as unread until they are fetched.
    #[derive(Default)]
    pub struct Catalogue {
        values: BTreeMap<String, String>,
        read: BTreeMap<String, Lookup>,
    }

    impl Catalogue {
        pub fn with(mut self, key: impl Into<String>, value: &impl serde::Serialize) -> Self {
            self.values.insert(key.into(), serde_json::to_string(value).unwrap());
            self
        }

        /// Runs `decide` until nothing is unread; gives its result and how many rounds of reads it took.
        pub fn settle<T>(mut self, decide: impl Fn(&Reading) -> T) -> (T, usize) {
            for rounds in 0..10 {
                let reading = Reading::new(&self);
                let result = decide(&reading);
                let unread = reading.into_unread();
                if unread.is_empty() {
                    return (result, rounds);
                }
                for key in unread {
                    let found = self.values.get(&key).map(|text| Record::parse(&key, text).unwrap());
                    self.read.insert(key, found.map_or(Lookup::Absent, Lookup::Found));
                }
            }
            panic!("reading did not come to an end");
        }
    }

    impl Records for Catalogue {
        fn get(&self, key: &str) -> Lookup {
            self.read.get(key).cloned().unwrap_or(Lookup::Unread)
        }
    }

    #[test]
    fn a_run_is_repeated_until_nothing_is_unread() {
        let entries = vec![NumberEntry {
            brand: "BRKX".parse().unwrap(),
            number: "44-10".parse().unwrap(),
            sku: "BRKX-4410".parse().unwrap(),
            interchange: None,
            former: false,
        }];
        let number = "4410".parse::<crate::catalog::PartNumber>().unwrap().normalised();
        let catalogue = Catalogue::default().with(keys::number(&number), &entries);
        let decide = |reading: &Reading| {
            reading.numbers(&number).iter().filter(|entry| reading.part(&entry.sku).is_none()).count()
        };
        assert_eq!(catalogue.settle(decide), (1, 2));
    }

    #[test]
    fn an_unreadable_record_is_named() {
        let error = Record::parse("part/A", "{").unwrap_err().to_string();
        assert!(error.starts_with("the record under part/A is unreadable"), "{error}");
    }
}
