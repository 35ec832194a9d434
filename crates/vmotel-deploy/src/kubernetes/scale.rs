//! How many instances there may be at least and at most.

use serde::Serialize;

use super::object::{Body, Object, Selector};
use super::{metadata, selector};
use crate::Stack;
use crate::topology::{Program, Service};

/// A `PodDisruptionBudget`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetSpec {
    pub(crate) max_unavailable: u32,
    pub(crate) selector: Selector,
}

/// How many instances may be away at once.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MaxUnavailable {
    pub(crate) max_unavailable: u32,
}

/// A `HorizontalPodAutoscaler`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoscalerSpec {
    pub(crate) scale_target_ref: TargetRef,
    pub(crate) min_replicas: u32,
    pub(crate) max_replicas: u32,
    pub(crate) metrics: [MetricSpec; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TargetRef {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MetricSpec {
    #[serde(rename = "type")]
    kind: &'static str,
    resource: ResourceMetric,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ResourceMetric {
    name: &'static str,
    target: Utilization,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Utilization {
    #[serde(rename = "type")]
    kind: &'static str,
    average_utilization: u32,
}

/// Returns the budget of a service that runs more than once: a drained host takes one instance at a time.
pub(super) fn budget(stack: &Stack, service: &Service) -> Option<Object> {
    (service.replicas > 1).then(|| Object {
        comment: "",
        api_version: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: metadata(stack, service, &service.name),
        body: Body::Budget {
            spec: BudgetSpec {
                max_unavailable: 1,
                selector: selector(stack, &service.component),
            },
        },
    })
}

/// Tells whether a service grows with its load.
pub(super) fn is_scaled(stack: &Stack, service: &Service) -> bool {
    let grows = matches!(service.program, Program::Vminsert | Program::Vmselect);
    grows && stack.values.kubernetes.autoscale.is_some()
}

/// Returns the autoscaler of a service that grows with its load; what keeps data never does.
pub(super) fn autoscaler(stack: &Stack, service: &Service) -> Option<Object> {
    let most = stack.values.kubernetes.autoscale?;
    is_scaled(stack, service).then(|| Object {
        comment: "",
        api_version: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: metadata(stack, service, &service.name),
        body: Body::Autoscaler {
            spec: AutoscalerSpec {
                scale_target_ref: TargetRef {
                    api_version: "apps/v1",
                    kind: super::workload::kind(service),
                    name: service.name.clone(),
                },
                min_replicas: service.replicas,
                max_replicas: most,
                metrics: [MetricSpec {
                    kind: "Resource",
                    resource: ResourceMetric {
                        name: "cpu",
                        target: Utilization {
                            kind: "Utilization",
                            average_utilization: 70,
                        },
                    },
                }],
            },
        },
    })
}
