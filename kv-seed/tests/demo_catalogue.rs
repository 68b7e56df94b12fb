//! The committed demonstration catalogue against what the project promises about it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the helpers of tests may fail as tests do"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use holdfast::catalog::{PartNumber, supersession};
use holdfast::id::Sku;
use holdfast::money::Price;
use kv_seed::demo::vehicles::{MODELS, Powertrain};
use kv_seed::demo::{SEED, Statistics, brands, generate};

type Row = BTreeMap<String, String>;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo")
}

/// A folder of its own for a test, emptied.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn generated(name: &str, seed: u64, skus: Option<usize>) -> (PathBuf, Statistics) {
    let folder = folder(name);
    let statistics = generate(seed, skus, &folder).unwrap();
    (folder, statistics)
}

/// The fields of one line; the generator writes no line breaks inside fields.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

fn rows(table: &str) -> Vec<Row> {
    let text = fs::read_to_string(committed().join(format!("{table}.csv"))).unwrap();
    let mut lines = text.lines().map(fields);
    let header = lines.next().unwrap();
    lines
        .map(|fields| {
            assert_eq!(fields.len(), header.len(), "{table}: {fields:?}");
            header.iter().cloned().zip(fields).collect()
        })
        .collect()
}

fn column(table: &str, name: &str) -> BTreeSet<String> {
    rows(table).into_iter().map(|mut row| row.remove(name).unwrap()).collect()
}

fn years(row: &Row) -> std::ops::RangeInclusive<u64> {
    row["year_from"].parse().unwrap()..=row["year_to"].parse().unwrap()
}

#[test]
fn the_committed_tables_are_what_the_generator_writes() {
    let (folder, _) = generated("committed", SEED, None);
    let names = |folder: &Path| -> BTreeSet<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(&folder), names(&committed()));
    for name in names(&folder) {
        let same = fs::read(folder.join(&name)).unwrap() == fs::read(committed().join(&name)).unwrap();
        assert!(same, "{name:?} differs: run `cargo run -p kv-seed -- generate --out kv-seed/demo` and commit");
    }
}

#[test]
fn the_catalogue_is_as_large_as_promised() {
    let (_, statistics) = generated("counts", SEED, None);
    assert!(statistics.parts >= 5_000 && statistics.parts == rows("parts").len() as u64);
    let applications: usize = rows("fitment").iter().map(|row| years(row).count()).sum();
    assert!(applications >= 60_000 && applications as u64 == statistics.applications, "{applications}");
    assert!(column("parts", "brand").len() >= 12);
    let models: BTreeSet<_> = rows("fitment").iter().map(|row| (row["make"].clone(), row["model"].clone())).collect();
    assert!(models.len() >= 40, "{}", models.len());
    for powertrain in [Powertrain::Gas, Powertrain::Hybrid, Powertrain::Electric] {
        assert!(MODELS.iter().any(|model| model.generations.iter().any(|generation| generation.2 == powertrain)));
    }
    assert_eq!((rows("locations").len(), column("locations", "region").len()), (24, 4));
    assert_eq!(rows("locations").iter().filter(|row| row["kind"] == "distribution_center").count(), 2);
    assert_eq!(rows("accounts").len(), 6);
    let types = column("prices", "price_type");
    assert!(["LST", "RET", "JBR", "WD1", "RMP"].iter().all(|wanted| types.contains(*wanted)), "{types:?}");
    let size: u64 = fs::read_dir(committed()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(size < 8_000_000, "{size} bytes");
}

#[test]
fn every_sku_brand_location_and_account_that_is_named_exists() {
    let skus = column("parts", "sku");
    assert_eq!(skus.len(), rows("parts").len(), "a sku occurs twice");
    for (table, name) in [
        ("calibrations", "sku"),
        ("numbers", "sku"),
        ("interchange", "sku"),
        ("interchange", "other_sku"),
        ("supersessions", "old_sku"),
        ("supersessions", "new_sku"),
        ("components", "sku"),
        ("components", "component_sku"),
        ("fitment", "sku"),
        ("prices", "sku"),
        ("contracts", "sku"),
        ("stock", "sku"),
        ("incoming", "sku"),
    ] {
        let missing: Vec<_> = column(table, name).difference(&skus).cloned().collect();
        assert!(missing.is_empty(), "{table}.{name}: {missing:?}");
    }
    let locations = column("locations", "id");
    for (table, name) in [("stock", "location"), ("incoming", "location"), ("accounts", "home")] {
        assert!(column(table, name).is_subset(&locations), "{table}.{name}");
    }
    for table in ["account_rules", "keys"] {
        assert!(column(table, "account").is_subset(&column("accounts", "id")), "{table}");
    }
    for table in ["technicians", "tools"] {
        assert!(column(table, "shop").is_subset(&column("shops", "id")), "{table}");
    }
    for row in rows("shops") {
        assert!(row["accounts"].split(';').all(|account| column("accounts", "id").contains(account)), "{row:?}");
    }
    let ours = column("parts", "brand");
    assert_eq!(ours, brands::ALL.iter().map(|brand| brand.code.to_owned()).collect());
    assert!(column("numbers", "brand").is_disjoint(&ours), "an interchange number is another maker's");
}

#[test]
fn every_value_is_one_the_domain_accepts() {
    for row in rows("parts") {
        row["sku"].parse::<Sku>().unwrap();
        let number: PartNumber = row["number"].parse().unwrap();
        assert_eq!(format!("{}-{}", row["brand"], number.normalised().as_str()), row["sku"]);
        assert!(row["gtin"].starts_with("29"), "{} is not a number for use within a company", row["gtin"]);
        let weighted =
            row["gtin"].bytes().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| (digit - b'0') * weight);
        assert_eq!((row["gtin"].len(), weighted.map(u32::from).sum::<u32>() % 10), (13, 0), "{}", row["gtin"]);
        assert!(row["billing"].is_empty() || row["kind"] == "digital");
    }
    assert_eq!(column("parts", "gtin").len(), rows("parts").len(), "a barcode occurs twice");
    for row in rows("prices") {
        assert!(row["price"].parse::<Price>().unwrap().ten_thousandths() > 0, "{row:?}");
    }
    for row in rows("fitment") {
        assert!((1996..=2026).contains(years(&row).start()) && (1996..=2026).contains(years(&row).end()), "{row:?}");
        assert!(years(&row).count() > 0 && row["quantity"].parse::<u64>().unwrap() > 0, "{row:?}");
    }
}

#[test]
fn chains_of_replacements_end_at_a_part_that_is_sold() {
    let sku = |text: &String| -> Sku { text.parse().unwrap() };
    let replaced_by: BTreeMap<Sku, Sku> =
        rows("supersessions").iter().map(|row| (sku(&row["old_sku"]), sku(&row["new_sku"]))).collect();
    let lives: BTreeMap<Sku, String> =
        rows("parts").iter().map(|row| (sku(&row["sku"]), row["life_cycle"].clone())).collect();
    let mut lengths = BTreeSet::new();
    for old in replaced_by.keys() {
        let chain = supersession::chain(old, &replaced_by).unwrap();
        assert_eq!(lives[chain.last().unwrap()], "active", "{old} ends at {chain:?}");
        lengths.insert(chain.len());
    }
    assert_eq!(lengths, BTreeSet::from([1, 2, 3]));
}

#[test]
fn no_electric_car_has_a_part_of_an_engine_and_no_other_car_one_of_an_electric_drive() {
    let engine = [
        "Oil Filter",
        "Engine Air Filter",
        "Spark Plug",
        "Ignition Coil",
        "Oxygen Sensor",
        "Serpentine Belt",
        "Thermostat",
        "Water Pump",
        "Radiator",
        "Fuel Pump",
        "Engine Mount",
        "Catalytic Converter",
        "Muffler",
        "Alternator",
        "Starter",
    ];
    let electric = ["Battery Coolant Pump", "Charge Port Door Actuator", "Drive Unit Oil Filter", "DC-DC Converter"];
    let types: BTreeMap<String, String> =
        rows("parts").into_iter().map(|row| (row["sku"].clone(), row["part_type"].clone())).collect();
    let mut powertrains = BTreeMap::new();
    for model in MODELS {
        for generation in model.generations {
            for year in generation.0..=generation.1 {
                powertrains.insert((model.make, model.name, year), generation.2);
            }
        }
    }
    for row in rows("fitment") {
        let part_type = types[&row["sku"]].as_str();
        for year in years(&row) {
            let powertrain = powertrains[&(row["make"].as_str(), row["model"].as_str(), year)];
            assert!(powertrain != Powertrain::Electric || !engine.contains(&part_type), "{row:?}");
            assert!(powertrain == Powertrain::Electric || !electric.contains(&part_type), "{row:?}");
        }
    }
}

#[test]
fn every_vehicle_has_what_every_vehicle_needs() {
    let types: BTreeMap<String, String> =
        rows("parts").into_iter().map(|row| (row["sku"].clone(), row["part_type"].clone())).collect();
    let mut fitted: BTreeSet<(String, String, u64, String, String)> = BTreeSet::new();
    for row in rows("fitment") {
        for year in years(&row) {
            let part_type = types[&row["sku"]].clone();
            fitted.insert((row["make"].clone(), row["model"].clone(), year, part_type, row["position"].clone()));
        }
    }
    for model in MODELS {
        for generation in model.generations {
            for (part_type, position) in
                [("Brake Pad", "front"), ("Brake Pad", "rear"), ("Wiper Blade", "front left"), ("Cabin Air Filter", "")]
            {
                let key =
                    (model.make.into(), model.name.into(), generation.0, part_type.to_owned(), position.to_owned());
                assert!(fitted.contains(&key), "{key:?}");
            }
        }
    }
}

#[test]
fn the_parts_that_the_documentation_names_are_there() {
    let part = |sku: &str| rows("parts").into_iter().find(|row| row["sku"] == sku).unwrap();
    let pads = part("BRKX-4410");
    assert_eq!((pads["number"].as_str(), pads["part_type"].as_str()), ("44-10", "Brake Pad"));
    let fits = |row: &Row| row["sku"] == "BRKX-4410" && row["model"] == "Accord" && years(row).contains(&2003);
    assert!(rows("fitment").iter().any(|row| fits(row) && row["make"] == "HONDA" && row["position"] == "front"));
    let stocked = |row: &Row| {
        row["sku"] == "BRKX-4410" && row["location"] == "ATL1" && row["on_hand"].parse::<u64>().unwrap() > 2
    };
    assert!(rows("stock").iter().any(stocked));
    // One number, two brands; one number of another maker, two of our parts.
    assert_eq!((part("HALT-77310")["number"].as_str(), part("LMZR-77310")["number"].as_str()), ("773-10", "77310"));
    let mut replaced: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows("numbers") {
        *replaced.entry(row["number"].clone()).or_default() += u64::from(row["brand"] == "ORGN");
    }
    assert!(replaced.values().any(|parts| *parts == 2) && replaced.values().any(|parts| *parts == 1));
}

#[test]
fn parts_sell_as_intermittently_as_the_public_series() {
    let (_, statistics) = generated("demand", SEED, None);
    let demand = statistics.demand;
    // `carparts`: 74.9 % of months without demand, 0.507 units a month, a gap of 7.49 months, 337 of 2,509 lumpy.
    assert!((730..=770).contains(&demand.zero_permille()), "{}", demand.zero_permille());
    assert!((460..=555).contains(&demand.mean_milli()), "{}", demand.mean_milli());
    assert!((7_000..=8_000).contains(&demand.mean_gap_milli()), "{}", demand.mean_gap_milli());
    let lumpy = 1000 * demand.lumpy / (demand.lumpy + demand.intermittent);
    assert!((100..=170).contains(&lumpy), "{lumpy}");
    assert!(demand.frequent * 100 < demand.series, "{}", demand.frequent);
}

#[test]
fn most_places_have_no_stock_of_most_parts_and_some_parts_are_everywhere() {
    let (_, statistics) = generated("stock", SEED, None);
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows("stock") {
        *places.entry(row["sku"].clone()).or_default() += 1;
    }
    let pairs: u64 = places.values().sum();
    assert!(pairs * 2 < statistics.stockable_pairs, "{pairs} of {}", statistics.stockable_pairs);
    assert!(places.values().any(|count| *count == 24) && places.values().any(|count| *count <= 2));
}

#[test]
fn a_larger_catalogue_has_exactly_the_parts_asked_for_and_the_small_one_inside() {
    let (small, _) = generated("small", SEED, None);
    let (large, statistics) = generated("large", SEED, Some(12_000));
    assert_eq!(statistics.parts, 12_000);
    let read = |folder: &Path| fs::read_to_string(folder.join("parts.csv")).unwrap();
    assert!(read(&large).starts_with(&read(&small)));
}

#[test]
fn another_seed_makes_another_catalogue() {
    let (one, _) = generated("seed-1", 1, None);
    let (two, _) = generated("seed-2", 2, None);
    let read = |folder: &Path| fs::read(folder.join("stock.csv")).unwrap();
    assert_ne!(read(&one), read(&two));
}

#[test]
fn what_the_documentation_says_of_single_parts_is_so() {
    let text = fs::read_to_string(committed().join("../../docs/demo-catalogue.md")).unwrap();
    let skus = column("parts", "sku");
    let is_sku = |word: &&str| brands::ALL.iter().any(|brand| word.starts_with(&format!("{}-", brand.code)));
    let named: BTreeSet<&str> = text.split('`').skip(1).step_by(2).filter(is_sku).collect();
    assert!(named.len() > 20);
    for sku in named {
        assert!(skus.contains(sku), "{sku}");
    }
    let of = |table: &str, sku: &str| -> Vec<Row> {
        rows(table).into_iter().filter(|row| row.get("sku").is_some_and(|own| own == sku)).collect()
    };
    assert!(of("prices", "BRKX-5037").is_empty() && !of("stock", "BRKX-5037").is_empty());
    assert!(of("prices", "SNSQ-900").iter().all(|row| row["currency"] == "EUR"));
    assert!(
        of("stock", "HALT-70003").iter().all(|row| row["on_hand"] == "0") && !of("incoming", "HALT-70003").is_empty()
    );
    assert_eq!(of("parts", "RMNX-1882R")[0]["core_charge"], "60.00");
    assert_eq!(of("calibrations", "GLSV-G1450").len() + of("calibrations", "SNSQ-20002").len(), 2);
    let components = |kit: &str| column_of(&of("components", kit), "component_sku");
    assert!(components("KTZR-K1006").is_subset(&components("KTZR-K1007")));
    assert!(of("fitment", "SPKW-4039").iter().any(|row| row["model"] == "F-150" && row["quantity"] == "6"));
    // A margin of 12 % on cost is more than the jobber price leaves.
    let money = |text: &str| text.parse::<Price>().unwrap().ten_thousandths();
    let jobber = of("prices", "BRKX-5080").into_iter().find(|row| row["price_type"] == "JBR").unwrap();
    assert!(money(&of("parts", "BRKX-5080")[0]["cost"]) * 112 / 100 > money(&jobber["price"]));
}

#[test]
fn what_the_documentation_calibrates_can_be_sold_fits_and_has_a_crew() {
    let calibrated = column("calibrations", "sku");
    let part_types: BTreeMap<String, String> =
        rows("parts").into_iter().map(|row| (row["sku"].clone(), row["part_type"].clone())).collect();
    let fits = |model: &str, wanted: &dyn Fn(&str) -> bool| {
        rows("fitment").iter().any(|row| row["model"] == model && years(row).contains(&2018) && wanted(&row["sku"]))
    };
    let number = |text: &str| text.parse::<u64>().unwrap();
    let radar = |sku: &str| part_types[sku] == "Radar Sensor";
    for (sku, model) in [("GLSV-G1450", "Accord"), ("SNSQ-20340", "Model 3"), ("SNSQ-20059", "F-150")] {
        assert!(calibrated.contains(sku), "{sku}");
        assert!(fits(model, &|fitted| fitted == sku), "{sku} does not fit {model}");
        let stocked =
            rows("stock").into_iter().any(|row| row["sku"] == sku && number(&row["on_hand"]) > number(&row["safety"]));
        assert!(stocked, "{sku} is nowhere");
    }
    assert!(fits("Accord", &radar) && !fits("Accord", &|fitted| fitted == "SNSQ-20059"), "a mismatch");
    assert!(!fits("Model 3", &radar), "nobody knows");
    for account in ["shop-1", "fleet-1", "agent-1"] {
        let approved =
            |row: &Row| row["standing"] == "approved" && (row["until"].is_empty() || &*row["until"] > "2027");
        let shops = rows("shops").into_iter().filter(|row| row["accounts"].split(';').any(|one| one == account));
        let crewed = shops.filter(approved).any(|shop| {
            let works = |table| rows(table).iter().any(|row| row["shop"] == shop["id"] && approved(row));
            works("technicians") && works("tools")
        });
        assert!(crewed, "{account} has nobody to calibrate");
    }
}

fn column_of(rows: &[Row], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}
