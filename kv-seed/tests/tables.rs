//! CSV tables end to end: records, bad rows, differences.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

mod common;

use common::{COMPONENTS, Case, PARTS};
use serde_json::json;

/// The problems of `name` with these rows, beside a small sound catalogue.
fn problems(name: &str, table: &str) -> Vec<String> {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)]);
    case.write(name, table.as_bytes());
    case.problems(&case.read().unwrap())
}

#[test]
fn a_part_gathers_everything_said_of_it() {
    let case = Case::new(&[
        ("parts.csv", PARTS),
        ("components.csv", COMPONENTS),
        (
            "prices.csv",
            "sku,sheet,price_type,scope,from_quantity,price\nA,S1,JBR,,10,9.5\nA,S1,JBR,,1,10.1234\nA,G,JBR,group:fleet,1,8\n",
        ),
        ("calibrations.csv", "sku,ecu,procedure,version,provider\nA,ABS,bleed,2,acme\n"),
        ("interchange.csv", "sku,other_sku,quantity,grade\nA,B,2,premium\n"),
        ("supersessions.csv", "old_sku,new_sku\nA,B\nB,C\n"),
        ("numbers.csv", "brand,number,sku,grade\nOEMX,0-4410,A,original\n"),
        (
            "fitment.csv",
            "sku,make,model,year_from,year_to,position,qualifiers\nA,Honda,Accord,2018,2019,front,with ABS;not EX\n",
        ),
    ]);
    let (_, problems) = case.import(false);
    assert_eq!(problems, Vec::<String>::new());
    let part = case.value("part/A");
    assert_eq!(part["superseded_by"], json!(["B", "C"]));
    assert_eq!(part["calibration"]["ecu"], "ABS");
    assert_eq!(part["calibration"]["provider"], "acme");
    assert_eq!(part["interchange"], json!([{"sku":"B","quantity":2,"grade":"premium"}]));
    assert_eq!(part["prices"][0]["scope"], json!({"group":"fleet"}));
    assert_eq!(part["prices"][1]["breaks"], json!([{"from":1,"unit":101_234},{"from":10,"unit":95_000}]));
    assert_eq!(case.value("part/KIT")["components"], json!([{"sku":"A","quantity":2}]));
    assert_eq!(case.value("number/4410")[0]["sku"], "A");
    assert_eq!(case.value("number/04410")[0]["interchange"], json!({"quantity":1,"grade":"original"}));
    let fitment = case.value("fitment/2019/honda/accord/brakepad");
    let application = json!({"sku":"A","quantity":1,"position":"front","qualifiers":["with ABS","not EX"]});
    assert_eq!(fitment, json!({"part_type":"Brake Pad","applications":[application]}));
    assert_eq!(case.value("vehicle/2018/honda/accord"), json!({"part_types":["Brake Pad"]}));
}

#[test]
fn every_bad_row_is_named_with_file_line_and_reason() {
    let cases = [
        ("prices.csv", "sku,sheet,price_type,price\nX,S,LST,1\n", "2: unknown sku X"),
        ("prices.csv", "sku,sheet,price_type,price\nA,S,LST,1\nA,S,LST,0\n", "3: price \"0\": a price is above 0"),
        (
            "prices.csv",
            "sku,sheet,price_type,price\nA,S,LST,-1\n",
            "2: price \"-1\": a price is a decimal number with at most four decimals",
        ),
        (
            "prices.csv",
            "sku,sheet,price_type,price\nA,S,LST,1.00001\n",
            "2: price \"1.00001\": a price is a decimal number with at most four decimals",
        ),
        (
            "prices.csv",
            "sku,sheet,price_type,price\nA,S,LST,1\nA,S,LST,2\n",
            "3: price S LST of A from 1 is there twice",
        ),
        ("prices.csv", "sku,sheet,price_type,price\nA,S,LST\n", "2: the row has 3 values, the header 4"),
        (
            "prices.csv",
            "sku,sheet,price_type,effective,expires,price\nA,S,LST,2026-02-01,2026-01-01,1\n",
            "2: expires is not after effective",
        ),
        (
            "accounts.csv",
            "id,name,kind,home,base_type,open_quotes\nS,S,shop,ATL1,JBR,10001\n",
            "2: open_quotes \"10001\": is a whole number from 0 to 10000",
        ),
        ("interchange.csv", "sku,other_sku\nA,A\n", "2: A is interchangeable with itself"),
        ("supersessions.csv", "old_sku,new_sku\nA,B\nB,C\nC,A\n", "2: supersession runs in a circle: A → B → C → A"),
        ("supersessions.csv", "old_sku,new_sku\nA,B\nA,C\n", "3: supersession of A is there twice"),
        ("components.csv", "sku,component_sku\nA,B\nKIT,A\n", "2: A is not a bundle"),
        ("components.csv", "sku,component_sku\n", "parts.csv:5: bundle KIT has no components"),
        ("stock.csv", "location,sku,on_hand\nATL1,A,-1\n", "2: on_hand \"-1\": is a whole number from 0 to 1000000"),
        (
            "stock.csv",
            "location,sku,on_hand\nATL1,SUB,1\n",
            "2: SUB is not a physical part: it has no stock of its own",
        ),
        ("stock.csv", "location,sku,on_hand\nATL1,A,1\nATL1,A,2\n", "3: position ATL1:A is there twice"),
        (
            "fitment.csv",
            "sku,make,model,year_from,year_to\nA,Honda,Fit,2019,2018\n",
            "2: year_to 2018 is before year_from 2019",
        ),
        (
            "promotions.csv",
            "id,name,from,until\nP,p,2026-01-01,2026-02-01\n",
            "2: exactly one of off_percent and unit_price is needed",
        ),
        ("keys.csv", "account,scopes,key\na,web,k\n", "2: a web key needs the origins it may be used from"),
        ("account_rules.csv", "account,price_type\nnobody,LST\n", "2: unknown account nobody"),
        ("shops.csv", "id,name,accounts\nS,s,\n", "2: accounts is empty"),
        ("shops.csv", "id,name,accounts\nS,s,a\nS,s,b\n", "3: shop S is there twice"),
        (
            "shops.csv",
            "id,name,accounts\nS/1,s,a\n",
            "2: id \"S/1\": an id of the registers is 1 to 64 characters of letters, digits and - _ .",
        ),
        (
            "shops.csv",
            "id,name,accounts,standing\nS,s,a,maybe\n",
            "2: standing \"maybe\": unknown variant `maybe`, expected `approved` or `suspended`",
        ),
        ("shops.csv", "id,name,accounts,from,until\nS,s,a,2026-02-01,2026-02-01\n", "2: until is not after from"),
        ("technicians.csv", "id,name,shop\nT,t,\n", "2: shop is empty"),
        ("technicians.csv", "id,name,shop\nT,t,S\nT,u,S\n", "3: technician T is there twice"),
        ("tools.csv", "id,name,shop\nT,,S\n", "2: name is empty"),
        ("tools.csv", "id,name,shop\nT,t,S\nT,u,S\n", "3: tool T is there twice"),
        (
            "locations.csv",
            "id,name,kind,region,lat,lon,time_zone,mon\nL,l,branch,enam,1,2,America/New_York,9-5\n",
            "2: mon \"9\": a time of day is 00:00 to 24:00",
        ),
        (
            "locations.csv",
            "id,name,kind,region,lat,lon,time_zone\nL,l,branch,enam,91,2,America/New_York\n",
            "2: lat \"91\": is a number from -90 to 90",
        ),
        (
            "locations.csv",
            "id,name,kind,region,lat,lon,time_zone\nL,l,branch,enam,1,2,Mars/Olympus\n",
            "2: time_zone \"Mars/Olympus\": failed to parse timezone",
        ),
    ];
    for (name, table, expected) in cases {
        let expected = if expected.starts_with("parts") { expected.to_owned() } else { format!("{name}:{expected}") };
        assert_eq!(problems(name, table), [expected], "{table}");
    }
}

#[test]
fn a_sku_that_is_there_twice_keeps_its_first_row() {
    let case = Case::new(&[("parts.csv", "sku,brand,number,description,part_type\nA,B1,1,first,T\nA,B1,2,second,T\n")]);
    let (_, problems) = case.import(false);
    assert_eq!(problems, ["parts.csv:3: sku A is there twice"]);
    assert_eq!(case.value("part/A")["description"], "first");
    assert_eq!(case.value("number/2"), json!(null));
}

#[test]
fn a_header_with_an_unknown_or_missing_column_refuses_the_file() {
    for (header, reason) in [
        ("sku,sheet,price_type,prize", "unknown column \"prize\""),
        ("sku,sheet,price", "column price_type is missing"),
    ] {
        let case = Case::new(&[("parts.csv", PARTS), ("prices.csv", &format!("{header}\n"))]);
        let error = case.read().err().unwrap().to_string();
        assert!(error.contains("prices.csv:1: ") && error.contains(reason), "{error}");
    }
}

#[test]
fn an_unclosed_quote_is_refused_before_it_fills_the_memory() {
    let case = Case::new(&[]);
    let mut text = b"sku,brand,number,description,part_type\nA,B1,1,\"never closed".to_vec();
    text.resize(3 * 1024 * 1024, b'x');
    case.write("parts.csv", &text);
    let error = case.read().err().unwrap().to_string();
    assert!(error.contains("parts.csv:2: ") && error.contains("is a quote or tag unclosed?"), "{error}");
}

#[test]
fn a_row_that_is_not_utf_8_costs_only_itself() {
    let case = Case::new(&[]);
    case.write("parts.csv", b"sku,brand,number,description,part_type\nA,B1,1,\xff,T\nB,B1,2,fine,T\n");
    let (diff, problems) = case.import(false);
    assert_eq!(problems, ["parts.csv:2: the row is not UTF-8"]);
    assert_eq!(diff.kinds["part"].added, 1);
}

#[test]
fn the_same_input_again_changes_nothing_and_a_changed_one_only_what_differs() {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)]);
    assert_eq!(case.import(false).0.kinds["part"].added, 5);
    let again = case.import(true).0;
    assert_eq!((again.writes(), again.deletes()), (0, 0));

    case.write(
        "parts.csv",
        PARTS.replace("44-12,Pad", "44-12,Disc").replace("B,BRKX,44-11,Pad,Brake Pad,\n", "").as_bytes(),
    );
    let kept = case.import(false).0;
    let part = kept.kinds["part"];
    assert_eq!((part.added, part.changed, part.removed, part.unchanged), (0, 1, 1, 3));
    assert!(kept.index_kept && !kept.kinds.contains_key("search"), "the index of all parts is kept");
    assert!(!kept.kinds.contains_key("directory"), "and so are their brands and part types");
    assert_eq!(case.value("part/B")["sku"], "B");

    let pruned = case.import(true).0;
    let search = pruned.kinds["search"];
    assert_eq!(pruned.writes(), search.added + search.changed + 1); // the directory
    assert_eq!(pruned.deletes(), search.removed + 2); // part/B and number/4411
    assert!(search.added > 0 && search.removed > 0 && search.changed == 1 && !pruned.index_kept);
    assert_eq!(case.value("part/B"), json!(null));
}

#[test]
fn the_directory_tells_the_brands_and_part_types_and_how_many_parts_each_has() {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)]);
    case.import(false);
    let types = json!({"Brake Pad": 3, "Brake Kit": 1, "Subscription": 1});
    let brands = json!({"BRKX": {"name": "BRKX", "parts": 5}});
    assert_eq!(case.value("directory"), json!({"brands": brands, "part_types": types}));
}

#[test]
fn pruning_leaves_kinds_alone_that_were_not_in_the_input() {
    let case = Case::new(&[("parts.csv", PARTS), ("components.csv", COMPONENTS)]);
    case.import(false);
    std::fs::remove_file(case.input().join("parts.csv")).unwrap();
    std::fs::remove_file(case.input().join("components.csv")).unwrap();
    case.write("promotions.csv", b"id,name,from,until,off_percent\nP,p,2026-01-01,2026-02-01,12.5\n");
    case.import(true);
    assert_eq!(case.value("part/A")["sku"], "A");
    assert_eq!(case.value("promotions")[0]["effect"], json!({"off_bp":1250}));
}

#[test]
fn a_key_is_stored_as_its_hash_only() {
    let case = Case::new(&[("keys.csv", "key,account,scopes,demonstration\ndemo-shop,shop-1,query;quote,true\n")]);
    case.import(false);
    // printf demo-shop | sha256sum
    let record = case.value("key/f74911f81e738c680e26d81dc10e786a13dd0058581aca1bdc031ea81a75b052");
    assert_eq!(record, json!({"account":"shop-1","scopes":["query","quote"],"demonstration":true}));
}

const ACCOUNTS: &str = "id,name,kind,home,base_type\nshop-1,A garage,shop,ATL1,JBR\n";

#[test]
fn whoever_may_calibrate_is_a_record_each() {
    let case = Case::new(&[
        ("accounts.csv", ACCOUNTS),
        ("shops.csv", "id,name,accounts,standing,from,until\nS-1,A garage,shop-1,,,\nS-2,Another,shop-1,suspended,,\n"),
        ("technicians.csv", "id,name,shop,from,until\nT-1,A. Fitter,S-1,2026-01-01,2027-01-01\n"),
        ("tools.csv", "id,name,shop\nT-1,Aligner 9,S-2\n"),
    ]);
    let (_, problems) = case.import(false);
    assert_eq!(problems, Vec::<String>::new());
    let approved = json!({"standing":"approved"});
    assert_eq!(case.value("shop/S-1"), json!({"id":"S-1","name":"A garage","accounts":["shop-1"],"approval":approved}));
    assert_eq!(case.value("shop/S-2")["approval"], json!({"standing":"suspended"}));
    let window = json!({"standing":"approved","from":"2026-01-01T00:00:00.000Z","until":"2027-01-01T00:00:00.000Z"});
    assert_eq!(case.value("technician/T-1"), json!({"id":"T-1","name":"A. Fitter","shop":"S-1","approval":window}));
    assert_eq!(case.value("tool/T-1"), json!({"id":"T-1","name":"Aligner 9","shop":"S-2","approval":approved}));
}

#[test]
fn a_shop_of_no_account_and_a_tool_of_no_shop_are_left_out_with_whatever_is_of_them() {
    let case = Case::new(&[
        ("accounts.csv", ACCOUNTS),
        ("shops.csv", "id,name,accounts\nS-1,A garage,shop-1\nS-2,Another,shop-1;shop-2\n"),
        ("technicians.csv", "id,name,shop\nT-1,A. Fitter,S-1\nT-2,B. Fitter,S-2\n"),
        ("tools.csv", "id,name,shop\nT-1,Aligner 9,S-3\n"),
    ]);
    let (diff, problems) = case.import(false);
    assert_eq!(
        problems,
        ["shops.csv:3: unknown account shop-2", "technicians.csv:3: unknown shop S-2", "tools.csv:2: unknown shop S-3"]
    );
    assert_eq!((diff.kinds["shop"].added, diff.kinds["technician"].added), (1, 1));
    assert_eq!(case.value("technician/T-2"), json!(null));
}

#[test]
fn a_technician_who_is_no_longer_in_the_table_is_pruned_and_the_shop_stays() {
    let technicians = "id,name,shop\nT-1,A. Fitter,S-1\n";
    let case = Case::new(&[("shops.csv", "id,name,accounts\nS-1,A garage,shop-1\n"), ("technicians.csv", technicians)]);
    case.import(false);
    std::fs::remove_file(case.input().join("shops.csv")).unwrap();
    case.write("technicians.csv", technicians.replace("T-1,A.", "T-2,B.").as_bytes());
    let kept = case.import(false).0.kinds["technician"];
    assert_eq!((kept.added, kept.removed), (1, 1));
    assert_eq!(case.value("technician/T-1")["name"], "A. Fitter");
    case.import(true);
    assert_eq!(case.value("technician/T-1"), json!(null));
    assert_eq!(case.value("shop/S-1")["name"], "A garage");
}
