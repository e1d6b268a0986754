//! Committed files that are generated equal what the code says. `UPDATE=1` (`make generate`)
//! rewrites them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tiphys::cli::generate;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn check(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == wanted, "{path} is not current: run make generate");
}

#[test]
fn completions_are_current() {
    for (shell, file) in generate::COMPLETIONS {
        check(&format!("completions/{file}"), &generate::completion(*shell));
    }
}

#[test]
fn man_pages_are_current_and_none_is_left_over() {
    let pages = generate::man_pages();
    for (file, text) in &pages {
        check(&format!("man/{file}"), text);
    }
    let wanted: BTreeSet<&str> = pages.iter().map(|(file, _)| file.as_str()).collect();
    for entry in fs::read_dir(root().join("man")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(wanted.contains(name.as_str()), "man/{name} belongs to no command");
    }
}

#[test]
fn the_tables_of_readme_are_current() {
    let file = root().join("README.md");
    let mut text = fs::read_to_string(&file).unwrap();
    let tables = [
        ("commands", generate::command_table()),
        ("exit codes", generate::exit_code_table()),
        ("environment", generate::environment_table()),
    ];
    for (name, table) in tables {
        let open = format!("<!-- {name}: written by make generate -->\n");
        let start = text.find(&open).unwrap() + open.len();
        let end = text.find(&format!("<!-- /{name} -->")).unwrap();
        text.replace_range(start..end, &table);
    }
    check("README.md", &text);
}
