//! Black-box tests against the verdicts of real servers and of another parser.

mod corpus;
mod live;
mod mutation;
mod promql;
