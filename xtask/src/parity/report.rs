//! The table for the terminal.

use comfy_table::{CellAlignment, Table, presets};

use super::run::Cell;

/// Prints the cells of one configuration: groups down, paths across.
pub(crate) fn print(name: &str, cells: &[Cell]) {
    let mut paths: Vec<&str> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    for cell in cells {
        if !paths.contains(&cell.path.as_str()) {
            paths.push(&cell.path);
        }
        if !groups.contains(&cell.group) {
            groups.push(cell.group);
        }
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["series as by import"].into_iter().chain(paths.iter().copied()));
    for group in groups {
        let text = |path: &&str| {
            let cell = cells
                .iter()
                .find(|cell| cell.group == group && cell.path == **path);
            cell.map_or_else(String::new, |cell| match cell.different {
                0 => format!("{} =", cell.equal),
                different => format!("{} =, {different} differ", cell.equal),
            })
        };
        table.add_row([group.to_owned()].into_iter().chain(paths.iter().map(text)));
    }
    for index in 1..=paths.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!("\n{name}\n{table}");
}
