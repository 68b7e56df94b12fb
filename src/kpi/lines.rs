//! Boards as lines of text, as a region tells of many of them: JSON would take several times as long to read.
//!
//! `# <what> <number>` begins a board, and each line `<name> <sum>` after it is one of its sums, in the order of their
//! names.

use super::board::{Board, Name};

/// Names that have been met. The same names come again, day by day and region by region, and are kept once.
#[derive(Debug, Default)]
pub struct Names {
    /// In order.
    known: Vec<Name>,
    /// Where the next one is likely to be.
    next: usize,
}

impl Names {
    /// The name that `text` is.
    pub fn of(&mut self, text: &str) -> Name {
        let expected = self.known.get(self.next).filter(|name| name.as_str() == text);
        if let Some(name) = expected {
            self.next = self.next.saturating_add(1);
            return name.clone();
        }
        let place = self.known.partition_point(|name| name.as_str() < text);
        self.next = place.saturating_add(1);
        if let Some(name) = self.known.get(place).filter(|name| name.as_str() == text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.known.insert(place, name.clone());
        name
    }
}

/// A board, under what it is and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<'a> {
    /// What it is.
    pub what: &'a str,
    /// Its number among those.
    pub number: i64,
    /// The board.
    pub board: Board,
}

/// Reads boards. What is no line of one is left out.
pub fn read<'a>(text: &'a str, names: &mut Names) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'_>> = Vec::new();
    for line in text.lines() {
        let Some((name, number)) = line.rsplit_once(' ') else { continue };
        let Ok(number) = number.parse() else { continue };
        if let Some(what) = name.strip_prefix("# ") {
            all.push(Told { what, number, board: Board::default() });
        } else if let Some(Told { board, .. }) = all.last_mut() {
            board.add_named(names.of(name), number);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn boards_are_told_apart_by_what_they_are_and_their_number() {
        let text = "lost 1\n# board 20779\nquotes/held 3\nquotes/refused 1\n# board 20780\nquotes/held 4\nno sum\nbroken x\n# fleet -5\nfleet/ev -2\n";
        let told = read(text, &mut Names::default());
        let all: Vec<_> = told.iter().map(|told| (told.what, told.number, told.board.to_json().to_string())).collect();
        assert_eq!(
            all,
            [
                ("board", 20_779, r#"{"quotes/held":3,"quotes/refused":1}"#.to_owned()),
                ("board", 20_780, r#"{"quotes/held":4}"#.to_owned()),
                ("fleet", -5, r#"{"fleet/ev":-2}"#.to_owned()),
            ]
        );
        assert_eq!(read("", &mut Names::default()), []);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_whatever_other_boards_were_read_before(
            boards in proptest::collection::vec(proptest::collection::btree_map("[a-c]{1,2}/[0-9]", -9..9_i64, 0..9), 0..6),
        ) {
            let mut names = Names::default();
            for sums in boards {
                let mut text = "# board 1\n".to_owned();
                let mut expected = Board::default();
                for (name, sum) in sums {
                    writeln!(text, "{name} {sum}").unwrap();
                    expected.add_named(Name::from(name.as_str()), sum);
                }
                prop_assert_eq!(&read(&text, &mut names)[0].board, &expected);
            }
        }
    }
}
