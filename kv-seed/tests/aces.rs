//! ACES files: what is read, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

mod common;

use common::{Case, PARTS, read, real_aces};
use serde_json::json;

fn file(version: &str, apps: &str, count: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ACES version=\"{version}\">\n<Header><BrandAAIAID>BRKX</BrandAAIAID></Header>\n\
         {apps}<Footer><RecordCount>{count}</RecordCount></Footer>\n</ACES>\n"
    )
}

fn app(vehicle: &str, part: &str) -> String {
    format!(
        "<App action=\"A\" id=\"1\">{vehicle}<Qty>2</Qty><PartType id=\"1684\"/><Position id=\"22\"/>{part}</App>\n"
    )
}

#[test]
fn the_real_file_imports_completely() {
    let Some(path) = real_aces() else { return };
    let import = read(&[path]).unwrap();
    assert_eq!((import.report.errors(), import.report.warnings()), (0, 0), "{:?}", import.report.problems());
    assert_eq!((import.counts.aces_applications, import.counts.applications, import.counts.parts), (6512, 6512, 257));
    let kinds = import.stage.record_counts().unwrap();
    assert_eq!((kinds["part"], kinds["vehicle"]), (257, 4811));
}

#[test]
fn applications_by_base_vehicle_by_years_and_by_equipment_are_kept() {
    let apps = [
        app(
            "<BaseVehicle id=\"7\"/><SubModel id=\"3\"/><EngineBase id=\"9\"/><Qual id=\"5\"><text>w/o ABS &amp; ESP</text></Qual><Note>&#x41;</Note>",
            "<Part>44.10</Part>",
        ),
        app("<Years from=\"2001\" to=\"2002\"/><Make id=\"54\"/><Model id=\"6\"/>", "<Part>NEW 1</Part>"),
        app("<Mfr id=\"4\"/><EquipmentModel id=\"8\"/><VehicleType id=\"1\"/>", "<Part BrandAAIAID=\"OTHR\">Z</Part>"),
    ];
    let case = Case::new(&[
        ("parts.csv", PARTS),
        ("components.csv", common::COMPONENTS),
        ("a.xml", &file("4.2", &apps.concat(), 3)),
    ]);
    let (_, problems) = case.import(false);
    assert_eq!(problems, Vec::<String>::new());
    let application = json!({"sku":"A","quantity":2,"position":"#22","submodel":"#3","qualifiers":["EngineBase #9","w/o ABS & ESP","A"]});
    assert_eq!(case.value("fitment/bv/7/1684")["applications"], json!([application]));
    assert_eq!(case.value("fitment/2002/make54/model6/1684")["applications"][0]["sku"], "BRKX-NEW-1");
    assert_eq!(case.value("part/BRKX-NEW-1")["number"], "NEW 1");
    assert_eq!(case.value("fitment/0/mfr4/equipment8/1684")["applications"][0]["sku"], "OTHR-Z");
}

#[test]
fn the_names_of_version_5_are_known() {
    let app = "<App action=\"A\" id=\"1\"><BaseVehicle id=\"7\"/><Qty>1</Qty><PartTerminology id=\"5\"/><PartNumber>X1</PartNumber></App>";
    let case = Case::new(&[("a.xml", &file("5.0", app, 1))]);
    assert_eq!(case.import(false).1, Vec::<String>::new());
    assert_eq!(case.value("fitment/bv/7/5")["applications"][0]["sku"], "BRKX-X1");
}

#[test]
fn a_deletion_takes_back_the_equal_application() {
    let one = app("<BaseVehicle id=\"7\"/>", "<Part>X1</Part>");
    let two = app("<BaseVehicle id=\"7\"/>", "<Part>X2</Part>");
    let case = Case::new(&[("a.xml", &file("3.1", &format!("{one}{two}{}", one.replace("\"A\"", "\"D\"")), 3))]);
    case.import(false);
    let left = case.value("fitment/bv/7/1684");
    assert_eq!(left["applications"].as_array().unwrap().len(), 1);
    assert_eq!(left["applications"][0]["sku"], "BRKX-X2");
}

#[test]
fn a_bad_application_is_named_and_a_wrong_footer_warned_about() {
    let bad = "<App action=\"A\" id=\"9\"><BaseVehicle id=\"x\"/><PartType id=\"5\"/><Part>X</Part></App>\n";
    let case = Case::new(&[("a.xml", &file("3.1", bad, 5))]);
    let (_, problems) = case.import(false);
    assert_eq!(
        problems,
        [
            "a.xml:4: App 9: BaseVehicle \"x\": its id is a whole number",
            "a.xml:5: warning: the footer counts \"5\" applications, the file has 1",
        ]
    );
}

#[test]
fn latin_1_is_read() {
    let case = Case::new(&[]);
    let text = file("3.1", &app("<BaseVehicle id=\"7\"/><Note>caf\u{1}</Note>", "<Part>X1</Part>"), 1);
    let bytes: Vec<u8> =
        text.replace("UTF-8", "ISO-8859-1").bytes().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    case.write("a.xml", &bytes);
    case.import(false);
    assert_eq!(case.value("fitment/bv/7/1684")["applications"][0]["qualifiers"], json!(["café"]));
}

/// Why the file is refused; nothing of it may be applied.
fn refused(text: &str) -> String {
    let case = Case::new(&[("a.xml", text)]);
    case.read().err().unwrap_or_else(|| panic!("accepted: {}", text.chars().take(200).collect::<String>())).to_string()
}

#[test]
fn a_cut_off_file_is_refused_wherever_it_is_cut() {
    let whole = file("3.1", &app("<BaseVehicle id=\"7\"/>", "<Part>X1</Part>"), 1);
    let end = whole.rfind("</ACES>").unwrap() + "</ACES>".len();
    for cut in whole.find("<ACES version").unwrap() + 22..end {
        let error = refused(&whole[..cut]);
        assert!(error.contains("a.xml:") && error.contains("(byte "), "{cut}: {error}");
    }
}

#[test]
fn a_million_nested_tags_are_refused() {
    assert!(refused(&format!("<ACES>{}", "<a>".repeat(1_000_000))).contains("nested more than 32 deep"));
    assert!(refused(&format!("<ACES><App>{}", "<a/>".repeat(1_000_000))).contains("more than 65536 elements"));
    assert!(refused(&format!("<ACES><App>{}", "x".repeat(5_000_000))).contains("longer than 4194304 bytes"));
    assert!(refused(&format!("<ACES><App {}", "x".repeat(5_000_000))).contains("longer than 4194304 bytes"));
}

#[test]
fn document_types_and_entities_are_refused() {
    let bomb = "<!DOCTYPE ACES [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><ACES><App>&b;</App></ACES>";
    let external = "<!DOCTYPE ACES [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><ACES/>";
    for text in [bomb, external] {
        assert!(refused(text).contains("DOCTYPE is refused"));
    }
    assert!(refused("<ACES><App><Note>&x;</Note></App></ACES>").contains("entity &x; is refused"));
    assert!(refused("<ACES><App id=\"&x;\"/></ACES>").contains("a.xml:1"));
}
