//! Requests that are sent line by line, as NDJSON or CSV: for what is too large for one JSON document. Each line is read by
//! itself, so that a bad one does not spoil the others.

use serde_json::{Map, Value};

use crate::input::Fault;

/// The most bytes of a line.
pub const MAX_LINE_BYTES: usize = 4_096;

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    Ndjson,
    /// RFC 4180, without line breaks inside of fields. The first line names the columns.
    Csv,
}

/// What lines are about.
#[derive(Debug, Clone, Copy)]
pub struct Table<const N: usize> {
    /// What a column may be called: the fields of a line.
    pub columns: [&'static str; N],
    /// Those that have whole numbers.
    pub numbers: &'static [&'static str],
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

    /// Reads lines, each with `read`; each is sound, or all that is wrong with it. Refused as a whole only where the columns
    /// of a table are not named.
    pub fn read<T, const N: usize>(
        self,
        text: &str,
        table: &Table<N>,
        read: impl Fn(&Value) -> Result<T, Vec<Fault>>,
    ) -> Result<Vec<Result<T, Vec<Fault>>>, Vec<Fault>> {
        let mut lines = text.lines();
        let columns = match self {
            Self::Ndjson => Vec::new(),
            Self::Csv => columns(lines.next().unwrap_or_default(), &table.columns)?,
        };
        let value = |line: &str| {
            if line.len() > MAX_LINE_BYTES {
                return Err(fault("out_of_range", format!("a line has at most {MAX_LINE_BYTES} bytes")));
            }
            match self {
                Self::Ndjson => serde_json::from_str(line).map_err(|error| fault("invalid_json", error.to_string())),
                Self::Csv => row(line, &columns, table.numbers),
            }
        };
        Ok(lines.map(|line| read(&value(line)?)).collect())
    }
}

fn fault(code: &'static str, detail: String) -> Vec<Fault> {
    vec![Fault { pointer: String::new(), code, detail }]
}

fn columns(line: &str, all: &[&'static str]) -> Result<Vec<&'static str>, Vec<Fault>> {
    let wrong = |name: &str| {
        let known = all.join(", ");
        fault("invalid", format!("the first line names the columns, each once, of: {known}; `{name}` is none of them"))
    };
    let mut columns: Vec<&'static str> = Vec::new();
    for name in fields(line)? {
        let name = name.trim();
        let column = all.iter().copied().find(|column| column.eq_ignore_ascii_case(name));
        columns.push(column.filter(|column| !columns.contains(column)).ok_or_else(|| wrong(name))?);
    }
    Ok(columns)
}

/// A row as the object that it stands for. An empty field is an absent one.
fn row(line: &str, columns: &[&'static str], numbers: &[&str]) -> Result<Value, Vec<Fault>> {
    let fields = fields(line)?;
    if fields.len() > columns.len() {
        return Err(fault("invalid", format!("{} fields under {} columns", fields.len(), columns.len())));
    }
    let mut object = Map::new();
    for (column, field) in columns.iter().zip(fields).filter(|(_, field)| !field.is_empty()) {
        let number = field.trim().parse::<i64>().ok().filter(|_| numbers.contains(column));
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
