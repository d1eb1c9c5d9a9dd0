//! What a run did, and what could not be taken over.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many rejected rows, and rows that are gone, are named; the rest are counted.
pub const NAMED: usize = 100;

/// What became of the rows of a table.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// How many the original has.
    pub rows: u64,
    /// How many were added.
    pub new: u64,
    /// How many were changed.
    pub changed: u64,
    /// How many could not be taken over.
    pub rejected: u64,
    /// How many were taken over earlier and are gone from the original.
    pub gone: u64,
    /// How many have another id here, because theirs is in use.
    pub renumbered: u64,
}

/// A row of the original that could not be taken over.
#[derive(Clone, Serialize)]
pub struct Rejection {
    pub table: &'static str,
    /// `null` where the row cannot even be read.
    pub id: Option<i64>,
    /// `null`: the row as a whole.
    pub field: Option<String>,
    pub reason: String,
}

/// A row that is gone from the original.
#[derive(Clone, Serialize)]
pub struct Gone {
    pub table: &'static str,
    pub id: i64,
}

/// What a run did.
#[derive(Clone, Default)]
pub struct Report {
    tables: BTreeMap<&'static str, Counts>,
    rejections: Vec<Rejection>,
    gone: Vec<Gone>,
}

impl Report {
    /// Returns the counts of a table, to be changed.
    pub fn table(&mut self, table: &'static str) -> &mut Counts {
        self.tables.entry(table).or_default()
    }

    /// Returns the counts of a table.
    pub fn counts(&self, table: &'static str) -> Counts {
        self.tables.get(table).copied().unwrap_or_default()
    }

    /// Counts a rejected row, and describes it where it is one of the first.
    pub fn reject(&mut self, rejection: Rejection) {
        self.table(rejection.table).rejected += 1;
        self.describe(rejection);
    }

    /// Describes a rejected row that is counted elsewhere, where it is one of the first.
    pub fn describe(&mut self, rejection: Rejection) {
        if self.rejections.len() < NAMED {
            self.rejections.push(rejection);
        }
    }

    /// Names a row that is gone, where it is one of the first.
    pub fn name_gone(&mut self, table: &'static str, id: i64) {
        if self.gone.len() < NAMED {
            self.gone.push(Gone { table, id });
        }
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
