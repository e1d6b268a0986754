//! Virtual time: it stands still while anything can go on, and jumps to the next timer when
//! nothing can.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use tiphys::ports::{Clock, Pending};

/// How often everybody else is let go on before time jumps.
const YIELDS: usize = 50;

/// A clock that tests move.
#[derive(Clone, Default)]
pub(crate) struct FakeClock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    timers: Vec<(Duration, Waker)>,
}

struct Sleep {
    clock: FakeClock,
    until: Duration,
}

impl FakeClock {
    /// Moves time on and wakes whose timers are due.
    pub(crate) fn advance(&self, duration: Duration) {
        let mut state = self.0.lock().unwrap();
        state.now += duration;
        let now = state.now;
        let (due, later) =
            std::mem::take(&mut state.timers).into_iter().partition(|(at, _)| *at <= now);
        state.timers = later;
        drop(state);
        let due: Vec<(Duration, Waker)> = due;
        for (_, waker) in due {
            waker.wake();
        }
    }

    /// Runs `future` to its end, jumping to the next timer whenever nothing else goes on.
    pub(crate) async fn run<F: Future>(&self, future: F) -> F::Output {
        tokio::select! {
            biased;
            output = future => output,
            () = self.keep_jumping() => unreachable!("time never ends"),
        }
    }

    /// Lets everybody go on until they all wait for time.
    pub(crate) async fn settle(&self) {
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
    }

    async fn keep_jumping(&self) {
        loop {
            self.settle().await;
            let next = {
                let state = self.0.lock().unwrap();
                state.timers.iter().map(|(at, _)| at.saturating_sub(state.now)).min()
            };
            self.advance(next.unwrap_or_default());
        }
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let since = SignedDuration::try_from(self.monotonic()).unwrap();
        Timestamp::UNIX_EPOCH.checked_add(since).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn sleep(&self, duration: Duration) -> Pending<'_, ()> {
        let until = self.monotonic() + duration;
        Box::pin(Sleep { clock: self.clone(), until })
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.0.lock().unwrap();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        let timer = (self.until, context.waker().clone());
        state.timers.push(timer);
        Poll::Pending
    }
}
