//! Rules and alerts.

use serde::Deserialize;

use crate::error::Endpoint;
use crate::request::get;
use crate::tenant::Service;
use crate::{Alert, Error, NotifierGroup, QueryClient, Rule, RuleGroup, RulesQuery, rules};

const RULES: Endpoint = Endpoint::special("rules");
const ALERTS: Endpoint = Endpoint::special("alerts");
const NOTIFIERS: Endpoint = Endpoint::special("notifiers");
const GROUP: Endpoint = Endpoint::special("group");
const RULE: Endpoint = Endpoint::special("rule");
const ALERT: Endpoint = Endpoint::special("alert");

#[derive(Deserialize)]
struct Groups {
    groups: Vec<RuleGroup>,
}

#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

#[derive(Deserialize)]
struct Notifiers {
    notifiers: Vec<NotifierGroup>,
}

impl QueryClient {
    /// Returns the groups of rules (`/api/v1/rules`); empty with a VictoriaMetrics without `-vmalert.proxyURL`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn rules(&self, query: &RulesQuery) -> Result<Vec<RuleGroup>, Error> {
        let found: Groups = self.data(RULES, query.request(self.tenant)?).await?;
        Ok(found.groups)
    }

    /// Returns the alerts that are pending or firing (`/api/v1/alerts`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn alerts(&self) -> Result<Vec<Alert>, Error> {
        let path = self.tenant.path(Service::Select, "/api/v1/alerts");
        let found: Alerts = self.data(ALERTS, get(&path)?).await?;
        Ok(found.alerts)
    }

    /// Returns where a vmalert sends alerts (`/api/v1/notifiers`, 1.145 and later).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn notifiers(&self) -> Result<Vec<NotifierGroup>, Error> {
        let path = self.tenant.path(Service::Select, "/api/v1/notifiers");
        let found: Notifiers = self.data(NOTIFIERS, get(&path)?).await?;
        Ok(found.notifiers)
    }

    /// Returns one group of a vmalert (`/api/v1/group`, newer versions only).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn rule_group(&self, group_id: &str) -> Result<RuleGroup, Error> {
        self.one(GROUP, "/api/v1/group", &[("group_id", group_id)]).await
    }

    /// Returns one rule of a vmalert (`/api/v1/rule`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn rule(&self, group_id: &str, rule_id: &str) -> Result<Rule, Error> {
        self.one(
            RULE,
            "/api/v1/rule",
            &[("group_id", group_id), ("rule_id", rule_id)],
        )
        .await
    }

    /// Returns one alert of a vmalert (`/api/v1/alert`).
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn alert(&self, group_id: &str, alert_id: &str) -> Result<Alert, Error> {
        self.one(
            ALERT,
            "/api/v1/alert",
            &[("group_id", group_id), ("alert_id", alert_id)],
        )
        .await
    }

    async fn one<T: serde::de::DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        path: &str,
        ids: &[(&str, &str)],
    ) -> Result<T, Error> {
        let request = rules::by_ids(path, ids, self.tenant)?;
        let body = self.read(endpoint, request, self.timeout(None)).await?;
        crate::decode::bare(endpoint.name, &body)
    }
}
