//! The results of a run of the hostile client.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use crate::support::{App, Reply, gateway::HttpRequest};

/// How many failures to print; very many mostly have one cause.
const SHOWN: usize = 20;

/// A request and its response.
pub struct Outcome {
    /// Its number in the run.
    pub number: u64,
    /// Its operation.
    pub operation: &'static str,
    /// The strategies that changed it.
    pub strategies: String,
    /// The request.
    pub request: HttpRequest,
    /// The response.
    pub reply: Reply,
    /// The time until the response.
    pub took: Duration,
    /// The faults of the response.
    pub faults: Vec<String>,
}

/// The outcomes of a run.
#[derive(Default)]
pub struct Summary {
    operations: BTreeMap<&'static str, usize>,
    statuses: BTreeMap<u16, usize>,
    slowest: (Duration, String),
    largest: (usize, String),
    memory: BTreeMap<String, (u64, u64)>,
    /// A text for each failure.
    pub failures: Vec<String>,
}

impl Summary {
    /// Counts a request, as a failure if it `is_slow`.
    pub fn add(&mut self, mut outcome: Outcome, is_slow: bool) {
        *self.operations.entry(outcome.operation).or_default() += 1;
        *self.statuses.entry(outcome.reply.status.as_u16()).or_default() += 1;
        let shown = outcome.to_string();
        if outcome.took > self.slowest.0 {
            self.slowest = (outcome.took, shown.clone());
        }
        if outcome.reply.body.len() > self.largest.0 {
            self.largest = (outcome.reply.body.len(), shown.clone());
        }
        if is_slow {
            outcome.faults.push(format!("it took {:?}", outcome.took));
        }
        if !outcome.faults.is_empty() {
            self.failures.push(format!("{shown}\n    {}", outcome.faults.join("\n    ")));
        }
    }

    /// Checks that no process has ended or exceeds its memory. No request may be in flight.
    pub fn processes(&mut self, app: &App) {
        let functions: Vec<_> = app.started().cloned().collect();
        for name in functions {
            let ended = app.ended(&name);
            if ended > 0 {
                self.failures.push(format!("{ended} processes of {name} have ended"));
                continue;
            }
            let (peak, limit) = (app.peak_memory(&name) / 1024, app.template().functions[&name].memory);
            if peak >= limit {
                self.failures.push(format!("{name} had {peak} MiB of {limit}"));
            }
            self.memory.insert(name, (peak, limit));
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { number, operation, strategies, request, reply, .. } = self;
        let headers =
            request.headers.iter().map(|(name, value)| format!("{name}: {value:.120}")).collect::<Vec<_>>();
        write!(
            formatter,
            "#{number} {operation} ({strategies}): {} {:.200} [{}] {:.300?} from {} -> {} {:.200?}",
            request.method,
            request.target,
            headers.join("; "),
            String::from_utf8_lossy(&request.body),
            request.source_ip,
            reply.status.as_u16(),
            reply.text(),
        )
    }
}

impl Display for Summary {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let requests: usize = self.operations.values().sum();
        writeln!(
            formatter,
            "{requests} requests to {} operations: {:?}",
            self.operations.len(),
            self.operations
        )?;
        writeln!(formatter, "statuses: {:?}", self.statuses)?;
        writeln!(formatter, "slowest: {:?}, {}", self.slowest.0, self.slowest.1)?;
        writeln!(formatter, "largest answer: {} bytes, {:.300}", self.largest.0, self.largest.1)?;
        writeln!(formatter, "memory in MiB, of the template's:")?;
        for (name, (peak, limit)) in &self.memory {
            writeln!(formatter, "    {name} {peak} of {limit}")?;
        }
        writeln!(formatter, "{} failures", self.failures.len())?;
        self.failures.iter().take(SHOWN).try_for_each(|failure| writeln!(formatter, "{failure}"))
    }
}
