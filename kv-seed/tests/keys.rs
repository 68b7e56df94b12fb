//! `kv-seed keys` as an operator runs it: what a ring's file holds, who can read it, and what is refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // as in unit tests

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use holdfast::time::{HOUR, MINUTE, Timestamp};
use holdfast::token::Ring;
use serde_json::Value;
use tempfile::TempDir;

fn keys(parameters: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kv-seed")).arg("keys").args(parameters).output().unwrap()
}

/// What a command that succeeds prints.
fn printed(parameters: &[&str]) -> String {
    let output = keys(parameters);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails says.
fn refused(parameters: &[&str]) -> String {
    let output = keys(parameters);
    assert!(!output.status.success() && output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

fn kid(ring: &Ring, at: Timestamp) -> String {
    ring.signer(at).unwrap().public().kid().to_owned()
}

fn secrets(text: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(text).unwrap();
    set["keys"].as_array().unwrap().iter().filter_map(|key| Some(key["d"].as_str()?.to_owned())).collect()
}

/// A folder with a ring in it.
struct Kept {
    folder: TempDir,
    file: PathBuf,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ring.json");
        let said = printed(&["new", "--out", file.to_str().unwrap()]);
        assert!(!said.contains(&secrets(&fs::read_to_string(&file).unwrap())[0]));
        Self { folder, file }
    }

    fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    fn ring(&self) -> Ring {
        Ring::parse(&self.text()).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_ring_is_printed_and_another_one_each_time() {
    let (one, two) = (printed(&["new"]), printed(&["new"]));
    assert_ne!(secrets(&one), secrets(&two));
    for text in [one, two] {
        assert!(Ring::parse(&text).unwrap().signer(now()).is_some());
        assert_eq!(secrets(&text).len(), 1);
    }
}

#[test]
fn a_ring_in_a_file_is_its_owners_alone_and_is_never_written_over() {
    let kept = Kept::new();
    assert_eq!(mode(&kept.file), 0o600);
    let before = kept.text();
    let said = refused(&["new", "--out", kept.path()]);
    assert!(said.contains("is there already") && said.contains(kept.path()), "{said}");
    assert_eq!((kept.text(), kept.files().len()), (before, 1));
    assert!(
        refused(&["new", "--out", "/no/such/folder/ring.json"]).contains("/no/such/folder/ring.json: No such file")
    );
}

#[test]
fn a_new_key_signs_in_an_hour_unless_told_otherwise_and_until_then_the_old_one_does() {
    let kept = Kept::new();
    let old = kid(&kept.ring(), now());
    fs::set_permissions(&kept.file, Permissions::from_mode(0o644)).unwrap();
    let said = printed(&["rotate", kept.path()]);
    let ring = kept.ring();
    let new = kid(&ring, now().plus(HOUR));
    assert!(old != new && said.contains(&new), "{said}");
    assert_eq!([kid(&ring, now()), kid(&ring, now().plus(HOUR - MINUTE))], [old.clone(), old]);
    assert_eq!((mode(&kept.file), kept.files().len()), (0o600, 1));

    let said = printed(&["rotate", kept.path(), "--signs-from", "2100-01-01T00:00:00.750Z"]);
    assert!(said.contains("from 2100-01-01T00:00:00.000Z on"), "{said}");
    let last: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(kid(&kept.ring(), last.plus(-1)), new);
    assert_ne!(kid(&kept.ring(), last), new);
    assert_eq!(secrets(&kept.text()).len(), 3, "each of them has yet to sign");
}

#[test]
fn a_rotation_that_cannot_be_leaves_the_file_as_it_was() {
    let kept = Kept::new();
    printed(&["rotate", kept.path(), "--signs-from", "2100-01-01"]);
    let before = kept.text();
    for (time, reason) in [
        ("2020-01-01", "has to be published before it signs"),
        ("2099-12-31", "has a key already that signs from 2100-01-01T00:00:00.000Z on"),
        ("2100-01-01", "has a key already"),
        ("tomorrow", "a time is 2026-11-22 or 2026-11-22T15:00:00Z"),
    ] {
        let said = refused(&["rotate", kept.path(), "--signs-from", time]);
        assert!(said.contains(reason), "{said}");
        assert_eq!((kept.text(), kept.files().len()), (before.clone(), 1), "{time}");
    }
}

#[test]
fn a_file_that_is_no_ring_is_refused_with_what_is_wrong_and_no_secret() {
    let kept = Kept::new();
    let secret = secrets(&kept.text())[0].clone();
    let broken = kept.text().replace("Ed25519", "X25519");
    fs::write(&kept.file, &broken).unwrap();
    for parameters in [["rotate", kept.path()], ["public", kept.path()]] {
        let said = refused(&parameters);
        assert!(said.contains("is no key ring: /keys/0/crv: expected `Ed25519`"), "{said}");
        assert!(!said.contains(&secret));
    }
    assert_eq!(kept.text(), broken);
    let nowhere = kept.folder.path().join("nowhere");
    assert!(refused(&["rotate", nowhere.to_str().unwrap()]).contains("nowhere: No such file"));
    assert!(!nowhere.exists());
}

#[test]
fn the_public_keys_are_all_that_may_meet_a_token_and_have_no_secret() {
    let kept = Kept::new();
    printed(&["rotate", kept.path()]);
    let set: Value = serde_json::from_str(&printed(&["public", kept.path()])).unwrap();
    let names: Vec<&str> = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(names, [kid(&kept.ring(), now()), kid(&kept.ring(), now().plus(HOUR))]);
    assert!(set["keys"].as_array().unwrap().iter().all(|key| key.get("d").is_none()));
}

#[test]
fn where_the_file_is_a_link_the_ring_that_it_names_is_rotated() {
    let kept = Kept::new();
    let link = kept.folder.path().join("link");
    symlink("ring.json", &link).unwrap();
    printed(&["rotate", link.to_str().unwrap()]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(kid(&kept.ring(), now().plus(HOUR)), kid(&kept.ring(), now()));
    assert!(refused(&["new", "--out", link.to_str().unwrap()]).contains("is there already"));
}
