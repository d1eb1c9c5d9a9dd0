//! Reports what a run did, and what it could not take over.

use std::collections::BTreeMap;

use serde::Serialize;

/// The largest number of rows of one table that a list in the report has.
pub const NAMED: u64 = 100;

/// The counts of the rows of a table, by outcome.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// How many the original has.
    pub rows: u64,
    /// How many were added.
    pub new: u64,
    /// How many were changed.
    pub changed: u64,
    /// How many were not taken over.
    pub rejected: u64,
    /// How many were taken over earlier and are gone from the original.
    #[serde(skip_serializing_if = "is_zero")]
    pub gone: u64,
    /// How many have another id here, because theirs is in use.
    #[serde(skip_serializing_if = "is_zero")]
    pub renumbered: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A row of the original that was not taken over.
#[derive(Clone, Serialize)]
pub struct Rejection {
    pub table: &'static str,
    /// `None` if the row has no id that can be read.
    pub id: Option<i64>,
    /// `None` if the reason is the row as a whole.
    pub field: Option<String>,
    pub reason: String,
}

/// A row that is gone from the original.
#[derive(Clone, Serialize)]
pub struct Gone {
    pub table: &'static str,
    pub id: i64,
}

/// The report of a run.
#[derive(Clone, Default)]
pub struct Report {
    tables: BTreeMap<&'static str, Counts>,
    rejections: Vec<Rejection>,
    gone: Vec<Gone>,
}

impl Report {
    /// Returns the counts of a table, for changes.
    pub fn table(&mut self, table: &'static str) -> &mut Counts {
        self.tables.entry(table).or_default()
    }

    /// Returns the counts of a table.
    pub fn counts(&self, table: &'static str) -> Counts {
        self.tables.get(table).copied().unwrap_or_default()
    }

    /// Counts a rejected row, and lists it if it is one of the first of its table.
    pub fn reject(&mut self, rejection: Rejection) {
        let counts = self.table(rejection.table);
        counts.rejected += 1;
        if counts.rejected <= NAMED {
            self.rejections.push(rejection);
        }
    }

    /// Lists a row that is gone.
    pub fn name_gone(&mut self, table: &'static str, id: i64) {
        self.gone.push(Gone { table, id });
    }

    /// Returns how many rows were rejected.
    pub fn rejected(&self) -> u64 {
        self.tables.values().map(|counts| counts.rejected).sum()
    }

    /// Returns the first rejected rows.
    pub fn rejections(&self) -> &[Rejection] {
        &self.rejections
    }

    /// Returns the first rows that are gone.
    pub fn gone(&self) -> &[Gone] {
        &self.gone
    }
}
