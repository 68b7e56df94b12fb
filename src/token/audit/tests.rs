use super::*;
use crate::token::event::{Act, Kind};
use crate::token::evidence::{Doubt, Warning};
use crate::token::fixtures::{at, id};
use crate::token::reason::Reason;
use crate::token::record::Outcome;

fn genesis() -> Head {
    Head::genesis(&id("shop-1"))
}

/// A log of five entries.
fn log() -> Vec<TokenEvent> {
    let kinds =
        [Kind::TokenIssued, Kind::TokenRefused, Kind::TokenRedeemed, Kind::TokenIssued, Kind::TokenRevoked].into_iter();
    let mut head = genesis();
    let entries = kinds.zip(0..).map(|(kind, minute)| {
        let token = Some(id(&format!("t_{minute}")));
        let entry = head.chain(TokenEvent { kind, token, at: at(minute * 60_000), ..TokenEvent::default() });
        head = Head { seq: entry.seq, hash: entry.hash.clone() };
        entry
    });
    entries.collect()
}

/// An entry with all its members.
fn full() -> TokenEvent {
    let entry = TokenEvent {
        act: Some(Act::Redeem),
        at: at(0),
        by: Some(id("shop-1")),
        cause: Some("a \"cause\"\nof two lines, é".into()),
        fault: Some("bad_signature".into()),
        hash: String::new(),
        kind: Kind::TokenRefused,
        line: Some(0),
        outcome: Some(Outcome::Failed),
        presented: Some("ab".into()),
        prev: String::new(),
        quote: Some(id("q")),
        reason: Some(Reason::InvalidSignature),
        request: Some(id("r")),
        seq: 0,
        shop: Some(id("SH-1")),
        sku: Some(id("RADAR")),
        technician: Some(id("T-1")),
        token: Some(id("t_0")),
        tool: Some(id("D-1")),
        units: Some(1),
        vin: Some(id("1HGCM82633A004352")),
        warnings: vec![Warning { code: Doubt::Condition, message: "m".into() }],
    };
    genesis().chain(entry)
}

#[test]
fn a_log_that_nobody_touched_leads_to_its_head() {
    let log = log();
    let head = check(genesis(), &log).unwrap();
    assert_eq!((head.seq, &head.hash), (5, &log[4].hash));
    assert_eq!(check(genesis(), &[]), Ok(genesis()));
}

#[test]
fn a_log_can_be_checked_page_by_page() {
    let log = log();
    let middle = check(genesis(), &log[..2]).unwrap();
    assert_eq!(check(middle, &log[2..]), check(genesis(), &log));
    assert_eq!(check(genesis(), &log[2..]), Err(Break::Misplaced { expected: 1, found: 3 }));
}

#[test]
fn a_changed_entry_is_found() {
    let mut log = log();
    log[1].kind = Kind::TokenRedeemed;
    assert_eq!(check(genesis(), &log), Err(Break::Altered(2)));
}

#[test]
fn a_changed_entry_with_a_hash_of_its_own_breaks_the_chain_behind_it() {
    let mut log = log();
    log[1].kind = Kind::TokenRedeemed;
    log[1].hash = log[1].digest();
    assert_eq!(check(genesis(), &log), Err(Break::Unlinked(3)));
}

#[test]
fn a_dropped_entry_is_found_even_if_the_rest_moves_up() {
    let mut log = log();
    log.remove(1);
    assert_eq!(check(genesis(), &log), Err(Break::Misplaced { expected: 2, found: 3 }));
    for (entry, seq) in log.iter_mut().zip(1..) {
        entry.seq = seq;
        entry.hash = entry.digest();
    }
    assert_eq!(check(genesis(), &log), Err(Break::Unlinked(2)));
}

#[test]
fn an_entry_twice_or_in_anothers_place_is_found() {
    let mut twice = log();
    twice.insert(1, twice[0].clone());
    assert_eq!(check(genesis(), &twice), Err(Break::Misplaced { expected: 2, found: 1 }));
    let mut swapped = log();
    swapped.swap(1, 2);
    assert_eq!(check(genesis(), &swapped), Err(Break::Misplaced { expected: 2, found: 3 }));
}

#[test]
fn the_log_of_one_account_does_not_pass_for_anothers() {
    assert_eq!(check(Head::genesis(&id("shop-2")), &log()), Err(Break::Unlinked(1)));
}

#[test]
fn a_log_written_anew_or_cut_off_has_another_head_than_the_one_kept_elsewhere() {
    let log = log();
    let kept = check(genesis(), &log).unwrap();
    assert_ne!(check(genesis(), &log[..4]), Ok(kept.clone()));
    let mut head = genesis();
    let anew: Vec<TokenEvent> = log
        .iter()
        .map(|entry| {
            let entry = head.chain(TokenEvent { cause: Some("anew".into()), ..entry.clone() });
            head = Head { seq: entry.seq, hash: entry.hash.clone() };
            entry
        })
        .collect();
    assert_ne!(check(genesis(), &anew).unwrap(), kept);
}

#[test]
fn every_member_of_an_entry_is_in_its_hash() {
    let changes: [fn(&mut TokenEvent); 21] = [
        |e| e.act = None,
        |e| e.at = at(1),
        |e| e.by = None,
        |e| e.cause = None,
        |e| e.fault = None,
        |e| e.kind = Kind::TokenIssued,
        |e| e.line = None,
        |e| e.outcome = None,
        |e| e.presented = None,
        |e| e.prev = "0".into(),
        |e| e.quote = None,
        |e| e.reason = None,
        |e| e.request = None,
        |e| e.seq = 2,
        |e| e.shop = None,
        |e| e.sku = None,
        |e| e.technician = None,
        |e| e.token = None,
        |e| e.tool = None,
        |e| e.units = None,
        |e| e.vin = None,
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut entry = full();
        change(&mut entry);
        assert_ne!(entry.digest(), entry.hash, "change {number}");
    }
    let mut entry = full();
    entry.warnings.clear();
    assert_ne!(entry.digest(), entry.hash);
}

#[test]
fn an_entry_is_canonical_json_so_that_anybody_can_check_its_hash() {
    // RFC 8785: members by name, no white space. serde_json's own maps sort by name.
    let text = serde_json::to_string(&full()).unwrap();
    let mut sorted: std::collections::BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(sorted.len(), 23);
    assert_eq!(serde_json::to_string(&sorted).unwrap(), text);
    let hash = sorted.remove("hash").unwrap();
    assert_eq!(hash, sha256_hex(serde_json::to_string(&sorted).unwrap().as_bytes()));
}

#[test]
fn stored_entries_keep_their_format_and_their_hash() {
    // Desks have rows in this form, and hashes of them are elsewhere: a change breaks every log.
    let genesis = "00efb6d5391b9aec575a9d709f20c1988f5511fc7ab83dee30475cebfb46500a";
    let hash = "e3c4781678a4a21bda0d22db1692175dbcc5f2cd37473f7f3ec6aaaa5a8aa7be";
    let text = format!(
        r#"{{"at":"2026-11-21T12:00:00.000Z","hash":"{hash}","kind":"token_issued","prev":"{genesis}","seq":1,"token":"t_0"}}"#
    );
    let entry = &log()[0];
    assert_eq!(serde_json::to_string(entry).unwrap(), text);
    assert_eq!(serde_json::from_str::<TokenEvent>(&text).unwrap(), *entry);
    assert_eq!(self::genesis().hash, genesis);
}
