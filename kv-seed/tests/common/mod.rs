//! A folder of input, imported into a state folder.

#![allow(dead_code)] // each test file uses its own share of this

use std::path::{Path, PathBuf};

use kv_seed::apply::{self, Diff};
use kv_seed::lookups::Lookups;
use kv_seed::progress::Console;
use kv_seed::report::Report;
use kv_seed::target::{StateFolder, Target};
use kv_seed::{Error, Import, assemble};
use serde_json::Value;
use tempfile::TempDir;

/// A folder of tables and files, and a state folder beside it.
pub struct Case {
    root: TempDir,
}

impl Case {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let case = Self { root: tempfile::tempdir().unwrap() };
        std::fs::create_dir(case.input()).unwrap();
        for (name, text) in files {
            case.write(name, text.as_bytes());
        }
        case
    }

    pub fn input(&self) -> PathBuf {
        self.root.path().join("input")
    }

    pub fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.input().join(name), bytes).unwrap();
    }

    pub fn read(&self) -> Result<Import, Error> {
        read(&[self.input()])
    }

    /// Imports into the state folder; the differences, and what was wrong.
    pub fn import(&self, prune: bool) -> (Diff, Vec<String>) {
        let mut import = self.read().unwrap();
        let mut state = StateFolder::open(&self.state(), true).unwrap();
        let diff = write(&mut import, &mut state, prune);
        (diff, self.problems(&import))
    }

    /// What was wrong, with file names for paths.
    pub fn problems(&self, import: &Import) -> Vec<String> {
        let folder = format!("{}/", self.input().display());
        import.report.problems().iter().map(|text| text.replace(&folder, "")).collect()
    }

    pub fn value(&self, key: &str) -> Value {
        let file = std::fs::read_dir(self.state().join("objects/kv")).unwrap().next().unwrap().unwrap().path();
        let db = rusqlite::Connection::open(file).unwrap();
        let text: Result<Vec<u8>, _> =
            db.query_row("SELECT value FROM entries WHERE key = ?1", [key], |row| row.get(0));
        text.map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap())
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.root.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }
}

pub fn read(paths: &[PathBuf]) -> Result<Import, Error> {
    let mut import = Import::new(Report::new(Console::silent()), Lookups::default())?;
    import.year = 2026;
    import.read(paths, None)?;
    assemble::run(&mut import)?;
    Ok(import)
}

pub fn write(import: &mut Import, target: &mut dyn Target, prune: bool) -> Diff {
    let Import { stage, kinds, report, .. } = import;
    let diff = apply::compare(stage, target, kinds, prune).unwrap();
    apply::write(stage, target, kinds, &diff, report.console()).unwrap();
    diff
}

/// The real ACES file, where it is beside the repository; a test without it says so and passes.
pub fn real_aces() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let name = "shared/data/aces/AirQualitee_ACES_3_1_FULL_2017-01-12.xml";
    let found = root.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: ../{name} is not there");
    }
    found
}

pub const PARTS: &str = "sku,brand,number,description,part_type,kind
A,BRKX,44-10,Pad,Brake Pad,
B,BRKX,44-11,Pad,Brake Pad,
C,BRKX,44-12,Pad,Brake Pad,
KIT,BRKX,K1,Kit,Brake Kit,bundle
SUB,BRKX,S1,Maps,Subscription,digital
";
pub const COMPONENTS: &str = "sku,component_sku,quantity\nKIT,A,2\n";
