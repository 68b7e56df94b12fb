//! The tables of the desks that share an object, and the domain's [`DeskStore`] and [`ClerkStore`] on what is one account's.
//!
//! | table | row |
//! | --- | --- |
//! | `quotes` | a [`Quote`] as JSON, with what it is looked up by; `place` counts all accounts' |
//! | `answers` | the answer that was given for an idempotency key: that a quote is held until then, or another as JSON |
//! | `outbox` | a [`QuoteEvent`] as JSON that has not been delivered, or nothing if it has; its place is its `seq` |
//! | `migrations` | the numbers of the migrations that have run |

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use holdfast::id::{AccountId, OpaqueId};
use holdfast::order::SortedMap;
use holdfast::quote::call::{Answer, Idempotency};
use holdfast::quote::desk::DeskStore;
use holdfast::quote::{ClerkStore, Quote, QuoteEvent, QuoteState};
use holdfast::time::Timestamp;
use worker::{Result, SqlStorage, SqlStorageValue as Value};

use crate::objects::outbox::Outbox;
use crate::objects::sql::{self, Sql};

/// Statements of each migration, run once and in order. Never edit one that has been released: add another.
const MIGRATIONS: [&[&str]; 4] = [
    &[
        "CREATE TABLE quotes (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, expires_at INTEGER NOT NULL, wake_at INTEGER, forget_at INTEGER, quote TEXT NOT NULL)",
        "CREATE INDEX quotes_wake ON quotes (wake_at) WHERE wake_at IS NOT NULL",
        "CREATE INDEX quotes_forgotten ON quotes (forget_at) WHERE forget_at IS NOT NULL",
        "CREATE TABLE answers (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, quote TEXT, held_until INTEGER, answer TEXT) WITHOUT ROWID",
        "CREATE INDEX answers_at ON answers (at)",
        "CREATE TABLE outbox (seq INTEGER PRIMARY KEY, event TEXT NOT NULL)",
    ],
    &["CREATE INDEX quotes_reference ON quotes (quote->>'reference', place) WHERE quote->>'reference' IS NOT NULL"],
    // Accounts share an object.
    &[
        "ALTER TABLE quotes ADD COLUMN account TEXT NOT NULL DEFAULT ''",
        "UPDATE quotes SET account = quote->>'account'",
        "CREATE INDEX quotes_account ON quotes (account, place)",
        "CREATE INDEX quotes_open ON quotes (account) WHERE wake_at IS NOT NULL",
    ],
    // An index on JSON reads all of it at each write.
    &[
        "DROP INDEX quotes_reference",
        "ALTER TABLE quotes ADD COLUMN reference TEXT",
        "UPDATE quotes SET reference = quote->>'reference' WHERE quote->>'reference' IS NOT NULL",
        "CREATE INDEX quotes_reference ON quotes (reference, place) WHERE reference IS NOT NULL",
    ],
];

/// Later than any time.
const NEVER: i64 = i64::MAX;
/// Quotes and answers forgotten by one alarm, of each.
const FORGOTTEN_AT_ONCE: u32 = 1_000;
/// Quotes that are kept in memory.
const MAX_KEPT: usize = 128;
/// Accounts whose open quotes are kept in memory.
const MAX_COUNTED: usize = 1_000;

/// The tables of one object.
pub struct Tables {
    sql: Sql,
    /// No quote wants to be looked at before this, in milliseconds since 1970; nothing where that is not known.
    next: Cell<Option<i64>>,
    /// There are events that nobody has begun to deliver.
    telling: Cell<bool>,
    memory: Memory,
}

/// What was read or written before: the object is the only writer.
#[derive(Default)]
struct Memory {
    /// Quotes that calls are about, and ids that no quote has.
    quotes: RefCell<SortedMap<OpaqueId, Option<Rc<Quote>>>>,
    /// The quotes that an account has held, and when they expire, for the accounts of which it is known.
    held: RefCell<SortedMap<AccountId, Vec<(OpaqueId, Timestamp)>>>,
}

impl Memory {
    fn keep(&self, id: OpaqueId, quote: Option<Quote>) {
        let mut quotes = self.quotes.borrow_mut();
        if quotes.len() >= MAX_KEPT {
            *quotes = SortedMap::default();
        }
        quotes.insert(id, quote.map(Rc::new));
    }

    fn wrote(&self, quote: &Quote) {
        if let Some(held) = self.held.borrow_mut().get_mut(&quote.account) {
            held.retain(|(id, _)| *id != quote.id);
            if quote.state == QuoteState::Held {
                held.push((quote.id.clone(), quote.expires_at));
            }
        }
        self.keep(quote.id.clone(), Some(quote.clone()));
    }

    fn forget(&self) {
        self.quotes.take();
        self.held.take();
    }
}

/// What the tables have of one account.
pub struct SqlStore {
    tables: Rc<Tables>,
    account: AccountId,
}

impl SqlStore {
    /// What `tables` have of `account`.
    pub fn of(account: AccountId, tables: &Rc<Tables>) -> Self {
        Self { tables: tables.clone(), account }
    }

    /// The quotes that are held, and when they expire.
    fn held(&self) -> Result<Vec<(OpaqueId, Timestamp)>> {
        // A held quote is to be looked at when it expires, so it is among those that the index has.
        let statement =
            "SELECT id, expires_at FROM quotes WHERE account = ? AND wake_at IS NOT NULL AND state = 'held'";
        let rows = self.tables.sql.rows(statement, vec![sql::text(&self.account)])?;
        let held = |row: &Vec<Value>| {
            let id = sql::string(row, 0)?.parse().map_err(|_| sql::unreadable("a quote's id"))?;
            let expires_at = i64::try_from(sql::integer(row, 1)?).unwrap_or(NEVER);
            Ok((id, Timestamp::from_millis(expires_at)))
        };
        rows.iter().map(held).collect()
    }
}

impl Tables {
    /// Opens the tables, after the migrations that have not run yet.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        let store = Self {
            sql: Sql::open(sql, &MIGRATIONS)?,
            next: Cell::default(),
            telling: Cell::default(),
            memory: Memory::default(),
        };
        store.telling.set(!store.oldest(1)?.is_empty());
        Ok(store)
    }

    /// Whether there are events that nobody has begun to deliver.
    pub fn is_telling(&self) -> bool {
        self.telling.get()
    }

    /// Somebody has begun to deliver the events that there are.
    pub fn told(&self) {
        self.telling.set(false);
    }

    /// Forgets quotes whose time has come at `now` and answers that were given before `then`, a slice of them.
    pub fn forget_old(&self, now: Timestamp, then: Timestamp) -> Result<()> {
        let statement =
            "DELETE FROM quotes WHERE id IN (SELECT id FROM quotes WHERE forget_at <= ? LIMIT ?) RETURNING 1";
        let forgotten = self.sql.rows(statement, vec![now.millis().into(), sql::number(FORGOTTEN_AT_ONCE.into())?])?;
        if !forgotten.is_empty() {
            self.memory.forget();
        }
        let statement = "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE at < ? ORDER BY at LIMIT ?)";
        self.sql.run(statement, vec![then.millis().into(), sql::number(FORGOTTEN_AT_ONCE.into())?])
    }

    /// When the next quote or answer may be forgotten, if answers are remembered for so many milliseconds.
    pub fn next_forgotten(&self, remembered: i64) -> Result<Option<Timestamp>> {
        let quote = self.sql.rows("SELECT min(forget_at) FROM quotes WHERE forget_at IS NOT NULL", vec![])?;
        let answer = self.sql.rows("SELECT min(at) FROM answers", vec![])?;
        Ok(sql::time(&quote).into_iter().chain(sql::time(&answer).map(|at| at.plus(remembered))).min())
    }

    /// The time at which the next quote wants to be looked at, or earlier where that one has come to rest since.
    pub fn next_deadline(&self) -> Result<Option<Timestamp>> {
        if self.next.get().is_none() {
            let rows = self.sql.rows("SELECT min(wake_at) FROM quotes WHERE wake_at IS NOT NULL", vec![])?;
            self.next.set(Some(sql::time(&rows).map_or(NEVER, Timestamp::millis)));
        }
        Ok(self.next.get().filter(|next| *next != NEVER).map(Timestamp::from_millis))
    }

    /// The accounts of the quotes whose time to be looked at has come; of the first so many of these quotes.
    pub fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<AccountId>> {
        let statement = "SELECT DISTINCT account FROM \
             (SELECT account FROM quotes WHERE wake_at <= ? ORDER BY wake_at LIMIT ?)";
        let rows = self.sql.rows(statement, vec![now.millis().into(), sql::number(limit.into())?])?;
        rows.iter().map(|row| sql::string(row, 0)?.parse().map_err(|_| sql::unreadable("an account"))).collect()
    }

    /// The next quote has been looked at.
    pub fn forget_deadline(&self) {
        self.next.take();
    }
}

impl DeskStore for SqlStore {
    type Error = worker::Error;

    fn quote(&self, id: &OpaqueId) -> Result<Option<Quote>> {
        let own = |quote: &Quote| quote.account == self.account;
        if let Some(known) = self.tables.memory.quotes.borrow().get(id) {
            return Ok(known.as_deref().filter(|quote| own(quote)).cloned());
        }
        let rows = self.tables.sql.rows("SELECT quote FROM quotes WHERE id = ?", vec![sql::text(id)])?;
        let quote: Option<Quote> = rows.first().map(|row| sql::json(row, 0)).transpose()?;
        self.tables.memory.keep(id.clone(), quote.clone());
        Ok(quote.filter(own))
    }

    fn put_quote(&self, quote: &Quote, wake_at: Option<Timestamp>) -> Result<()> {
        let row = vec![
            sql::text(&quote.id),
            sql::text(&name(quote.state)),
            quote.expires_at.millis().into(),
            millis(wake_at),
            millis(wake_at.is_none().then(|| quote.forget_at())),
            sql::to_json(quote)?,
            sql::text(&quote.account),
            quote.reference.as_ref().map_or(Value::Null, sql::text),
        ];
        let statement = "INSERT INTO quotes (id, state, expires_at, wake_at, forget_at, quote, account, reference) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at, \
             wake_at = excluded.wake_at, forget_at = excluded.forget_at, quote = excluded.quote";
        let tables = &self.tables;
        tables.sql.run(statement, row).inspect_err(|_| tables.memory.forget())?;
        tables.memory.wrote(quote);
        tables.next.set(tables.next.get().map(|next| wake_at.map_or(next, |at| next.min(at.millis()))));
        Ok(())
    }

    /// The alarm forgets for all accounts at once, with [`Tables::forget_old`].
    fn forget(&self, _: Timestamp, _: u32) -> Result<()> {
        Ok(())
    }

    fn open_quotes(&self, now: Timestamp) -> Result<u32> {
        let mut counted = self.tables.memory.held.borrow_mut();
        if counted.get(&self.account).is_none() {
            if counted.len() >= MAX_COUNTED {
                *counted = SortedMap::default();
            }
            counted.insert(self.account.clone(), self.held()?);
        }
        let Some(held) = counted.get_mut(&self.account) else { return Ok(0) };
        held.retain(|(_, expires_at)| now < *expires_at);
        Ok(u32::try_from(held.len()).unwrap_or(u32::MAX))
    }

    fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OpaqueId>> {
        let statement = "SELECT id FROM quotes WHERE account = ? AND wake_at <= ? ORDER BY wake_at LIMIT ?";
        let parameters = vec![sql::text(&self.account), now.millis().into(), sql::number(limit.into())?];
        let rows = self.tables.sql.rows(statement, parameters)?;
        let id = |row: &Vec<Value>| sql::string(row, 0)?.parse().map_err(|_| sql::unreadable("a quote's id"));
        rows.iter().map(id).collect()
    }

    fn emit(&self, event: &QuoteEvent) -> Result<()> {
        self.tables.telling.set(true);
        self.tables.sql.run("INSERT INTO outbox (event) VALUES (?)", vec![sql::to_json(event)?])
    }
}

impl Outbox for Tables {
    fn oldest(&self, limit: u32) -> Result<Vec<(u64, String)>> {
        let statement =
            "SELECT seq, json_insert(event, '$.seq', seq) FROM outbox WHERE event <> '' ORDER BY seq LIMIT ?";
        let rows = self.sql.rows(statement, vec![sql::number(limit.into())?])?;
        rows.iter().map(|row| Ok((sql::integer(row, 0)?, sql::string(row, 1)?.to_owned()))).collect()
    }

    fn delivered(&self, seq: u64) -> Result<()> {
        // The last row stays, empty, so that its number is not given again.
        self.sql.run("DELETE FROM outbox WHERE seq < ?", vec![sql::number(seq)?])?;
        self.sql.run("UPDATE outbox SET event = '' WHERE seq = ?", vec![sql::number(seq)?])
    }
}

fn millis(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.millis().into())
}

impl ClerkStore for SqlStore {
    fn remembered(&self, key: &OpaqueId) -> Result<Option<(String, Answer)>> {
        // A join would be prepared anew each time.
        let statement = "SELECT fingerprint, answer, held_until, (SELECT quote FROM quotes WHERE id = answers.quote) \
             FROM answers WHERE key = ?";
        let rows = self.tables.sql.rows(statement, vec![sql::text(key)])?;
        let answer = |row: &[Value]| match row.get(2) {
            Some(Value::Integer(until)) => {
                let quote = sql::json::<Quote>(row, 3)?.as_held(Timestamp::from_millis(*until));
                Ok(Answer::Quote { quote: Box::new(quote), replayed: false })
            }
            _ => sql::json(row, 1),
        };
        rows.first().map(|row| Ok((sql::string(row, 0)?.to_owned(), answer(row)?))).transpose()
    }

    /// A quote that is held stands in its table already, and what it was like then follows from when it was to expire.
    fn remember(&self, call: &Idempotency, answer: &Answer, now: Timestamp) -> Result<()> {
        let Idempotency { key, fingerprint } = call;
        let [quote, held_until, answer] = match answer {
            Answer::Quote { quote, .. } if quote.state == QuoteState::Held => {
                [sql::text(&quote.id), quote.expires_at.millis().into(), Value::Null]
            }
            other => [Value::Null, Value::Null, sql::to_json(other)?],
        };
        let row = vec![sql::text(key), sql::text(fingerprint), now.millis().into(), quote, held_until, answer];
        let statement = "INSERT OR REPLACE INTO answers (key, fingerprint, at, quote, held_until, answer) \
             VALUES (?, ?, ?, ?, ?, ?)";
        self.tables.sql.run(statement, row)
    }

    fn list(
        &self,
        state: Option<QuoteState>,
        reference: Option<&str>,
        cursor: Option<u64>,
        limit: u32,
        now: Timestamp,
    ) -> Result<(Vec<Quote>, Option<u64>)> {
        // A quote that is held but past its expiry counts as expired, whether or not the alarm has been there.
        let only = if reference.is_some() { "reference = ?6 AND" } else { "" };
        let statement = format!(
            "SELECT place, quote FROM quotes WHERE {only} account = ?5 AND place < ?1 AND (?2 IS NULL \
             OR ?2 = CASE WHEN state = 'held' AND expires_at <= ?3 THEN 'expired' ELSE state END) \
             ORDER BY place DESC LIMIT ?4"
        );
        let before = sql::number(cursor.unwrap_or(sql::LARGEST).min(sql::LARGEST))?;
        let state = state.map_or(Value::Null, |state| sql::text(&name(state)));
        let one_more = sql::number(limit.saturating_add(1).into())?;
        let mut parameters = vec![before, state, now.millis().into(), one_more, sql::text(&self.account)];
        parameters.extend(reference.map(|reference| sql::text(&reference)));
        let mut rows = self.tables.sql.rows(&statement, parameters)?;
        let more = sql::cut(&mut rows, limit);
        let quotes = rows.iter().map(|row| sql::json(row, 1)).collect::<Result<Vec<Quote>>>()?;
        let cursor = rows.last().filter(|_| more).map(|row| sql::integer(row, 0)).transpose()?;
        Ok((quotes, cursor))
    }
}

fn name(state: QuoteState) -> &'static str {
    match state {
        QuoteState::Held => "held",
        QuoteState::Committing => "committing",
        QuoteState::Committed => "committed",
        QuoteState::Releasing => "releasing",
        QuoteState::Released => "released",
        QuoteState::Expired => "expired",
    }
}
