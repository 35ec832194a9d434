//! The JSON of a dashboard, with the fields in the order Grafana writes them.

use serde::Serialize;

use crate::grafana::DATASOURCE;

const WIDTH: u32 = 12;
const HEIGHT: u32 = 8;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dashboard {
    uid: String,
    title: String,
    tags: [&'static str; 2],
    editable: bool,
    graph_tooltip: u32,
    refresh: &'static str,
    schema_version: u32,
    time: Time,
    timezone: &'static str,
    templating: Templating,
    panels: Vec<Panel>,
}

#[derive(Debug, Serialize)]
struct Time {
    from: &'static str,
    to: &'static str,
}

#[derive(Debug, Serialize)]
struct Templating {
    list: [Variable; 2],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Variable {
    name: &'static str,
    label: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<Source>,
    current: Current,
    include_all: bool,
    multi: bool,
    refresh: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_value: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Current {
    text: String,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
struct Source {
    #[serde(rename = "type")]
    kind: &'static str,
    uid: &'static str,
}

const SOURCE: Source = Source {
    kind: "prometheus",
    uid: "${ds}",
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Panel {
    id: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    description: String,
    datasource: Source,
    grid_pos: Position,
    field_config: FieldConfig,
    options: Options,
    targets: Vec<Target>,
}

#[derive(Debug, Serialize)]
struct Position {
    x: u32,
    y: u32,
    w: u32,
    h: u32,
}

#[derive(Debug, Serialize)]
struct FieldConfig {
    defaults: Defaults,
    overrides: [(); 0],
}

#[derive(Debug, Serialize)]
struct Defaults {
    unit: &'static str,
    min: u32,
}

#[derive(Debug, Serialize)]
struct Options {
    legend: Legend,
    tooltip: Tooltip,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Legend {
    display_mode: &'static str,
    placement: &'static str,
    calcs: [&'static str; 2],
}

#[derive(Debug, Serialize)]
struct Tooltip {
    mode: &'static str,
    sort: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    ref_id: String,
    datasource: Source,
    expr: String,
    legend_format: String,
}

impl Panel {
    /// Creates a panel of lines, each an expression with its legend.
    pub(super) fn new(
        title: String,
        description: String,
        unit: &'static str,
        lines: Vec<(String, String)>,
    ) -> Self {
        let target = |(letter, (expr, legend_format)): (char, (String, String))| Target {
            ref_id: letter.to_string(),
            datasource: SOURCE,
            expr,
            legend_format,
        };
        Self {
            id: 0,
            kind: "timeseries",
            title,
            description,
            datasource: SOURCE,
            grid_pos: Position {
                x: 0,
                y: 0,
                w: WIDTH,
                h: HEIGHT,
            },
            field_config: FieldConfig {
                defaults: Defaults { unit, min: 0 },
                overrides: [],
            },
            options: Options {
                legend: Legend {
                    display_mode: "table",
                    placement: "bottom",
                    calcs: ["lastNotNull", "max"],
                },
                tooltip: Tooltip {
                    mode: "multi",
                    sort: "desc",
                },
            },
            targets: ('A'..='Z').zip(lines).map(target).collect(),
        }
    }

    pub(super) fn expressions(&self) -> Vec<String> {
        self.targets.iter().map(|target| target.expr.clone()).collect()
    }
}

impl Dashboard {
    /// Creates a dashboard, two panels to a row.
    pub(super) fn new(uid: &str, title: String, job: &str, mut panels: Vec<Panel>) -> Self {
        for (panel, at) in panels.iter_mut().zip(0_u32..) {
            panel.id = at + 1;
            panel.grid_pos.x = at % 2 * WIDTH;
            panel.grid_pos.y = at / 2 * HEIGHT;
        }
        let all = job == ".+";
        let source = Variable {
            name: "ds",
            label: "Datasource",
            kind: "datasource",
            query: "prometheus".to_owned(),
            datasource: None,
            current: Current {
                text: "VictoriaMetrics".to_owned(),
                value: DATASOURCE.to_owned(),
            },
            include_all: false,
            multi: false,
            refresh: 1,
            all_value: None,
        };
        let jobs = Variable {
            name: "job",
            label: "Job",
            kind: "query",
            query: "label_values(up, job)".to_owned(),
            datasource: Some(SOURCE),
            current: Current {
                text: if all { "All" } else { job }.to_owned(),
                value: if all { "$__all" } else { job }.to_owned(),
            },
            include_all: true,
            multi: true,
            refresh: 2,
            all_value: Some(".+"),
        };
        Self {
            uid: uid.to_owned(),
            title,
            tags: ["vmotel", "generated"],
            editable: false,
            graph_tooltip: 1,
            refresh: "30s",
            schema_version: 39,
            time: Time {
                from: "now-1h",
                to: "now",
            },
            timezone: "browser",
            templating: Templating { list: [source, jobs] },
            panels,
        }
    }

    pub(super) fn to_json(&self) -> Result<String, String> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        text.push('\n');
        Ok(text)
    }
}
