//! The checks across artifacts: what one part refers to exists in another. Validators of single files cannot see these.

mod objects;
mod redundancy;
mod references;
mod rules;
mod services;

use std::fmt;

use crate::{Form, Stack};

/// A place where two parts of a deployment do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check, in kebab case, such as `unknown-metric`.
    pub check: &'static str,
    /// Where it is, such as `alert HighErrorRate` or `service vmagent`.
    pub place: String,
    /// What does not fit.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]: {}", self.place, self.check, self.message)
    }
}

/// Where findings are collected.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn require(
        &mut self,
        holds: bool,
        check: &'static str,
        place: impl FnOnce() -> String,
        message: impl FnOnce() -> String,
    ) {
        if !holds {
            self.0.push(Finding {
                check,
                place: place(),
                message: message(),
            });
        }
    }
}

pub(crate) fn check(stack: &Stack) -> Vec<Finding> {
    let mut findings = Findings::default();
    services::check(stack, &mut findings);
    redundancy::check(stack, &mut findings);
    references::check(stack, &mut findings);
    rules::check(stack, &mut findings);
    if stack.values.form != Form::Compose {
        objects::check(stack, &mut findings);
    }
    findings.0
}

#[cfg(test)]
mod tests;
