//! The tokio runtime: a convention of this project, as OpenTelemetry has none.

use vmotel_model::{Kind, MetricDef};

use crate::names;

/// The tokio runtime; the last four where tokio is built with `--cfg tokio_unstable`.
pub const TOKIO: &[MetricDef] = &[
    TOKIO_RUNTIME_WORKERS,
    TOKIO_RUNTIME_ALIVE_TASKS,
    TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH,
    TOKIO_RUNTIME_BUSY_TIME,
    TOKIO_RUNTIME_PARKS,
    TOKIO_RUNTIME_SPAWNED_TASKS,
    TOKIO_RUNTIME_BLOCKING_THREADS,
    TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH,
    TOKIO_RUNTIME_BUDGET_FORCED_YIELDS,
];

/// `tokio.runtime.workers`
pub const TOKIO_RUNTIME_WORKERS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_WORKERS,
    kind: Kind::Gauge,
    unit: "{worker}",
    help: "Worker threads of the tokio runtime",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.alive_tasks`
pub const TOKIO_RUNTIME_ALIVE_TASKS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_ALIVE_TASKS,
    kind: Kind::Gauge,
    unit: "{task}",
    help: "Tasks that have not ended: a number that only grows is a leak of tasks",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.global_queue.depth`
pub const TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH,
    kind: Kind::Gauge,
    unit: "{task}",
    help: "Tasks that wait in the queue which all workers share: more than a few for long means that workers are busy or blocked",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.busy_time`
pub const TOKIO_RUNTIME_BUSY_TIME: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_BUSY_TIME,
    kind: Kind::Counter,
    unit: "s",
    help: "Time that all workers were busy: its rate divided by the workers is the share of them in use",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.parks`
pub const TOKIO_RUNTIME_PARKS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_PARKS,
    kind: Kind::Counter,
    unit: "{park}",
    help: "How often workers ran out of work: a rate near zero under load means that the runtime has no room left",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.spawned_tasks`
pub const TOKIO_RUNTIME_SPAWNED_TASKS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_SPAWNED_TASKS,
    kind: Kind::Counter,
    unit: "{task}",
    help: "Tasks spawned",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.blocking.threads`
pub const TOKIO_RUNTIME_BLOCKING_THREADS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_BLOCKING_THREADS,
    kind: Kind::Gauge,
    unit: "{thread}",
    help: "Threads for blocking work",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.blocking.queue.depth`
pub const TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_BLOCKING_QUEUE_DEPTH,
    kind: Kind::Gauge,
    unit: "{task}",
    help: "Blocking work that waits for a thread",
    labels: &[],
    buckets: &[],
};

/// `tokio.runtime.budget_forced_yields`
pub const TOKIO_RUNTIME_BUDGET_FORCED_YIELDS: MetricDef = MetricDef {
    name: names::TOKIO_RUNTIME_BUDGET_FORCED_YIELDS,
    kind: Kind::Counter,
    unit: "{yield}",
    help: "How often a task that would not wait was made to",
    labels: &[],
    buckets: &[],
};
