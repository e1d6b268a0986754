//! The user's wish to stop: raised once by a signal, looked at before each group of writes and
//! during every wait.

use tokio::sync::watch;

use super::error::{EngineError, EngineErrorKind};

/// Raises an interrupt.
#[derive(Debug)]
pub struct Interrupter(watch::Sender<bool>);

/// Sees an interrupt.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<bool>);

/// A connected pair.
pub fn interrupt() -> (Interrupter, Interrupt) {
    let (sender, receiver) = watch::channel(false);
    (Interrupter(sender), Interrupt(receiver))
}

impl Interrupter {
    /// Asks everything that looks at the interrupt to stop.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }
}

impl Interrupt {
    /// An interrupt that never comes.
    pub fn never() -> Self {
        interrupt().1
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// # Errors
    /// When it was raised.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.is_raised() { Err(interrupted()) } else { Ok(()) }
    }

    /// Waits until it is raised; for ever when nobody can raise it any more.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn interrupted() -> EngineError {
    EngineError::new(EngineErrorKind::Interrupted, "interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_raised_interrupt_ends_waits_and_checks() {
        let (interrupter, interrupt) = interrupt();
        assert!(interrupt.check().is_ok());
        interrupter.raise();
        interrupt.raised().await;
        assert_eq!(interrupt.check().unwrap_err().kind, EngineErrorKind::Interrupted);
    }
}
