//! Plays the scenarios beside this file on the real shard, with time moved by hand. Every command is sent twice: the
//! second time must answer the same and change nothing.

#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

mod script;

use std::collections::BTreeSet;
use std::path::Path;

use holdfast::stock::shard::{self, Command, MovementResult, Reply};
use holdfast::stock::store::MemoryStore;
use holdfast::stock::{Happening, LineHeld, Position};
use holdfast::time::Timestamp;
use script::{Action, Scenario, Step};

#[test]
fn every_scenario_comes_out_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|ext| ext == "txt")).collect();
    files.sort();
    let (mut names, mut failures) = (BTreeSet::new(), Vec::new());
    for path in files {
        let file = path.file_name().unwrap().to_string_lossy();
        match script::parse(&file, &std::fs::read_to_string(&path).unwrap()) {
            Err(why) => failures.push(why),
            Ok(scenarios) => {
                for scenario in scenarios {
                    failures.extend(play(&scenario).err().map(|why| format!("{why}\n  in: {}", scenario.name)));
                    assert!(names.insert(scenario.name.clone()), "two scenarios are called '{}'", scenario.name);
                }
            }
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    assert!(names.len() >= 60, "only {} scenarios were found", names.len());
    println!("{} scenarios", names.len());
}

#[test]
fn what_a_scenario_does_not_make_clear_is_refused_with_its_place() {
    for (text, complaint) in [
        ("0:00 release q1 -> done", "f:1: a step before any scenario"),
        ("scenario: s", "f: the scenario 's' has no steps"),
        ("scenario: s\n0:00 release q1", "f:2: '0:00 release q1' lacks an outcome after ->"),
        ("scenario: s\n\n0:0 release q1 -> done", "f:3: '0:0' is not a time such as 15:00 or 15:09.999"),
        ("scenario: s\n0:60 release q1 -> done", "f:2: '0:60' is not a time such as 15:00 or 15:09.999"),
        ("scenario: s\n0:01 again -> done\n0:00 again -> done", "f:3: time runs backwards"),
        ("scenario: s\n0:00 relase q1 -> done", "f:2: 'relase' is neither a command nor a movement"),
        ("scenario: s\n0:00 hold q1 4 × A at ATL1 -> done", "f:2: '4 × A at ATL1' lacks ', until' and a time"),
        ("scenario: s\n0:00 hold q1 4 x A at ATL1, until 1:00 -> done", "f:2: '4 x A' lacks units × sku"),
        ("scenario: s\n0:00 commit q1: 2 × A -> done", "f:2: '2 × A' lacks units 'of line' and a line"),
        ("scenario: s\n0:00 commit q1: -1 of line 0 -> done", "f:2: '-1': invalid digit found in string"),
    ] {
        assert_eq!(script::parse("f", text).map(drop), Err(complaint.to_owned()));
    }
    let wrong = "scenario: s\n0:00 receipt 1 × A at ATL1 -> 2 on hand";
    let scenario = script::parse("f", wrong).unwrap().remove(0);
    assert_eq!(play(&scenario).unwrap_err(), "f:2: expected '2 on hand', got '1 on hand'");
}

/// Plays a scenario; or where, and how, it came out otherwise.
fn play(scenario: &Scenario) -> Result<(), String> {
    let (store, mut last, mut heard) = (MemoryStore::default(), None, 0);
    for step in &scenario.steps {
        let outcome = match &step.action {
            Action::Send(command) => {
                last = Some(command);
                sent(command, step, &store)?
            }
            Action::Again => sent(last.ok_or_else(|| format!("{}: nothing to repeat", step.place))?, step, &store)?,
            Action::Look(command) => match ask(command, step.at, &store) {
                Reply::Positions { positions } => seen(&positions, &step.expected),
                other => format!("{other:?}"),
            },
            Action::Events => {
                let events = told(&store, heard);
                heard = store.outbox().len();
                events
            }
            Action::Alarm => match shard::tidy(step.at, &store) {
                Ok(Some(at)) => format!("again in {} ms", at.since(step.at)),
                Ok(None) => "rest".to_owned(),
            },
        };
        if outcome != step.expected {
            return Err(format!("{}: expected '{}', got '{outcome}'", step.place, step.expected));
        }
    }
    Ok(())
}

/// What came of a command, sent twice.
fn sent(command: &Command, step: &Step, store: &MemoryStore) -> Result<String, String> {
    let first = ask(command, step.at, store);
    let before = store.clone();
    let second = ask(command, step.at, store);
    let same = first == second || matches!((said(&first).as_str(), said(&second).as_str()), (_, "duplicate"));
    if !same || *store != before {
        return Err(format!("{}: sent again, it was answered '{}'; or something changed", step.place, said(&second)));
    }
    Ok(said(&first))
}

fn ask(command: &Command, at: Timestamp, store: &MemoryStore) -> Reply {
    match shard::handle(command.clone(), at, store) {
        Ok(output) => output.reply,
    }
}

/// A reply in the words of the scenarios.
fn said(reply: &Reply) -> String {
    match reply {
        Reply::Held { lines } => lines.iter().map(held).collect::<Vec<_>>().join("; "),
        Reply::Done => "done".to_owned(),
        Reply::Refused { why } => format!("refused: {why}"),
        Reply::Moved { results } => results.iter().map(moved).collect::<Vec<_>>().join("; "),
        other => format!("{other:?}"),
    }
}

fn held(line: &LineHeld) -> String {
    let mut parts: Vec<_> = line.allocations.iter().map(|at| format!("{} from {}", at.quantity, at.location)).collect();
    if line.lacking > 0 {
        parts.push(format!("lacking {}", line.lacking));
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn moved(result: &MovementResult) -> String {
    match result {
        MovementResult::Applied { on_hand, shortfall: None, .. } => format!("{on_hand} on hand"),
        MovementResult::Applied { on_hand, shortfall: Some(units), .. } => format!("{on_hand} on hand, {units} short"),
        MovementResult::Duplicate { .. } => "duplicate".to_owned(),
        MovementResult::VersionConflict { version, .. } => format!("version {version}"),
        MovementResult::Rejected { detail, .. } => format!("rejected: {detail}"),
    }
}

/// The counters of a sku's positions that the outcome asks for: `available 2, held 3` for one position, `ATL1 available
/// 2, ATL2 available 0` for several.
fn seen(positions: &[Position], expected: &str) -> String {
    let part = |wanted: &str| {
        let words: Vec<&str> = wanted.split(' ').collect();
        let (location, counter) = match words.as_slice() {
            [counter, _] => (None, *counter),
            [location, counter, _] => (Some(*location), *counter),
            _ => return "counters such as 'available 2' or 'ATL1 available 2'".to_owned(),
        };
        let at = |position: &&Position| location.is_none_or(|location| position.location.as_str() == location);
        let counters = positions.iter().find(at).map(|position| position.counters).unwrap_or_default();
        let units = match counter {
            "on_hand" => counters.on_hand,
            "held" => counters.held,
            "committed" => counters.committed,
            "quarantined" => counters.quarantined,
            "safety" => counters.safety,
            "available" => counters.available(),
            _ => return format!("no counter '{counter}'"),
        };
        location.map_or_else(|| format!("{counter} {units}"), |location| format!("{location} {counter} {units}"))
    };
    expected.split(", ").map(part).collect::<Vec<_>>().join(", ")
}

/// What the shard has told the house after the first `heard` events, without the movements that were asked for.
fn told(store: &MemoryStore, heard: usize) -> String {
    let events = store.outbox();
    let told = events.iter().skip(heard).filter_map(|event| match &event.what {
        Happening::Held { quote, .. } => Some(format!("{quote} held")),
        Happening::Committed { quote, .. } => Some(format!("{quote} committed")),
        Happening::Released { quote } => Some(format!("{quote} released")),
        Happening::Expired { quote } => Some(format!("{quote} expired")),
        Happening::Returned { quote, .. } => Some(format!("{quote} returned")),
        Happening::Moved { .. } => None,
        Happening::Shortfall { sku, location, units, quotes } => {
            let quotes = quotes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            Some(format!("{units} × {sku} at {location} missing for {quotes}"))
        }
        Happening::LowStock { sku, location, left, .. } => Some(format!("{sku} at {location} low with {left}")),
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}
