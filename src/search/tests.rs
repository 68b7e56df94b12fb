use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::catalog::part::{Kind, LifeCycle, Pack, PartType, Supply};
use crate::catalog::{Lookup, Part, Reading, Record, Records};
use crate::money::Currency;
use crate::order::SortedMap;

fn part(sku: &str, brand: &str, number: &str, description: &str, part_type: &str) -> Part {
    Part {
        sku: sku.parse().unwrap(),
        brand: brand.parse().unwrap(),
        brand_name: format!("{}ino", brand.to_lowercase()),
        number: number.parse().unwrap(),
        description: description.into(),
        part_type: PartType { id: None, name: part_type.into() },
        kind: Kind::default(),
        life_cycle: LifeCycle::default(),
        pack: Pack::default(),
        supply: Supply::default(),
        core: None,
        calibration: None,
        interchange: vec![],
        superseded_by: vec![],
        components: vec![],
        gtin: None,
        attributes: SortedMap::default(),
        billing: None,
        currency: Currency::USD,
        cost: None,
        prices: vec![],
    }
}

/// An index in memory, read at once.
#[derive(Clone, PartialEq, Debug)]
struct Texts(BTreeMap<String, String>);

impl Records for Texts {
    fn get(&self, key: &str) -> Lookup {
        let parse = |text: &String| Record::parse(key, &serde_json::to_string(text).unwrap()).unwrap();
        self.0.get(key).map(parse).map_or(Lookup::Absent, Lookup::Found)
    }
}

const SMALL: Sizes = Sizes { terms: 3, postings: 8, parts: 2, inline: 1 };

fn built(builder: Builder, sizes: Sizes) -> Texts {
    let mut texts = BTreeMap::new();
    let write = &mut |key: &str, text: &str| {
        texts.insert(key.to_owned(), text.to_owned());
        Ok::<(), ()>(())
    };
    builder.finish(sizes, write).unwrap();
    Texts(texts)
}

fn index(parts: &[Part], sizes: Sizes) -> Texts {
    let mut builder = Builder::default();
    for part in parts {
        builder.add(part).unwrap();
    }
    built(builder, sizes)
}

impl Texts {
    fn ask_with(&self, text: &str, filters: &[Filter], from: usize, limit: usize) -> Found {
        let question = Question::new(text, filters).unwrap();
        let reading = Reading::new(self);
        let found = find(&reading, &question, from, limit).unwrap();
        assert!(reading.is_complete());
        found
    }

    fn ask(&self, text: &str) -> Found {
        self.ask_with(text, &[], 0, MAX_PAGE)
    }

    fn skus(&self, text: &str) -> Vec<String> {
        skus(&self.ask(text))
    }
}

fn skus(found: &Found) -> Vec<String> {
    found.parts.iter().map(|part| part.sku.clone()).collect()
}

/// A few parts of every sort.
fn shelf() -> Texts {
    let mut pad = part("BRKX-4410", "BRKX", "44-10", "Brake Pad front - HONDA Accord", "Brake Pad");
    pad.attributes.insert("material".into(), "semi-metallic".into());
    let rotor = part("BRKX-5510", "BRKX", "55-10", "Brake Rotor front - HONDA Accord", "Brake Rotor");
    let mut bolt = part("FSTZ-1", "FSTZ", "1001", "Flange Bolt M8x1.25 30 mm zinc", "Flange Bolt");
    bolt.attributes.insert("thread".into(), "M8x1.25".into());
    let mut other = part("FSTZ-2", "FSTZ", "1002", "Flange Bolt M8x1.0 30 mm zinc", "Flange Bolt");
    other.attributes.insert("thread".into(), "M8x1.0".into());
    let mut old = part("BRKX-4409", "BRKX", "44-09", "Brake Pad front - HONDA Accord", "Brake Pad");
    old.life_cycle = LifeCycle::Discontinued;
    old.superseded_by = vec!["BRKX-4410".parse().unwrap()];
    let sensor = part("SENS-1", "SENS", "9 01 A", "Caméra avant, Citroën", "Front Camera");
    let mut builder = Builder::default();
    for part in [&pad, &rotor, &bolt, &other, &old, &sensor] {
        builder.add(part).unwrap();
    }
    for year in 2003..=2007 {
        builder.fits(&pad.sku, year, "HONDA Accord");
    }
    builder.fits(&rotor.sku, 2010, "HONDA Accord");
    builder.fits(&rotor.sku, 2005, "HONDA Civic");
    builder.fits(&sensor.sku, 2024, "CITROEN C-Zero");
    builder.other_number(&pad.sku, &"45022-S9A-A01".parse().unwrap());
    built(builder, Sizes::default())
}

#[test]
fn a_part_is_found_by_description_type_brand_number_specification_and_other_makers_numbers() {
    let shelf = shelf();
    for (text, sku) in [
        ("brake pads", "BRKX-4410"),
        ("front camera", "SENS-1"),
        ("rotor brkx", "BRKX-5510"),
        ("brkxino rotors", "BRKX-5510"),
        ("44-10", "BRKX-4410"),
        ("4410", "BRKX-4410"),
        ("44 10", "BRKX-4410"),
        ("brkx 44.10", "BRKX-4410"),
        ("BRKX-4410", "BRKX-4410"),
        ("901a", "SENS-1"),
        ("45022-s9a-a01", "BRKX-4410"),
        ("semi-metallic pad", "BRKX-4410"),
        ("m8x1.25 bolt", "FSTZ-1"),
        ("camera citroen", "SENS-1"),
        ("brake pad for a honda", "BRKX-4410"),
        ("brake-rotor-2", "BRKX-5510"),
    ] {
        assert_eq!(shelf.skus(text).first().map(String::as_str), Some(sku), "{text}");
    }
}

#[test]
fn the_last_word_may_be_begun_and_no_other() {
    let shelf = shelf();
    assert_eq!(shelf.skus("flange bo"), ["FSTZ-1", "FSTZ-2"]);
    assert_eq!(shelf.skus("brake ro"), ["BRKX-5510"]);
    assert_eq!(shelf.ask("fla bolt").unknown, ["fla"]);
    assert!(shelf.skus("b").is_empty());
}

#[test]
fn what_is_sold_comes_before_what_it_replaced() {
    let found = shelf().ask("brake pad");
    assert_eq!(skus(&found), ["BRKX-4410", "BRKX-4409"]);
    let last = &found.parts[1];
    assert_eq!((last.life_cycle, last.superseded_by.as_str()), (LifeCycle::Discontinued, "BRKX-4410"));
}

#[test]
fn if_no_part_has_all_the_words_those_are_found_that_have_all_but_one() {
    let found = shelf().ask("rotor zinc m8x1.25");
    assert_eq!((skus(&found), found.complete), (vec!["FSTZ-1".to_owned()], false));
    assert!(shelf().ask("rotor front").complete);
}

#[test]
fn a_misspelt_word_is_read_as_the_nearest_and_a_number_never_is() {
    let shelf = shelf();
    let found = shelf.ask("braek pda");
    assert_eq!(found.readings.iter().map(|reading| reading.read_as.clone()).collect::<Vec<_>>(), [["brake"]]);
    assert_eq!((found.unknown.as_slice(), found.total), (&["pda".to_owned()][..], 3));
    assert_eq!(shelf.ask("4411").unknown, ["4411"]);
    assert_eq!(shelf.ask("44-55").unknown, ["4455"]);
    assert_eq!(shelf.skus("flagne boltz"), ["FSTZ-1", "FSTZ-2"]);
}

#[test]
fn a_year_is_that_of_the_vehicle_that_was_named() {
    let shelf = shelf();
    assert_eq!(shelf.skus("honda accord 2005 brake"), ["BRKX-4410"]);
    assert_eq!(shelf.skus("accord 2010 brake"), ["BRKX-5510"]);
    assert_eq!(shelf.skus("honda civic 2005"), ["BRKX-5510"]);
    assert_eq!(shelf.ask("civic 2010 rotor").unknown, ["2010"], "no part fits a Civic of 2010");
    assert_eq!(shelf.ask("zinc 1955").unknown, ["1955"]);
}

#[test]
fn filters_narrow_and_the_same_filter_twice_lets_either_through() {
    let shelf = shelf();
    let brand = |name: &str| Filter::Brand(name.into());
    let spec = |value: &str| Filter::Spec("Thread".into(), value.into());
    let ask = |text: &str, filters: &[Filter]| skus(&shelf.ask_with(text, filters, 0, 10));
    assert_eq!(ask("bolt", &[spec("m8X1.25")]), ["FSTZ-1"]);
    assert_eq!(ask("bolt", &[spec("M8 x 1.0"), spec("M8x1.25")]), ["FSTZ-1", "FSTZ-2"]);
    assert_eq!(ask("", &[Filter::PartType("brake-rotor".into())]), ["BRKX-5510"]);
    assert_eq!(ask("front", &[brand("sensino")]), ["SENS-1"]);
    assert_eq!(ask("front", &[brand("SENS"), brand("BRKX"), Filter::PartType("Front Camera".into())]), ["SENS-1"]);
    assert!(ask("bolt", &[brand("BRKX")]).is_empty() && ask("bolt", &[brand("NONE")]).is_empty());
}

#[test]
fn what_cannot_be_understood_is_named() {
    let faults = |text: &str, filters: &[Filter]| {
        Question::new(text, filters)
            .unwrap_err()
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(faults(" -- ", &[]), [("/q".to_owned(), "missing")]);
    assert_eq!(faults(&"a".repeat(201), &[])[0], ("/q".into(), "out_of_range"));
    assert_eq!(faults("one two three four five six seven eight nine", &[])[0].1, "out_of_range");
    assert!(Question::new("one two three four five six seven eight eight", &[]).is_ok());
    assert_eq!(faults("x", &[Filter::Brand("-".into())])[0], ("/brand".into(), "invalid"));
    assert_eq!(faults("x", &[Filter::Spec("..".into(), "5".into())])[0], ("/spec...".into(), "invalid"));
    assert_eq!(faults("x", &vec![Filter::Brand("A".into()); 9])[0], ("/filters".into(), "out_of_range"));
}

#[test]
fn an_index_that_is_not_there_or_not_whole_is_said_to_be() {
    let question = Question::new("brake", &[]).unwrap();
    let ask = |texts: &Texts| find(&Reading::new(texts), &question, 0, 10);
    assert_eq!(ask(&Texts(BTreeMap::new())), Err(Failed::NoIndex));
    let mut shelf = shelf();
    shelf.0.retain(|key, _| !key.starts_with("search/dictionary/"));
    assert_eq!(ask(&shelf), Err(Failed::Replaced));
}

#[test]
fn a_text_that_is_no_segment_is_refused() {
    let shelf = shelf();
    for (key, text) in &shelf.0 {
        assert!(Segment::parse(key, text).is_some(), "{key}");
        assert!(Segment::parse(key, &format!("{text}A")).is_none() || key == "search/top", "{key}");
    }
    assert!(Segment::parse("search/top", "holdfast-search-0 1 1 1 x\n\n\n\n").is_none());
    assert!(Segment::parse("search/other/x", "").is_none() && Segment::parse("search", "").is_none());
}

/// A catalogue of made-up words, few enough that parts share them.
fn catalogue() -> impl Strategy<Value = Vec<Part>> {
    let word = prop::sample::select(vec![
        "alternator",
        "brake",
        "caliper",
        "gasket",
        "wiper",
        "blade",
        "ignition",
        "coil",
        "pump",
        "hose",
        "radiator",
        "muffler",
        "clutch",
        "bearing",
        "pulley",
        "tensioner",
        "ox",
        "pad",
        "M10x1.5",
        "12V",
        "2003-2007",
        "left",
    ]);
    let description = prop::collection::vec(word, 1..6).prop_map(|words| words.join(" "));
    prop::collection::vec((description, 0..4_u8), 1..30).prop_map(|all| {
        let one = |(at, (description, brand)): (usize, (String, u8))| {
            let brand = ["AAA", "BBB", "CCC", "DDD"][usize::from(brand)];
            part(&format!("{brand}-{at:04}"), brand, &format!("{at:03}-X"), &description, "Thing")
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

/// `word` with one typing error: a letter left out, put in, replaced, or swapped with the next.
fn mistyped(word: &str, place: usize, how: u8, letter: char) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let place = place % letters.len();
    match how {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place, letter),
        2 => letters[place] = letter,
        _ => letters.swap(place, (place + 1) % word.len().max(1)),
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_part_is_found_by_each_of_its_words(parts in catalogue()) {
        let texts = index(&parts, SMALL);
        for part in &parts {
            for text in part.description.split(' ').chain([part.number.as_str(), part.sku.as_str(), part.brand.as_str()]) {
                let found = texts.ask(text);
                prop_assert!(skus(&found).contains(&part.sku.to_string()), "{text}: {found:?}");
            }
        }
    }

    #[test]
    fn every_part_is_found_by_each_of_its_words_of_four_letters_with_one_error(
        parts in catalogue(), place in 0_usize..12, how in 0_u8..4, letter in "[a-z]",
    ) {
        let texts = index(&parts, Sizes::default());
        for part in &parts {
            for word in part.description.split(' ').filter(|word| word.len() >= 4 && words::is_word(word)) {
                let letter = letter.chars().next().unwrap();
                // Swapping the last letter with the first is not one error.
                if how == 3 && place % word.len() + 1 == word.len() { continue; }
                let typed = mistyped(word, place, how, letter);
                // What is a word itself is read as that, and so is one that is only begun.
                let known = parts.iter().flat_map(|part| part.description.split(' ').chain(["thing", "aaaino", "bbbino", "cccino", "dddino"]));
                if typed.len() < 2 || known.into_iter().any(|known| known.starts_with(words::stem(&typed)) || known.starts_with(&typed)) { continue; }
                let found = texts.ask(&typed);
                prop_assert!(skus(&found).contains(&part.sku.to_string()), "{typed} for {word}: {found:?}");
            }
        }
    }

    #[test]
    fn answers_do_not_depend_on_the_size_of_segments(
        parts in catalogue(), first in 0_usize..22, terms in 1_usize..9, postings in 4_usize..40, inline in 0_usize..4,
    ) {
        // So many postings in a segment that no list takes more segments than are read.
        let postings = postings.max(parts.len() / 6);
        let other = index(&parts, Sizes { terms, postings, parts: terms, inline });
        let one = index(&parts, Sizes::default());
        for text in ["brake pad", "ga", "left alternatr", "2003", "aaa 000x", parts[first % parts.len()].description.as_str()] {
            let (mut one, other) = (one.ask(text), other.ask(text));
            prop_assert_ne!(&one.version, &other.version);
            one.version.clone_from(&other.version);
            prop_assert_eq!(one, other, "{}", text);
        }
    }

    #[test]
    fn the_same_parts_in_any_order_are_the_same_bytes(parts in catalogue(), seed in any::<u64>()) {
        let mut mixed = parts.clone();
        mixed.sort_by_key(|part| crate::id::fnv1a(format!("{seed}{}", part.sku).as_bytes()));
        let fitted = |parts: &[Part]| {
            let mut builder = Builder::default();
            for part in parts { builder.add(part).unwrap(); }
            for part in parts { builder.fits(&part.sku, 2020, "MAKE Model"); builder.other_number(&part.sku, &"OE 1".parse().unwrap()); }
            built(builder, SMALL)
        };
        prop_assert_eq!(fitted(&parts), fitted(&mixed));
    }

    #[test]
    fn pages_are_the_whole_list_in_pieces(parts in catalogue(), size in 1_usize..7) {
        let texts = index(&parts, SMALL);
        let whole = texts.ask("thing");
        prop_assert_eq!(whole.total, parts.len());
        let mut pieces = Vec::new();
        for from in (0..parts.len()).step_by(size) {
            pieces.extend(texts.ask_with("thing", &[], from, size).parts);
        }
        prop_assert_eq!(pieces, whole.parts);
    }

    #[test]
    fn whatever_is_asked_or_stored_is_no_panic(text in ".{0,80}", junk in ".{0,200}") {
        let parts = [part("A", "AAA", "1", &junk, "Thing")];
        let texts = index(&parts, SMALL);
        if let Ok(question) = Question::new(&text, &[Filter::Spec(junk.clone(), text.clone())]) {
            prop_assert!(find(&Reading::new(&texts), &question, 0, 10).is_ok());
        }
        let _ = Segment::parse("search/top", &junk);
        for kind in ["postings", "dictionary", "spellings", "parts"] {
            let _ = Segment::parse(&format!("search/{kind}/{}", build::name_of(&junk)), &junk);
        }
    }

    #[test]
    fn a_distance_is_the_same_both_ways(one in "[ab]{0,7}", other in "[ab]{0,7}", most in 0_usize..4) {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let apart = words::distance(&letters(&one), &letters(&other), most);
        prop_assert_eq!(apart, words::distance(&letters(&other), &letters(&one), most));
        prop_assert_eq!(apart == Some(0), one == other);
    }
}

#[test]
fn letters_swapped_left_out_put_in_and_replaced_are_one_error_each() {
    let apart = |one: &str, other: &str| {
        words::distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>(), 9)
    };
    for typed in ["barke", "brke", "braake", "brale"] {
        assert_eq!(apart("brake", typed), Some(1), "{typed}");
    }
    assert_eq!((apart("", "abc"), apart("abc", "cab")), (Some(3), Some(2)));
}

#[test]
fn of_a_long_list_only_what_is_near_the_rarer_word_is_read() {
    // A list of 100 segments, and a word that is in its last one only.
    let mut parts: Vec<Part> =
        (0..800).map(|n| part(&format!("P-{n:03}"), "AAA", &format!("{n:03}"), "Bolt", "Bolt")).collect();
    parts[790].description = "Bolt golden".into();
    let texts = index(&parts, SMALL);
    let found = texts.ask("bolt golden");
    assert_eq!((skus(&found), found.more), (vec!["P-790".to_owned()], false));
    // Nothing is rare: the answer is about the first parts, and says so.
    let found = texts.ask("bolt aaa");
    assert!(found.more && found.total >= 56 && found.parts[0].sku == "P-000", "{} {}", found.more, found.total);
}
