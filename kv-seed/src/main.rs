//! The command line of the importer; kv-seed/README.md explains it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use holdfast::time::{HOUR, Timestamp};
use kv_seed::lookups::{Lookups, NameTable};
use kv_seed::progress::Console;
use kv_seed::report::Report;
use kv_seed::stage::Topic;
use kv_seed::target::{Http, Instance, Key, StateFolder, Target, Wrangler};
use kv_seed::{Error, Import, apply, assemble, demo, keys, stock, tables};

/// Holdfast's importer: CSV, ACES and PIES become KV pairs and opening stock.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Imports tables, ACES and PIES files.
    Import {
        /// Folders (their *.csv and *.xml) and files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        names: Names,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Imports the demonstration catalogue.
    Demo {
        /// Its folder, if it is not where it was built from.
        #[arg(long)]
        folder: Option<PathBuf>,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Sends opening stock and incoming receipts only.
    Stock {
        /// Folder with stock.csv and incoming.csv; the demonstration catalogue if absent.
        folder: Option<PathBuf>,
        /// Address of the running instance.
        #[arg(long, value_name = "URL")]
        to: String,
        /// A key with scope `stock`.
        #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true)]
        key: Key,
        /// Refuse everything if one row is bad.
        #[arg(long)]
        strict: bool,
    },
    /// Imports vPIC, by which VINs are decoded; scripts/vpic.sh fetches the database.
    Vpic {
        /// The SQLite database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Writes a generated catalogue as CSV tables.
    Generate {
        /// Folder for the tables.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Parts, at least as many as there are vehicle parts; those if absent.
        #[arg(long)]
        skus: Option<usize>,
        /// The same seed writes the same tables.
        #[arg(long, default_value_t = kv_seed::demo::SEED)]
        seed: u64,
    },
    /// Makes and rotates the key ring that signs calibration tokens; docs/operations.md explains how it is deployed.
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Makes a ring of one key and prints it: a secret.
    New {
        /// Write it to this new file instead, which only you can read.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Puts another key into a ring, which signs from a time on.
    Rotate {
        /// The file of the ring; it is replaced as a whole.
        file: PathBuf,
        /// When the new key begins: a day, or a time such as 2026-11-22T15:00:00Z; an hour from now if absent.
        #[arg(long, value_name = "TIME", value_parser = time)]
        signs_from: Option<Timestamp>,
    },
    /// Prints the public keys of a ring, as the deployment publishes them.
    Public {
        /// The file of the ring.
        file: PathBuf,
    },
}

#[derive(Args)]
struct Names {
    /// VCdb extract: columns `BaseVehicleID`, year, make, model.
    #[arg(long, value_name = "FILE")]
    vcdb: Option<PathBuf>,
    /// PCdb part types: columns id, name.
    #[arg(long, value_name = "FILE")]
    part_types: Option<PathBuf>,
    /// PCdb positions: columns id, name.
    #[arg(long, value_name = "FILE")]
    positions: Option<PathBuf>,
    /// VCdb makes: columns id, name.
    #[arg(long, value_name = "FILE")]
    makes: Option<PathBuf>,
    /// VCdb models: columns id, name.
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Skus of parts that XML files name: columns brand, number, sku.
    #[arg(long, value_name = "FILE")]
    sku_map: Option<PathBuf>,
}

#[derive(Args)]
struct TargetArgs {
    /// State folder of the local runtime, which must not be running.
    #[arg(long, value_name = "DIR", required_unless_present_any = ["to", "wrangler"], conflicts_with_all = ["to", "wrangler"])]
    state: Option<PathBuf>,
    /// Address of a running instance.
    #[arg(long, value_name = "URL", requires = "key", conflicts_with = "wrangler")]
    to: Option<String>,
    /// A key of it with scope `admin`.
    #[arg(long, env = "HOLDFAST_KEY", hide_env_values = true)]
    key: Option<Key>,
    /// Project folder of the deployment on the real network.
    #[arg(long, value_name = "DIR")]
    wrangler: Option<PathBuf>,
    /// Folder of the manifests of what was written over the network.
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Show the differences and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Refuse everything if one row is bad, before anything is written.
    #[arg(long)]
    strict: bool,
    /// Remove what is no longer in the input, of the kinds imported.
    #[arg(long)]
    prune: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kv-seed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Import { paths, names, target } => import(&paths, names.read()?, &target),
        Command::Demo { folder, target } => {
            import(&[folder.unwrap_or_else(demonstration)], Lookups::default(), &target)
        }
        Command::Stock { folder, to, key, strict } => {
            let mut import = Import::new(Report::new(Console::stderr()), Lookups::default())?;
            let tables = |name: &str| matches!(name, "parts" | "locations" | "stock" | "incoming");
            import.read(&[folder.unwrap_or_else(demonstration)], Some(tables))?;
            refuse_bad_rows(&import.report, strict)?;
            send_stock(&mut import, &Http::new(&to, key))
        }
        Command::Vpic { db, target } => import_vpic(&db, &target),
        Command::Generate { out, skus, seed } => {
            let statistics = demo::generate(seed, skus, &out).map_err(Error::io(&out))?;
            println!("{statistics}");
            Ok(())
        }
        Command::Keys { command } => run_keys(command),
    }
}

fn run_keys(command: Keys) -> Result<(), Error> {
    let now = Timestamp::from_millis(chrono::Utc::now().timestamp_millis());
    match command {
        Keys::New { out: None } => println!("{}", keys::new()?.to_secret_json()),
        Keys::New { out: Some(file) } => {
            keys::create(&file)?;
            println!("{}: a new ring, which only you can read; keep it where it is safe", file.display());
        }
        Keys::Rotate { file, signs_from } => {
            let (kid, from) = keys::rotate(&file, signs_from.unwrap_or_else(|| now.plus(HOUR)), now)?;
            println!("{}: key {kid} signs from {from} on; deploy the ring before that", file.display());
        }
        Keys::Public { file } => println!("{}", keys::read(&file)?.jwks(now)),
    }
    Ok(())
}

fn time(text: &str) -> Result<Timestamp, String> {
    tables::time("time", text).map_err(|error| error.to_string())
}

/// The folder of the demonstration catalogue, beside the importer's sources.
fn demonstration() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo")
}

fn import_vpic(database: &Path, args: &TargetArgs) -> Result<(), Error> {
    let mut import = Import::new(Report::new(Console::stderr()), Lookups::default())?;
    import.read_vpic(database)?;
    write(&mut import, args)
}

fn import(paths: &[PathBuf], lookups: Lookups, args: &TargetArgs) -> Result<(), Error> {
    let mut import = Import::new(Report::new(Console::stderr()), lookups)?;
    import.read(paths, None)?;
    assemble::run(&mut import)?;
    write(&mut import, args)
}

/// Compares the import's records with the target, says what differs, and writes it.
fn write(import: &mut Import, args: &TargetArgs) -> Result<(), Error> {
    refuse_bad_rows(&import.report, args.strict)?;
    let mut target = args.open()?;
    let Import { stage, kinds, report, .. } = import;
    let diff = apply::compare(stage, target.as_mut(), kinds, args.prune)?;
    print!("{diff}");
    if args.dry_run {
        println!("nothing was written (--dry-run)");
        return Ok(());
    }
    apply::write(stage, target.as_mut(), kinds, &diff, report.console())?;
    let waiting = stage.count(Topic::Stock)?.saturating_add(stage.count(Topic::Incoming)?);
    if let (Some(url), Some(key)) = (&args.to, &args.key) {
        return if waiting > 0 { send_stock(import, &Http::new(url, key.clone())) } else { Ok(()) };
    }
    if waiting > 0 {
        println!("{waiting} rows of stock wait for a running instance: kv-seed stock FOLDER --to URL --key KEY");
    }
    Ok(())
}

fn send_stock(import: &mut Import, http: &Http) -> Result<(), Error> {
    let Import { stage, report, .. } = import;
    let outcome = stock::send(stage, http, report.console())?;
    println!("stock: {outcome}");
    Ok(())
}

fn refuse_bad_rows(report: &Report, strict: bool) -> Result<(), Error> {
    let (errors, warnings) = (report.errors(), report.warnings());
    if errors > 0 || warnings > 0 {
        eprintln!("{errors} bad rows left out, {warnings} warnings");
    }
    if strict && errors > 0 { Err(Error::Strict(errors)) } else { Ok(()) }
}

impl TargetArgs {
    fn open(&self) -> Result<Box<dyn Target>, Error> {
        let manifests = self.manifests.as_deref();
        match (&self.state, &self.to, &self.key, &self.wrangler) {
            (Some(folder), ..) => Ok(Box::new(StateFolder::open(folder, !self.dry_run)?)),
            (_, Some(url), Some(key), _) => Ok(Box::new(Instance::new(Http::new(url, key.clone()), manifests)?)),
            (.., Some(project)) => Ok(Box::new(Wrangler::new(project, manifests)?)),
            _ => Err(Error::Target("no target: --state, --to or --wrangler".into())),
        }
    }
}

impl Names {
    fn read(&self) -> Result<Lookups, Error> {
        let mut lookups = Lookups::default();
        if let Some(path) = &self.vcdb {
            lookups.read_vehicles(path)?;
        }
        if let Some(path) = &self.sku_map {
            lookups.read_skus(path)?;
        }
        let tables = [
            (NameTable::PartTypes, &self.part_types),
            (NameTable::Positions, &self.positions),
            (NameTable::Makes, &self.makes),
            (NameTable::Models, &self.models),
        ];
        for (table, path) in tables {
            if let Some(path) = path {
                lookups.read_names(table, path)?;
            }
        }
        Ok(lookups)
    }
}
