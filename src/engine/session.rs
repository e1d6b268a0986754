//! What one run of a use case carries along: ports, the event sink, the interrupt, a deadline.

use std::time::Duration;

use jiff::Timestamp;

use super::error::{EngineError, EngineErrorKind};
use super::event::{Event, Sink};
use super::interrupt::Interrupt;
use crate::ports::Ports;

/// One run of a use case.
#[derive(Clone)]
pub struct Session<'a> {
    /// The world.
    pub ports: &'a Ports,
    sink: Sink<'a>,
    interrupt: Interrupt,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
}

impl<'a> Session<'a> {
    /// A run without a deadline.
    pub fn new(ports: &'a Ports, sink: Sink<'a>, interrupt: Interrupt) -> Self {
        Self { ports, sink, interrupt, timeout: None, deadline: None }
    }

    /// The same with a deadline that long from now; `None` sets none.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self.deadline = timeout.map(|timeout| self.ports.clock.monotonic() + timeout);
        self
    }

    /// Says something.
    pub fn emit(&self, event: Event) {
        (self.sink)(event);
    }

    /// Now, to the second, as Kubernetes writes times.
    pub fn now(&self) -> Timestamp {
        now(self.ports)
    }

    /// Warns.
    pub fn warn(&self, text: impl Into<String>) {
        self.emit(Event::Warning(text.into()));
    }

    /// Whether work not yet begun should not begin.
    pub fn should_stop(&self) -> bool {
        self.check().is_err()
    }

    /// # Errors
    /// When the user interrupted or the deadline has passed.
    pub fn check(&self) -> Result<(), EngineError> {
        self.interrupt.check()?;
        match self.deadline {
            Some(deadline) if self.ports.clock.monotonic() >= deadline => Err(self.timed_out()),
            _ => Ok(()),
        }
    }

    /// Waits, at most until the deadline.
    ///
    /// # Errors
    /// When the user interrupts or the deadline passes meanwhile.
    pub async fn pause(&self, duration: Duration) -> Result<(), EngineError> {
        self.check()?;
        let until = self.deadline.map(|at| at.saturating_sub(self.ports.clock.monotonic()));
        let duration = until.map_or(duration, |left| duration.min(left));
        tokio::select! {
            () = self.ports.clock.sleep(duration) => {}
            () = self.interrupt.raised() => {}
        }
        self.check()
    }

    fn timed_out(&self) -> EngineError {
        let timeout = self.timeout.unwrap_or_default();
        EngineError::new(
            EngineErrorKind::TimedOut,
            format!("not done within {} s", timeout.as_secs()),
        )
    }
}

/// Now, to the second, as Kubernetes writes times.
pub fn now(ports: &Ports) -> Timestamp {
    let now = ports.clock.now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
