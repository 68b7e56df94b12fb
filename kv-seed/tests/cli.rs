//! The command as a user runs it: exit codes, what is said, and what is not written.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

mod common;

use std::process::{Command, Output};

use common::{COMPONENTS, Case, PARTS};
use proptest::prelude::*;

fn import(case: &Case, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kv-seed"));
    command.arg("import").arg(case.input()).arg("--state").arg(case.state()).args(options).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_bad_row_is_left_out_and_with_strict_refuses_everything() {
    let prices = "sku,sheet,price_type,price\nA,S,LST,1\nX,S,LST,1\n";
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS), ("prices.csv", prices)]);
    let refused = import(&case, &["--strict"]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("prices.csv:3: unknown sku X") && said(&refused).contains("nothing was written"));
    assert!(!case.state().exists());

    let lenient = import(&case, &[]);
    assert!(lenient.status.success() && said(&lenient).contains("1 bad rows left out"), "{}", said(&lenient));
    assert_eq!(case.value("part/A")["prices"][0]["breaks"][0]["unit"], 10_000);
}

#[test]
fn a_dry_run_shows_the_differences_and_writes_nothing() {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)]);
    let output = import(&case, &["--dry-run"]);
    assert!(output.status.success() && said(&output).contains("nothing was written (--dry-run)"), "{}", said(&output));
    let part = said(&output)
        .lines()
        .find(|line| line.starts_with("part "))
        .unwrap()
        .split_whitespace()
        .nth(1)
        .map(str::to_owned);
    assert_eq!(part.as_deref(), Some("5"));
    assert!(!case.state().exists());
}

#[test]
fn a_cut_off_xml_file_changes_nothing_not_even_the_sound_tables_beside_it() {
    let xml = "<ACES><Header/><App action=\"A\"><BaseVehicle id=\"1\"/>";
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS), ("a.xml", xml)]);
    let output = import(&case, &[]);
    assert!(!output.status.success() && said(&output).contains("a.xml:1: the file is cut off"), "{}", said(&output));
    assert!(!case.state().exists());
}

#[test]
fn a_target_is_needed_and_only_one() {
    let case = Case::new(&[("parts.csv", PARTS)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_kv-seed"));
    assert!(!command.arg("import").arg(case.input()).output().unwrap().status.success());
    assert!(!import(&case, &["--to", "http://127.0.0.1:1", "--key", "k"]).status.success());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is in a file, reading it ends with an answer.
    #[test]
    fn no_table_and_no_xml_file_makes_the_importer_panic(
        rows in proptest::collection::vec("[A-Za-z0-9,;:.\"=\\-é\n ]{0,40}", 0..8),
        tags in proptest::collection::vec(
            prop_oneof![
                Just("<App action=\"A\">"), Just("</App>"), Just("<BaseVehicle id=\"1\"/>"), Just("<Part>X</Part>"),
                Just("<PartType id=\"99999999999\"/>"), Just("<Years from=\"2000\" to=\"1990\"/>"), Just("&#x110000;"),
                Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"), Just("<?x?>"), Just("</ACES>"), Just("<a b='"),
            ],
            0..12,
        ),
    ) {
        let case = Case::new(&[]);
        case.write("parts.csv", format!("sku,brand,number,description,part_type\n{}", rows.join("\n")).as_bytes());
        case.write("locations.csv", format!("id,name,kind,region,lat,lon,time_zone\n{}", rows.join("\n")).as_bytes());
        let _ = case.read();
        case.write("a.xml", format!("<ACES>{}", tags.concat()).as_bytes());
        let _ = case.read();
    }
}
