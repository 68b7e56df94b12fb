//! A query that is sent line by line, as NDJSON or CSV: for orders too large for one JSON document. Each line is read by
//! itself, so that a bad one does not spoil the others.

use serde_json::{Map, Value};

use super::request::LineRequest;
use crate::input::{Fault, Faults};

/// The most lines of one query.
pub const MAX_LINES: u64 = 10_000;
/// The most bytes of a line.
pub const MAX_LINE_BYTES: usize = 4_096;
/// How long each part of the answer waits for stock shards unless the query says otherwise, in milliseconds.
pub const DEFAULT_BUDGET_MS: u32 = 1_000;

/// What a column may be called.
const COLUMNS: [&str; 7] = ["sku", "brand", "number", "vin", "part_type", "position", "quantity"];

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line, as in the `lines` of a query.
    Ndjson,
    /// RFC 4180, without line breaks inside of fields. The first line names the columns.
    Csv,
}

impl Form {
    /// The form that a `Content-Type` names, if it is one of these.
    pub fn of(content_type: &str) -> Option<Self> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/x-ndjson") {
            Some(Self::Ndjson)
        } else if media_type.eq_ignore_ascii_case("text/csv") {
            Some(Self::Csv)
        } else {
            None
        }
    }

    /// Reads lines; each is sound, or all that is wrong with it. Refused as a whole only where the columns of a table are
    /// not named.
    pub fn read(self, text: &str) -> Result<Vec<Result<LineRequest, Vec<Fault>>>, Vec<Fault>> {
        let mut lines = text.lines();
        let columns = match self {
            Self::Ndjson => Vec::new(),
            Self::Csv => columns(lines.next().unwrap_or_default())?,
        };
        let read = |line: &str| {
            if line.len() > MAX_LINE_BYTES {
                return Err(fault("out_of_range", format!("a line has at most {MAX_LINE_BYTES} bytes")));
            }
            let value = match self {
                Self::Ndjson => serde_json::from_str(line).map_err(|error| fault("invalid_json", error.to_string()))?,
                Self::Csv => row(line, &columns)?,
            };
            let mut faults = Faults::default();
            let read = LineRequest::read(&value, String::new(), &mut faults);
            faults.or(read)
        };
        Ok(lines.map(read).collect())
    }
}

fn fault(code: &'static str, detail: String) -> Vec<Fault> {
    vec![Fault { pointer: String::new(), code, detail }]
}

fn columns(line: &str) -> Result<Vec<&'static str>, Vec<Fault>> {
    let wrong = |name: &str| {
        let known = COLUMNS.join(", ");
        fault("invalid", format!("the first line names the columns, each once, of: {known}; `{name}` is none of them"))
    };
    let mut columns: Vec<&'static str> = Vec::new();
    for name in fields(line)? {
        let name = name.trim();
        let column = COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name));
        columns.push(column.filter(|column| !columns.contains(column)).ok_or_else(|| wrong(name))?);
    }
    Ok(columns)
}

/// A row as the object that it stands for. An empty field is an absent one.
fn row(line: &str, columns: &[&'static str]) -> Result<Value, Vec<Fault>> {
    let fields = fields(line)?;
    if fields.len() > columns.len() {
        return Err(fault("invalid", format!("{} fields under {} columns", fields.len(), columns.len())));
    }
    let mut object = Map::new();
    for (column, field) in columns.iter().zip(fields).filter(|(_, field)| !field.is_empty()) {
        let number = field.trim().parse::<i64>().ok().filter(|_| *column == "quantity");
        object.insert((*column).to_owned(), number.map_or(Value::String(field), Value::from));
    }
    Ok(Value::Object(object))
}

/// The fields of a line: between commas, perhaps in double quotes, in which `""` stands for one.
fn fields(line: &str) -> Result<Vec<String>, Vec<Fault>> {
    let mut fields = vec![String::new()];
    let (mut letters, mut quoted) = (line.chars().peekable(), false);
    while let Some(letter) = letters.next() {
        let Some(field) = fields.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(String::new()),
            letter => field.push(letter),
        }
    }
    if quoted { Err(fault("invalid", "a double quote is not closed on its line".into())) } else { Ok(fields) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Wanted;

    type Read = Result<(String, u32), (String, &'static str)>;

    fn read(form: Form, text: &str) -> Vec<Read> {
        let told = |line: Result<LineRequest, Vec<Fault>>| match line {
            Ok(line) => Ok((format!("{:?}", line.wanted), line.quantity.get())),
            Err(faults) => Err(faults.into_iter().map(|fault| (fault.pointer, fault.code)).next().unwrap()),
        };
        form.read(text).unwrap().into_iter().map(told).collect()
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
        let read = read(Form::Ndjson, text);
        assert_eq!(read[0].as_ref().unwrap().1, 1);
        let faults: Vec<_> = read[1..].iter().map(|line| line.as_ref().unwrap_err().clone()).collect();
        let expected = [("/quantity", "invalid"), ("", "invalid_json"), ("", "invalid"), ("/x", "unknown_field")];
        assert_eq!(faults, expected.map(|(at, code)| (at.to_owned(), code)));
        let long = format!("{{\"sku\":\"{}\"}}", "A".repeat(MAX_LINE_BYTES));
        assert_eq!(Form::Ndjson.read(&long).unwrap()[0].as_ref().unwrap_err()[0].code, "out_of_range");
    }

    #[test]
    fn a_table_is_read_by_its_columns() {
        let text = "Quantity,sku,brand,number\n2,A,,\n,,\"Bra\"\"kina, Inc.\",\"10-01\"\n x,A\n1,A,,,5\n1,\"A\n";
        let Ok(lines) = Form::Csv.read(text) else { panic!() };
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
            assert_eq!(Form::Csv.read(text).unwrap_err()[0].code, "invalid", "{text:?}");
        }
    }
}
