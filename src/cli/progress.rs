//! A progress bar on stderr: only on a terminal, only when the work takes a while.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;

/// Redraws per second.
const REDRAWS: u8 = 10;
/// Fewer tasks than this need no bar.
const TASKS_MIN: usize = 20;
/// How often the bar moves by itself.
const TICK: Duration = Duration::from_millis(250);

/// A bar that appears with the first progress worth showing.
#[derive(Default)]
pub struct Bar {
    bar: Mutex<Option<ProgressBar>>,
}

impl Bar {
    /// Shows how far the work is.
    pub fn show(&self, done: usize, total: usize) {
        if total < TASKS_MIN || !output::stderr_is_terminal() {
            return;
        }
        let mut slot = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = slot.get_or_insert_with(|| new_bar(total));
        bar.set_position(done as u64);
        if done == total {
            bar.finish_and_clear();
        }
    }

    /// Runs `print` with the bar out of the way.
    pub fn suspend(&self, print: impl FnOnce()) {
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Removes the bar.
    pub fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(total as u64),
        ProgressDrawTarget::stderr_with_hz(REDRAWS),
    );
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} resources {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
