//! The command line as such: help texts and their examples, wrong usage, exit codes, completion
//! scripts in the shells they are for, man pages, and what only a terminal gets.

use std::path::Path;

use clap::{Command, CommandFactory, Parser};
use tiphys::cli::args::Arguments;
use tiphys::cli::exit::{EXIT_CODES, Exit};
use tiphys::cli::generate;

use crate::harness::sandbox::{Run, Sandbox};
use crate::harness::shop::Shop;

/// Every command with its full name, `tiphys app get` for example.
fn commands() -> Vec<(String, Command)> {
    fn collect(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
        found.push((name.to_owned(), command.clone()));
        for child in command.get_subcommands() {
            collect(child, &format!("{name} {}", child.get_name()), found);
        }
    }
    let mut found = Vec::new();
    let mut root = Arguments::command();
    root.build();
    collect(&root, "tiphys", &mut found);
    found
}

fn verbs() -> Vec<(String, Command)> {
    commands().into_iter().filter(|(_, command)| !command.has_subcommands()).collect()
}

/// The words of an example as a shell would split them; examples quote nothing with blanks.
fn words(line: &str) -> Vec<String> {
    let inside = line.split_once("<(").map_or(line, |(_, rest)| rest.trim_end_matches(')'));
    let command = inside.split(" | ").next().unwrap().split(" > ").next().unwrap();
    command.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect()
}

#[test]
fn every_example_of_every_help_text_is_valid() {
    for (name, command) in commands() {
        let examples = generate::examples(&command).replace("\\\n", " ");
        for line in examples.lines().filter(|line| line.contains("tiphys ")) {
            if line.starts_with('#') {
                continue;
            }
            let parsed = Arguments::try_parse_from(words(line));
            assert!(parsed.is_ok(), "{name}: {line}\n{}", parsed.unwrap_err());
        }
    }
}

#[test]
fn every_verb_has_an_example() {
    for (name, command) in verbs() {
        let examples = generate::examples(&command);
        assert!(examples.contains(&name), "{name} has no example of itself:\n{examples}");
    }
}

#[test]
fn help_starts_with_an_imperative_line_and_no_line_ends_in_a_full_stop() {
    for (name, command) in commands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.starts_with(|c: char| c.is_uppercase()), "{name}: {about}");
        assert!(!about.ends_with('.'), "{name}: {about}");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name}: {} has no help", argument.get_id());
            assert!(!help.ends_with('.'), "{name}: {help}");
        }
    }
}

#[test]
fn every_flag_that_argocd_has_for_names_works_on_every_verb() {
    for (name, _) in verbs() {
        let mut line: Vec<String> = name.split(' ').map(str::to_owned).collect();
        line.extend(
            ["-n", "argocd", "--context", "c", "--kubeconfig", "k", "--help"].map(str::to_owned),
        );
        let error = Arguments::try_parse_from(&line).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::DisplayHelp, "{name}: {error}");
    }
    for (name, command) in verbs() {
        let is_of_one_application = name.starts_with("tiphys app ");
        let has = command.get_arguments().any(|one| one.get_short() == Some('N'));
        assert_eq!(has, is_of_one_application, "{name}");
    }
}

#[test]
fn wrong_usage_exits_with_two_and_says_where_help_is() {
    let sandbox = Sandbox::offline();
    for line in [
        "frobnicate",
        "app frobnicate",
        "app get shop --no-such-flag",
        "app sync shop --timeout soon",
        "app list -o toml",
        "completion tcsh",
        "app set",
        "proj get",
    ] {
        let run = sandbox.tiphys(&line.split(' ').collect::<Vec<_>>()).exits(2);
        assert_eq!(run.stdout, "", "{line}");
        run.complains("error: ").complains("--help");
    }
    for line in ["", "app", "proj", "admin", "kustomize"] {
        let line: Vec<&str> = line.split_whitespace().collect();
        sandbox.tiphys(&line).exits(2).complains("Usage: tiphys").complains("Commands:");
    }
}

#[test]
fn a_missing_name_is_noticed_before_the_cluster_is_asked() {
    let sandbox = Sandbox::offline();
    for verb in ["get", "diff", "sync", "wait", "history", "manifests", "delete", "create"] {
        sandbox.tiphys(&["app", verb]).exits(2).complains("name the application");
    }
    sandbox.tiphys(&["proj", "create"]).exits(2).complains("name the project");
    sandbox.tiphys(&["app", "list", "-l", "a=(b"]).exits(2).complains("--selector");
}

#[test]
fn each_exit_code_is_given_by_something() {
    let shop = Shop::new();
    shop.create();
    let app = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        words.insert(1, &shop.name);
        let mut all = vec!["app"];
        all.extend(words);
        shop.sandbox.tiphys(&all)
    };
    check_code(&app("diff"), Exit::No);
    check_code(&app("wait --timeout 1"), Exit::Error);
    check_code(&app("sync --revision missing"), Exit::Error);
    check_code(&app("sync --resource a:b:c"), Exit::No);
    check_code(&app("sync --resource a:b"), Exit::Usage);
    check_code(&app("sync"), Exit::Done);
    check_code(&app("diff"), Exit::Done);
    check_code(&app("delete"), Exit::Usage);
    shop.sandbox.setup("rm repo/app/config.yaml");
    shop.commit("no config");
    check_code(&app("diff --refresh"), Exit::No);
    check_code(&app("diff --refresh --exit-code=false"), Exit::Done);
    check_code(&app("diff --refresh --diff-exit-code 7"), Exit::Chosen(7));
    check_code(&app("sync"), Exit::No);
    check_code(&shop.sandbox.tiphys(&["app", "get", "no-such-application"]), Exit::Error);
    check_code(&shop.sandbox.tiphys(&["kustomize", "build", "missing"]), Exit::No);
    check_code(&shop.sandbox.tiphys(&["--help"]), Exit::Done);
    check_code(&shop.sandbox.tiphys(&["--version"]), Exit::Done);
}

#[track_caller]
fn check_code(run: &Run, wanted: Exit) {
    assert_eq!(run.code, i32::from(wanted.code()), "{run:?}");
}

#[test]
fn every_fixed_exit_code_has_a_row_in_man_pages() {
    for (name, page) in generate::man_pages() {
        for (exit, meaning) in EXIT_CODES {
            let first = meaning.split_whitespace().next().unwrap();
            let row = format!(".TP\n{}\n{first}", exit.code());
            assert!(page.contains(&row), "{name} lacks {row}");
        }
    }
}

#[test]
fn man_pages_have_examples_and_no_loose_ones() {
    for (name, page) in generate::man_pages() {
        assert!(!page.contains("\nExamples:"), "{name}");
        assert!(!page.contains(".SH EXTRA"), "{name}");
    }
    for (name, _) in verbs() {
        let file = format!("{}.1", name.replace(' ', "-"));
        let pages = generate::man_pages();
        let (_, page) = pages.iter().find(|(found, _)| *found == file).unwrap();
        assert!(page.contains(".SH EXAMPLES"), "{file}");
    }
}

#[test]
fn completion_scripts_load_in_their_shells() {
    let sandbox = Sandbox::offline();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let load = |line: &str| sandbox.shell(&format!("cd {} && {line}", folder.display())).exits(0);
    load("bash -n tiphys.bash");
    load("source tiphys.bash && complete -p tiphys").says("-F _tiphys");
    load(
        "source tiphys.bash; COMP_WORDS=(tiphys app s); COMP_CWORD=2; \
         _tiphys tiphys s app; printf '%s\\n' \"${COMPREPLY[@]}\"",
    )
    .says("set\n")
    .says("sync\n");
    load("zsh -n _tiphys");
    load(
        "zsh -fc 'fpath=($PWD $fpath); autoload -U compinit; compinit -D -u; echo $_comps[tiphys]'",
    )
    .says("_tiphys");
    load("fish --no-execute tiphys.fish");
    load("fish --no-config -c 'source tiphys.fish; complete -C \"tiphys app s\"'").says("sync");
}

/// Runs a line on a terminal; what it printed has the terminal's line ends.
fn on_a_terminal(sandbox: &Sandbox, line: &str) -> String {
    let line = format!("TERM=xterm script -qec 'stty cols 100 rows 40; {line}' /dev/null");
    sandbox.shell(&line).stdout.replace("\r\n", "\n")
}

#[test]
fn differences_are_coloured_on_a_terminal_only() {
    let shop = Shop::new();
    shop.create();
    let line = format!("tiphys app diff {}", shop.name);
    let coloured = on_a_terminal(&shop.sandbox, &line);
    assert!(coloured.contains("\u{1b}[32m+  colour: blue\u{1b}[0m\n"), "{coloured}");
    let plain = on_a_terminal(&shop.sandbox, &format!("NO_COLOR=1 {line}"));
    assert!(plain.contains("\n+  colour: blue\n"), "{plain}");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let piped = shop.sandbox.shell(&line);
    assert!(!piped.stdout.contains('\u{1b}'), "{}", piped.stdout);
    shop.app("get", &["--show-diff"]).exits(0).says("\n+  colour: blue\n");
}

#[test]
fn a_progress_bar_is_for_terminals() {
    let many: String = (0..60).map(config_map).collect();
    let shop = Shop::of(&[("many.yaml", &many)]);
    shop.create();
    let line = format!("tiphys app sync {}", shop.name);
    let shown = on_a_terminal(&shop.sandbox, &line);
    assert!(shown.contains("/61 resources "), "{shown:?}");
    let piped = shop.sandbox.shell(&line).exits(0);
    assert_eq!(piped.stderr, "");
    assert!(!piped.stdout.contains(" resources "));
}

fn config_map(number: usize) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n---\n")
}
