//! What must be right on the page.

use anyhow::ensure;
use serde_json::Value;

use super::{
    browser::{Page, View},
    states::HOSTILE,
};

/// The least contrast of texts (WCAG 2.2, 1.4.3, level AA).
const CONTRAST: f64 = 4.5;

/// Texts whose contrast is measured: what is dimmed or coloured.
const COLOURED: &str = ".help, .pill, .note, .new-series, .warning, .bad, .good, .error, .mean, .name button, th button, dt, a, footer, label";

/// The page has its data.
pub(super) fn loaded(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.expect(
        "two samples are shown",
        "Number(document.body?.dataset.samples) >= 2",
    )?;
    page.expect(
        "it is live",
        "document.getElementById('connection').textContent === 'live'",
    )
}

/// A service at work: all families, sorting, searching and details by the keyboard alone.
pub(super) fn normal(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.expect(
        "every family has a row",
        "fetch(`${base}/data.json`).then((answer) => answer.json())
            .then((data) => data.families.length > 10 && document.querySelectorAll('tr.row').length === data.families.length)",
    )?;
    let row = |name: &str| {
        format!(
            "[...document.querySelectorAll('tr.row')].find((row) => row.querySelector('button').textContent === '{name}')"
        )
    };
    let requests = row("http_requests_total");
    page.expect(
        "requests have type, help, a rate and a line",
        &format!(
            "(() => {{ const text = {requests}?.textContent ?? ''; return text.includes('counter') && text.includes('Total number of \
             HTTP requests') && / \\/s/.test(text) && {requests}.querySelector('polyline') !== null; }})()"
        ),
    )?;
    page.expect(
        "pulls are told of",
        "document.getElementById('parts').textContent.includes('/metrics')",
    )?;

    // The skip link comes first.
    page.press("Tab", "")?;
    page.expect(
        "the first Tab leads to the skip link, visibly",
        "document.activeElement.className === 'skip' && getComputedStyle(document.activeElement).outlineStyle !== 'none' && \
         document.activeElement.getBoundingClientRect().left >= 0",
    )?;
    page.press("/", "/")?;
    page.expect("/ leads to the search", "document.activeElement.id === 'search'")?;
    page.type_text("duration orders")?;
    page.expect(
        "the search leaves what fits, and says how many",
        "document.querySelectorAll('tr.row').length === 0 && !document.getElementById('empty').hidden && \
         document.getElementById('count').textContent.startsWith('0 of')",
    )?;
    page.press("Escape", "")?;
    page.type_text("http requests")?;
    page.expect(
        "the search finds words of name and help",
        "[...document.querySelectorAll('tr.row')].every((row) => /http/i.test(row.textContent) && /requests/i.test(row.textContent)) && \
         document.querySelectorAll('tr.row').length > 1",
    )?;
    page.press("Escape", "")?;
    page.expect(
        "Escape ends the search",
        "document.querySelectorAll('tr.row').length > 10",
    )?;

    page.value("document.querySelector('[data-sort=series]').focus()")?;
    page.press("Enter", "\r")?;
    page.expect(
        "Enter sorts, the largest first, and says so",
        "(() => { const head = document.activeElement.closest('th'); const numbers = [...document.querySelectorAll('tr.row')]
            .map((row) => Number(row.children[3].textContent.replace(/,/g, '')));
         return head.getAttribute('aria-sort') === 'descending' && numbers.every((n, at) => at === 0 || numbers[at - 1] >= n); })()",
    )?;
    let histogram = row("http_request_duration_seconds");
    page.value(&format!("{histogram}.querySelector('button').focus()"))?;
    page.press("Enter", "\r")?;
    page.expect(
        "Enter opens a family: labels, buckets, exemplars, series",
        &format!(
            "(() => {{ const text = {histogram}.nextElementSibling.textContent; return {histogram}.querySelector('button')\
             .getAttribute('aria-expanded') === 'true' && text.includes('Labels') && text.includes('Buckets') && \
             text.includes('Series with the highest counts'); }})()"
        ),
    )?;
    page.expect(
        "the focus stays where it was while values change",
        &format!("{histogram}.contains(document.activeElement)"),
    )
}

/// A service under attack: the guilty label, folded values, hostile texts, failures.
pub(super) fn attack(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.expect(
        "the guilty label leads, with examples of what was folded",
        "document.querySelector('#limits .limit tbody td').textContent.includes('product') && \
         document.querySelectorAll('#limits .folded').length > 0",
    )?;
    page.expect(
        "new series are counted",
        "[...document.querySelectorAll('.new-series')].some((cell) => cell.textContent.startsWith('+'))",
    )?;
    page.expect(
        "a family in overflow is marked",
        "[...document.querySelectorAll('tr.row')].some((row) => row.textContent.startsWith('logins_total') && \
         !row.querySelector('.overflow').hidden)",
    )?;
    page.expect(
        "a failing push and a failing source are told of",
        "(() => { const text = document.getElementById('parts').textContent; return /push\\s*bad/.test(text) && \
         /source broken\\s*bad/.test(text) && text.includes('last error: panicked: a broken source'); })()",
    )?;
    page.value(
        "(() => { const row = [...document.querySelectorAll('tr.row')].find((row) => row.textContent.includes('logins_total'));
          row.querySelector('button').click(); })()",
    )?;
    let hostile = serde_json::to_string(HOSTILE)?;
    page.expect(
        "a hostile label is shown as it is",
        &format!("document.getElementById('rows').textContent.includes({hostile})"),
    )?;
    page.expect(
        "nothing of it became an element or ran",
        "document.scripts.length === 1 && document.images.length === 0 && window.hacked === undefined",
    )?;
    page.expect(
        "an exemplar leads to its trace",
        "(() => { const row = [...document.querySelectorAll('tr.row')].find((row) => row.textContent.includes('latency_seconds'));
          if (row.querySelector('button').getAttribute('aria-expanded') === 'false') row.querySelector('button').click();
          return row.nextElementSibling.textContent.includes('trace 4bf92f3577b34da6a3ce929d0e0e4736'); })()",
    )
}

/// A service without metrics says so.
pub(super) fn empty(page: &mut Page<'_>) -> anyhow::Result<()> {
    page.expect(
        "that there is nothing, and why",
        "!document.getElementById('empty').hidden && document.body.innerText.includes('No family has a value yet')",
    )
}

/// Texts stand out from their background, and nothing is wider than the screen.
pub(super) fn readable(page: &mut Page<'_>, view: &View) -> anyhow::Result<()> {
    page.expect(
        "nothing is cut off at the side",
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth",
    )?;
    page.expect(
        "numbers stand on one line, and every column has its head",
        "(() => { const tables = [...document.querySelectorAll('.scroll table')].filter((table) => table.offsetParent !== null);
          const cells = tables.flatMap((table) => [...table.querySelectorAll('td.value')]);
          const lines = (cell) => { const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length; };
          const seen = (table, tag) => [...table.querySelector('tr:has(> ' + tag + ')').children].filter((cell) => cell.offsetParent !== null).length;
          return cells.every((cell) => lines(cell) <= 1) && tables.every((table) => seen(table, 'th') === seen(table, 'td')); })()",
    )?;
    let dark = page.value("matchMedia('(prefers-color-scheme: dark)').matches")?;
    ensure!(dark == view.dark, "the scheme is not the one asked for");
    let contrasts = page.value(&format!(
        "(() => {{
          const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
          const light = (colour) => {{
            const [r, g, b] = numbers(colour).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          }};
          const back = (element) => {{
            for (let at = element; at; at = at.parentElement) {{
              const colour = getComputedStyle(at).backgroundColor;
              if (numbers(colour)[3] !== 0) return colour;
            }}
            return 'rgb(255, 255, 255)';
          }};
          return [...document.querySelectorAll('{COLOURED}')].filter((e) => e.offsetParent !== null && e.textContent !== '').map((e) => {{
            const [x, y] = [light(getComputedStyle(e).color), light(back(e))].sort((a, b) => b - a);
            return [(x + 0.05) / (y + 0.05), e.className + ' ' + e.textContent.slice(0, 40)];
          }});
        }})()"
    ))?;
    let contrasts = contrasts.as_array().map_or(&[][..], Vec::as_slice);
    ensure!(contrasts.len() > 5, "too few texts to judge: {contrasts:?}");
    let poor: Vec<&Value> = contrasts
        .iter()
        .filter(|pair| pair[0].as_f64().is_none_or(|contrast| contrast < CONTRAST))
        .collect();
    ensure!(poor.is_empty(), "contrast below {CONTRAST}: {poor:?}");
    Ok(())
}

/// No error, no violation of the policy, no request to another host.
pub(super) fn harmless(page: &mut Page<'_>, origin: &str) -> anyhow::Result<()> {
    for method in ["Runtime.exceptionThrown", "Log.entryAdded"] {
        let events = page.events(method);
        ensure!(events.is_empty(), "{method}: {events:?}");
    }
    let requests = page.events("Network.requestWillBeSent");
    let urls: Vec<&str> = requests
        .iter()
        .filter_map(|event| event["request"]["url"].as_str())
        .collect();
    ensure!(urls.len() >= 4, "page, script, style and data, not only {urls:?}");
    let foreign: Vec<&&str> = urls
        .iter()
        .filter(|url| !url.starts_with(origin) && !url.starts_with("data:"))
        .collect();
    ensure!(foreign.is_empty(), "requests to other hosts: {foreign:?}");
    Ok(())
}
