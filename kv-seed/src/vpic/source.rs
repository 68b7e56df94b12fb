//! The vPIC database in memory: makers, the schemas they use, and each schema's rules.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use holdfast::catalog::vin::Element;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

/// What was read.
pub(super) struct Source {
    /// Sorted by identifier.
    pub makers: Vec<Maker>,
    /// The rules of each schema that has any, least recently changed first.
    pub rules: HashMap<i64, Vec<SourceRule>>,
    facts: Vec<(Element, String)>,
}

/// A maker's identifier and what it is used for.
pub(super) struct Maker {
    pub wmi: String,
    pub manufacturer: String,
    pub makes: Vec<String>,
    pub vehicle_type: Option<i64>,
    pub truck_type: Option<i64>,
    /// Least recently changed first.
    pub schemas: Vec<SchemaUse>,
}

/// A schema in the model years for which a maker uses it.
pub(super) struct SchemaUse {
    pub schema: i64,
    pub from: u16,
    pub to: Option<u16>,
}

/// A pattern and the facts it stands for, by number.
pub(super) struct SourceRule {
    pub pattern: String,
    pub facts: Vec<u32>,
    changed: String,
}

impl SchemaUse {
    pub fn covers(&self, year: u16) -> bool {
        self.from <= year && self.to.is_none_or(|to| year <= to)
    }
}

impl Source {
    /// Reads the database at a path, which is not changed.
    pub fn read(database: &Path) -> Result<Self, rusqlite::Error> {
        let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut facts = Facts::read(&db)?;
        let rules = read_rules(&db, &mut facts)?;
        let makers = read_makers(&db, &rules)?;
        Ok(Self { makers, rules, facts: facts.known })
    }

    /// A fact by its number.
    pub fn fact(&self, number: u32) -> Option<(Element, String)> {
        self.facts.get(usize::try_from(number).ok()?).cloned()
    }
}

/// Every fact once, and the tables that give ids their names.
struct Facts {
    known: Vec<(Element, String)>,
    numbers: HashMap<(Element, String), u32>,
    /// Names of the ids of an element, for the elements whose values are ids.
    names: HashMap<Element, HashMap<String, String>>,
    /// The make of each model, by model id.
    makes: HashMap<String, String>,
}

impl Facts {
    fn read(db: &Connection) -> Result<Self, rusqlite::Error> {
        let mut names = HashMap::new();
        for element in Element::ALL {
            if let Some(table) = lookup_table(db, element)? {
                names.insert(element, id_names(db, &format!("SELECT CAST(Id AS TEXT), Name FROM \"{table}\""))?);
            }
        }
        let of_models = "SELECT CAST(x.ModelId AS TEXT), m.Name FROM Make_Model x JOIN Make m ON m.Id = x.MakeId \
                         ORDER BY x.Id";
        Ok(Self { known: Vec::new(), numbers: HashMap::new(), names, makes: id_names(db, of_models)? })
    }

    /// The numbers of what a row of `Pattern` says: one fact, or a model and its make.
    fn of(&mut self, element: Element, value: &str) -> Vec<u32> {
        let text = match self.names.get(&element) {
            Some(names) => names.get(value).cloned(),
            None => Some(value.to_owned()),
        };
        let make = (element == Element::Model).then(|| self.makes.get(value).cloned()).flatten();
        let said = [make.map(|make| (Element::Make, make)), text.map(|text| (element, text))];
        said.into_iter().flatten().filter_map(|(element, text)| self.number(element, text.trim())).collect()
    }

    fn number(&mut self, element: Element, text: &str) -> Option<u32> {
        if text.is_empty() {
            return None;
        }
        let fact = (element, text.to_owned());
        if let Some(&number) = self.numbers.get(&fact) {
            return Some(number);
        }
        let number = u32::try_from(self.known.len()).ok()?;
        self.known.push(fact.clone());
        self.numbers.insert(fact, number);
        Some(number)
    }
}

/// The table that names the values of an element, if its values are ids and the database has the table.
fn lookup_table(db: &Connection, element: Element) -> Result<Option<String>, rusqlite::Error> {
    db.query_row(
        "SELECT t.name FROM Element e JOIN sqlite_master t ON t.type = 'table' AND t.name = e.LookupTable WHERE e.Id = ?1",
        [element.id()],
        |row| row.get(0),
    )
    .optional()
}

fn id_names(db: &Connection, query: &str) -> Result<HashMap<String, String>, rusqlite::Error> {
    db.prepare(query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The rules of every schema. Rows of one pattern become one rule, dated by the last of them.
fn read_rules(db: &Connection, facts: &mut Facts) -> Result<HashMap<i64, Vec<SourceRule>>, rusqlite::Error> {
    let mut by_pattern: BTreeMap<(i64, String), SourceRule> = BTreeMap::new();
    let mut rows = db.prepare(
        "SELECT VinSchemaId, upper(trim(Keys)), ElementId, AttributeId, coalesce(UpdatedOn, CreatedOn, '') \
         FROM Pattern ORDER BY Id",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(element) = Element::try_from(row.get::<_, u16>(2)?) else { continue };
        let numbers = facts.of(element, row.get_ref(3)?.as_str()?);
        let pattern: String = row.get(1)?;
        let changed: String = row.get(4)?;
        let rule = by_pattern.entry((row.get(0)?, pattern.clone())).or_insert_with(|| SourceRule {
            pattern,
            facts: Vec::new(),
            changed: String::new(),
        });
        rule.facts.extend(numbers);
        rule.changed = changed.max(std::mem::take(&mut rule.changed));
    }
    let mut rules: HashMap<i64, Vec<SourceRule>> = HashMap::new();
    for ((schema, _), rule) in by_pattern {
        if !rule.facts.is_empty() {
            rules.entry(schema).or_default().push(rule);
        }
    }
    for rules in rules.values_mut() {
        rules.sort_by(|a, b| a.changed.cmp(&b.changed));
    }
    Ok(rules)
}

fn read_makers(db: &Connection, rules: &HashMap<i64, Vec<SourceRule>>) -> Result<Vec<Maker>, rusqlite::Error> {
    let mut makes: HashMap<i64, Vec<String>> = HashMap::new();
    let mut rows =
        db.prepare("SELECT DISTINCT x.WmiId, m.Name FROM Wmi_Make x JOIN Make m ON m.Id = x.MakeId ORDER BY m.Name")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        makes.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    let mut schemas = read_schema_uses(db, rules)?;
    let mut select = db.prepare(
        "SELECT w.Id, upper(trim(w.Wmi)), coalesce(m.Name, ''), w.VehicleTypeId, w.TruckTypeId \
         FROM Wmi w LEFT JOIN Manufacturer m ON m.Id = w.ManufacturerId ORDER BY 2",
    )?;
    let all = select.query_map([], |row| {
        let id: i64 = row.get(0)?;
        Ok(Maker {
            wmi: row.get(1)?,
            manufacturer: row.get(2)?,
            makes: makes.remove(&id).unwrap_or_default(),
            vehicle_type: row.get(3)?,
            truck_type: row.get(4)?,
            schemas: schemas.remove(&id).unwrap_or_default(),
        })
    })?;
    all.collect()
}

/// The schemas each maker uses, by the maker's row id, least recently changed first; schemas without rules are left out.
fn read_schema_uses(
    db: &Connection,
    rules: &HashMap<i64, Vec<SourceRule>>,
) -> Result<HashMap<i64, Vec<SchemaUse>>, rusqlite::Error> {
    let mut by_maker: HashMap<i64, Vec<SchemaUse>> = HashMap::new();
    let mut rows =
        db.prepare("SELECT DISTINCT WmiId, VinSchemaId, YearFrom, YearTo FROM Wmi_VinSchema ORDER BY 1, 2, 3, 4")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let schema = SchemaUse { schema: row.get(1)?, from: row.get(2)?, to: row.get(3)? };
        if rules.contains_key(&schema.schema) {
            by_maker.entry(row.get(0)?).or_default().push(schema);
        }
    }
    let changed = |used: &SchemaUse| rules.get(&used.schema).and_then(|rules| rules.last()).map(|rule| &rule.changed);
    for schemas in by_maker.values_mut() {
        schemas.sort_by(|a, b| changed(a).cmp(&changed(b)));
    }
    Ok(by_maker)
}
