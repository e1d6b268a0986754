//! What the engine says, as lines: the live table of `sync` and `wait` on stdout, warnings and
//! notes on stderr.
//!
//! Columns and minimum widths are argocd's; unlike there, the widths are settled with the first
//! rows and stay.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;

use super::output;
use super::output::Format;
use super::progress::Bar;
use super::views::resources::{self, Row};
use crate::engine::event::Event;
use crate::model::operation::SyncOperationResource;
use crate::model::status::ResourceStatus;
use crate::model::{ResourceKey, ResourceResult, ResultCode};
use crate::plan::build::is_selected;
use crate::ports::Clock;

/// Least widths of GROUP, KIND, NAMESPACE, NAME, STATUS, HEALTH and HOOK.
const WIDTHS: [usize; 7] = [5, 10, 10, 20, 9, 11, 10];
/// Width of a timestamp such as `2026-11-23T06:16:59+00:00`.
const TIME_WIDTH: usize = 25;
/// Headings after TIMESTAMP.
const HEADER: [&str; 7] = ["GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "HOOK"];

/// Prints events as they come.
pub struct EventLines<'a> {
    clock: &'a dyn Clock,
    format: Format,
    bar: Bar,
    selection: Vec<SyncOperationResource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    widths: Option<[usize; 7]>,
    resources: HashMap<ResourceKey, ResourceStatus>,
    results: HashMap<ResourceKey, ResourceResult>,
    printed: HashMap<ResourceKey, Row>,
}

impl<'a> EventLines<'a> {
    /// Lines for `format`; only `wide` has a live table.
    pub fn new(clock: &'a dyn Clock, format: Format) -> Self {
        let (bar, state) = (Bar::default(), Mutex::default());
        Self { clock, format, bar, selection: Vec::new(), state }
    }

    /// Lines for some objects only; an empty selection means all.
    #[must_use]
    pub fn only(self, selection: &[SyncOperationResource]) -> Self {
        Self { selection: selection.to_vec(), ..self }
    }

    /// Takes one event.
    pub fn handle(&self, event: Event) {
        match event {
            Event::Warning(text) => self.bar.suspend(|| output::warnings(&[text])),
            Event::Note(text) => self.bar.suspend(|| output::notice(&text)),
            Event::Resources(rows) => self.resources(rows),
            Event::Earlier(results) => self.lock().remember(results),
            Event::Result(result) => self.result(result),
            Event::Operation { .. } => {}
            Event::Progress { done, total } => self.bar.show(done, total),
            Event::HeldBack(list) => {
                output::warning(&format!("{} resources are held back from pruning:", list.len()));
                for held in list {
                    output::notice(&format!("  {}: {}", held.key, held.reason));
                }
            }
            Event::Retry { attempt, wait } => {
                output::notice(&format!("retry {attempt} in {} s", wait.as_secs()));
            }
            Event::LockWaiting { holder, since } => {
                let since = since.map(|at| format!(" since {at}")).unwrap_or_default();
                output::notice(&format!("waiting for the lock, held by {holder}{since}"));
            }
        }
    }

    /// Clears what is only shown while work goes on.
    pub fn finish(&self) {
        self.bar.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resources(&self, rows: Vec<ResourceStatus>) {
        let mut state = self.lock();
        let mut lines = state.open(rows.iter());
        let keys: Vec<ResourceKey> = rows.iter().map(resources::key_of).collect();
        let present = keys.iter().cloned().zip(rows).filter(|(_, row)| !row.hook);
        state.resources = present.collect();
        let gone = state.results.keys().filter(|key| !state.resources.contains_key(key));
        let mut gone: Vec<ResourceKey> = gone.cloned().collect();
        gone.sort();
        for key in keys.iter().chain(&gone) {
            lines.extend(self.line(&mut state, key));
        }
        self.print(&lines.concat());
    }

    fn result(&self, result: ResourceResult) {
        let mut state = self.lock();
        let mut lines = state.open(std::iter::empty());
        let key = result.key();
        if is_pruned(&result) {
            state.resources.remove(&key);
        }
        state.results.insert(key.clone(), result);
        lines.extend(self.line(&mut state, &key));
        self.print(&lines.concat());
    }

    /// The line of an object, if it has changed since it was printed last.
    fn line(&self, state: &mut State, key: &ResourceKey) -> Option<String> {
        if !is_selected(key, &self.selection) {
            return None;
        }
        let live = state.resources.get(key);
        let row = match (state.results.get(key), live) {
            (Some(result), live) => resources::result_row(result, live),
            (None, Some(live)) => resources::resource_row(live),
            (None, None) => return None,
        };
        if state.printed.get(key) == Some(&row) {
            return None;
        }
        let widths = state.widths.unwrap_or(WIDTHS);
        let line = format!("{:<TIME_WIDTH$}  {}", self.timestamp(), columns(&row, widths));
        state.printed.insert(key.clone(), row);
        Some(line)
    }

    fn timestamp(&self) -> String {
        let now = self.clock.now().to_zoned(TimeZone::system());
        now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// A reader who has gone away must not stop the work: failures are left to the final page.
    fn print(&self, text: &str) {
        if self.format == Format::Wide && !text.is_empty() {
            self.bar.suspend(|| drop(output::data(text)));
        }
    }
}

/// Whether the object is gone; a dry run leaves it where it is.
fn is_pruned(result: &ResourceResult) -> bool {
    result.status == Some(ResultCode::Pruned) && !result.message.ends_with("(dry run)")
}

impl State {
    fn remember(&mut self, results: Vec<ResourceResult>) {
        self.results.extend(results.into_iter().map(|result| (result.key(), result)));
    }

    /// The heading, once; the widths are settled with it.
    fn open<'r>(&mut self, rows: impl Iterator<Item = &'r ResourceStatus>) -> Vec<String> {
        if self.widths.is_some() {
            return Vec::new();
        }
        let mut widths = WIDTHS;
        for row in rows {
            for (width, text) in
                widths.iter_mut().zip([&row.group, &row.kind, &row.namespace, &row.name])
            {
                *width = (*width).max(text.chars().count());
            }
        }
        self.widths = Some(widths);
        let cells = HEADER.iter().zip(widths).map(|(text, width)| format!("{text:>width$}"));
        let heading: Vec<String> = cells.collect();
        vec![format!("{:<TIME_WIDTH$}  {}  MESSAGE\n", "TIMESTAMP", heading.join("  "))]
    }
}

fn columns(row: &Row, widths: [usize; 7]) -> String {
    let cells = [
        &*row.key.group,
        &*row.key.kind,
        &*row.key.namespace,
        &*row.key.name,
        &row.status,
        &row.health,
        &row.hook,
    ];
    let aligned: Vec<String> =
        cells.iter().zip(widths).map(|(text, width)| format!("{text:>width$}")).collect();
    format!("{}  {}\n", aligned.join("  "), row.message.replace('\n', " "))
}
