//! Words of routes: whether they stay.

use vmotel_cardinality::UrlNormalizer;

const VERBS: [&str; 42] = [
    "get",
    "list",
    "create",
    "update",
    "delete",
    "search",
    "find",
    "fetch",
    "export",
    "import",
    "validate",
    "approve",
    "reject",
    "cancel",
    "archive",
    "restore",
    "publish",
    "subscribe",
    "unsubscribe",
    "merge",
    "clone",
    "download",
    "upload",
    "preview",
    "render",
    "resolve",
    "assign",
    "revoke",
    "rotate",
    "verify",
    "encrypt",
    "decrypt",
    "synchronize",
    "provision",
    "deprovision",
    "reconcile",
    "purge",
    "enqueue",
    "acknowledge",
    "throttle",
    "benchmark",
    "bulk",
];

const NOUNS: [&str; 124] = [
    "users",
    "accounts",
    "orders",
    "invoices",
    "payments",
    "refunds",
    "subscriptions",
    "customers",
    "products",
    "variants",
    "categories",
    "inventory",
    "warehouses",
    "shipments",
    "carriers",
    "addresses",
    "carts",
    "checkout",
    "coupons",
    "discounts",
    "reviews",
    "ratings",
    "wishlists",
    "messages",
    "threads",
    "channels",
    "notifications",
    "webhooks",
    "events",
    "deliveries",
    "templates",
    "campaigns",
    "audiences",
    "segments",
    "contacts",
    "leads",
    "opportunities",
    "pipelines",
    "deals",
    "tickets",
    "comments",
    "attachments",
    "files",
    "folders",
    "documents",
    "revisions",
    "permissions",
    "roles",
    "groups",
    "teams",
    "organizations",
    "projects",
    "repositories",
    "branches",
    "commits",
    "issues",
    "milestones",
    "labels",
    "releases",
    "artifacts",
    "workflows",
    "runs",
    "jobs",
    "steps",
    "runners",
    "secrets",
    "variables",
    "environments",
    "deployments",
    "clusters",
    "namespaces",
    "pods",
    "services",
    "ingresses",
    "configmaps",
    "daemonsets",
    "statefulsets",
    "replicasets",
    "cronjobs",
    "nodes",
    "volumes",
    "snapshots",
    "backups",
    "images",
    "registries",
    "manifests",
    "blobs",
    "tags",
    "networks",
    "subnets",
    "gateways",
    "firewalls",
    "certificates",
    "domains",
    "zones",
    "records",
    "queries",
    "dashboards",
    "panels",
    "alerts",
    "silences",
    "rules",
    "metrics",
    "series",
    "logs",
    "traces",
    "spans",
    "profiles",
    "sessions",
    "tokens",
    "credentials",
    "identities",
    "challenges",
    "devices",
    "sensors",
    "firmware",
    "telemetry",
    "locations",
    "geofences",
    "routes",
    "vehicles",
    "drivers",
    "trips",
    "bookings",
];

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// The words as the routes of public APIs have them: alone, in camel case, with dashes, with underscores, with digits.
fn words() -> Vec<String> {
    let mut words = Vec::new();
    for noun in NOUNS {
        words.extend([
            noun.to_owned(),
            capital(noun),
            format!("{noun}2"),
            format!("my{}", capital(noun)),
        ]);
        for verb in VERBS {
            words.push(format!("{verb}{}", capital(noun)));
            words.push(format!("{}{}", capital(verb), capital(noun)));
            words.push(format!("{verb}-{noun}"));
            words.push(format!("{noun}_{verb}_status"));
            words.push(format!("{verb}{}ByExternalID", capital(noun)));
        }
    }
    words
}

#[test]
fn few_words_are_taken_for_identifiers() {
    let (urls, words) = (UrlNormalizer::default(), words());
    assert!(words.len() > 25_000);
    let merged: Vec<_> = words
        .iter()
        .filter(|word| {
            let path = format!("/{word}");
            urls.normalize(&path) != path
        })
        .collect();
    let share = merged.len() as f64 * 100.0 / words.len() as f64;
    println!(
        "{} of {} words replaced, {share:.2} %: {:?}",
        merged.len(),
        words.len(),
        &merged[..merged.len().min(20)]
    );
    assert!(share <= 0.5, "{share:.2} %: {merged:?}");
}
