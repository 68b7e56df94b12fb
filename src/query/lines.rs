//! A query that is sent line by line, as NDJSON or CSV.

use super::request::LineRequest;
use crate::input::{Fault, Faults};
use crate::lines::{Form, Table};

/// The most lines of one query.
pub const MAX_LINES: u64 = 10_000;
/// How long each part of the answer waits for stock shards unless the query says otherwise, in milliseconds.
pub const DEFAULT_BUDGET_MS: u32 = 1_000;

const TABLE: Table<7> =
    Table { columns: ["sku", "brand", "number", "vin", "part_type", "position", "quantity"], numbers: &["quantity"] };

/// Reads lines, each as an entry of the `lines` of a query.
pub fn read(form: Form, text: &str) -> Result<Vec<Result<LineRequest, Vec<Fault>>>, Vec<Fault>> {
    form.read(text, &TABLE, |line| {
        let mut faults = Faults::default();
        let read = LineRequest::read(line, String::new(), &mut faults);
        faults.or(read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::MAX_LINE_BYTES;
    use crate::query::Wanted;

    type Read = Result<(String, u32), (String, &'static str)>;

    fn told(form: Form, text: &str) -> Vec<Read> {
        let told = |line: Result<LineRequest, Vec<Fault>>| match line {
            Ok(line) => Ok((format!("{:?}", line.wanted), line.quantity.get())),
            Err(faults) => Err(faults.into_iter().map(|fault| (fault.pointer, fault.code)).next().unwrap()),
        };
        read(form, text).unwrap().into_iter().map(told).collect()
    }

    #[test]
    fn the_form_follows_from_the_media_type() {
        assert_eq!(Form::of("application/x-ndjson"), Some(Form::Ndjson));
        assert_eq!(Form::of("Text/CSV; charset=utf-8"), Some(Form::Csv));
        for other in ["", "application/json", "text/csvx", "text/plain"] {
            assert_eq!(Form::of(other), None);
        }
    }

    #[test]
    fn a_bad_line_is_told_in_its_place() {
        let text = "{\"sku\":\"A\"}\n{\"sku\":\"A\",\"quantity\":0}\nnonsense\n{}\n{\"sku\":\"A\",\"x\":1}\n";
        let read_lines = told(Form::Ndjson, text);
        assert_eq!(read_lines[0].as_ref().unwrap().1, 1);
        let faults: Vec<_> = read_lines[1..].iter().map(|line| line.as_ref().unwrap_err().clone()).collect();
        let expected = [("/quantity", "invalid"), ("", "invalid_json"), ("", "invalid"), ("/x", "unknown_field")];
        assert_eq!(faults, expected.map(|(at, code)| (at.to_owned(), code)));
        let long = format!("{{\"sku\":\"{}\"}}", "A".repeat(MAX_LINE_BYTES));
        assert_eq!(read(Form::Ndjson, &long).unwrap()[0].as_ref().unwrap_err()[0].code, "out_of_range");
    }

    #[test]
    fn a_table_is_read_by_its_columns() {
        let text = "Quantity,sku,brand,number\n2,A,,\n,,\"Bra\"\"kina, Inc.\",\"10-01\"\n x,A\n1,A,,,5\n1,\"A\n";
        let Ok(lines) = read(Form::Csv, text) else { panic!() };
        let wanted: Vec<_> = lines.iter().take(2).map(|line| line.as_ref().unwrap()).collect();
        assert!(matches!(&wanted[0].wanted, Wanted::Sku(sku) if sku.as_str() == "A") && wanted[0].quantity.get() == 2);
        let Wanted::Number { brand, number } = &wanted[1].wanted else { panic!() };
        assert_eq!((brand.as_deref(), number.as_str()), (Some("Bra\"kina, Inc."), "10-01"));
        let faults: Vec<_> = lines[2..].iter().map(|line| line.as_ref().unwrap_err()[0].pointer.as_str()).collect();
        assert_eq!(faults, ["/quantity", "", ""]);
    }

    #[test]
    fn columns_have_names_that_are_known_and_stand_once() {
        for text in ["", "A\n", "sku,sku\nA,A", "sku,price\nA,1", "sku,\"quantity"] {
            assert_eq!(read(Form::Csv, text).unwrap_err()[0].code, "invalid", "{text:?}");
        }
    }
}
