//! The lock on an Application: one Lease, renewed while work goes on.
//!
//! Expiry is judged as client-go's leader election judges it: not by comparing clocks, but by
//! watching for [`EXPIRY`] that nobody renews. A holder that could not renew for
//! [`STOP_AFTER`] stops by itself before its next write, well before others may take over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::error::{EngineError, EngineErrorKind};
use super::event::Event;
use super::session::Session;
use crate::model::ApplicationName;
use crate::ports::{Lease, Ports, StoreError, StoreErrorKind};

/// A lease nobody renewed for so long is free.
pub const EXPIRY: Duration = Duration::from_secs(30);
/// How often a holder renews.
pub const RENEW_EVERY: Duration = Duration::from_secs(10);
/// A holder that has not renewed for so long writes nothing more.
pub const STOP_AFTER: Duration = Duration::from_secs(20);
/// How often somebody else's lease is looked at.
const POLL_EVERY: Duration = Duration::from_secs(2);
/// How often a lost race for the lease is tried again at once.
const RACES_MAX: usize = 5;

/// What to do about the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Take it; when somebody else holds it, wait so long.
    Take {
        /// How long.
        wait: Duration,
    },
    /// Work without it.
    None,
}

/// A held lock, or the decision to work without one.
#[derive(Debug)]
pub struct Lock {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    ports: PortsHandle,
    name: ApplicationName,
    state: Arc<Mutex<State>>,
    renewal: JoinHandle<()>,
}

struct PortsHandle(Ports);

#[derive(Debug)]
struct State {
    lease: Lease,
    renewed_at: Duration,
    lost_to: Option<String>,
}

/// What was seen of somebody else's lease, and when it last changed.
struct Sighting {
    lease: Lease,
    unchanged_since: Duration,
}

/// Takes the lock on `name` for `holder`.
///
/// # Errors
/// When somebody else holds it for longer than the mode waits, or Leases may not be written.
pub async fn acquire(
    session: &Session<'_>,
    name: &ApplicationName,
    holder: &str,
    mode: LockMode,
) -> Result<Lock, EngineError> {
    let LockMode::Take { wait } = mode else { return Ok(Lock { held: None }) };
    let ports = session.ports;
    let give_up_at = ports.clock.monotonic() + wait;
    let mut sighting: Option<Sighting> = None;
    let mut races = 0;
    let mut said: Option<String> = None;
    loop {
        let current = ports.store.lease(name).await.map_err(|error| refusal(name, error))?;
        let now = ports.clock.monotonic();
        if is_free(current.as_ref(), &mut sighting, now) {
            match ports.store.put_lease(name, &claim(ports, current, holder)).await {
                Ok(lease) => return Ok(hold(ports, name, lease)),
                Err(error) if error.kind == StoreErrorKind::Conflict && races < RACES_MAX => {
                    races += 1;
                    continue;
                }
                Err(error) => return Err(refusal(name, error)),
            }
        }
        let Some(lease) = current else { continue };
        if now >= give_up_at && !looks_abandoned(ports, &lease) {
            return Err(locked(name, &lease));
        }
        if said.as_ref() != Some(&lease.holder) {
            said = Some(lease.holder.clone());
            session.emit(Event::LockWaiting { holder: lease.holder, since: lease.acquired });
        }
        session.pause(POLL_EVERY).await?;
    }
}

impl Lock {
    /// # Errors
    /// When the lock is no longer surely ours; nothing more may be written then.
    pub fn check(&self) -> Result<(), EngineError> {
        let Some(held) = &self.held else { return Ok(()) };
        let state = lock_state(&held.state);
        if let Some(thief) = &state.lost_to {
            return Err(lost(&held.name, &format!("{thief} took it over")));
        }
        let silence = held.ports.0.clock.monotonic().saturating_sub(state.renewed_at);
        if silence >= STOP_AFTER {
            let text = format!("it could not be renewed for {} s", silence.as_secs());
            return Err(lost(&held.name, &text));
        }
        Ok(())
    }

    /// Lets go of the lock. A failure is of no consequence: it expires by itself.
    pub async fn release(mut self) {
        let Some(held) = self.held.take() else { return };
        held.renewal.abort();
        let lease = lock_state(&held.state).lease.clone();
        let released = Lease { holder: String::new(), ..lease };
        if let Err(error) = held.ports.0.store.put_lease(&held.name, &released).await {
            tracing::debug!(%error, application = %held.name, "the lock was not released");
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(held) = &self.held {
            held.renewal.abort();
        }
    }
}

impl std::fmt::Debug for PortsHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ports")
    }
}

/// Whether the lease may be taken now; remembers when it was last seen to change.
fn is_free(lease: Option<&Lease>, sighting: &mut Option<Sighting>, now: Duration) -> bool {
    let Some(lease) = lease.filter(|lease| !lease.holder.is_empty()) else { return true };
    match sighting {
        Some(seen) if seen.lease == *lease => now.saturating_sub(seen.unchanged_since) >= EXPIRY,
        _ => {
            *sighting = Some(Sighting { lease: lease.clone(), unchanged_since: now });
            false
        }
    }
}

/// Whether, by the clock on the wall, nobody has renewed for longer than the expiry: then it is
/// worth watching whether the holder is still alive, even for somebody who will not wait.
fn looks_abandoned(ports: &Ports, lease: &Lease) -> bool {
    let Some(renewed) = lease.renewed else { return true };
    let age = ports.clock.now().duration_since(renewed);
    Duration::try_from(age).is_ok_and(|age| age >= EXPIRY)
}

fn claim(ports: &Ports, current: Option<Lease>, holder: &str) -> Lease {
    let now = ports.clock.now();
    let current = current.unwrap_or_default();
    Lease {
        holder: holder.to_owned(),
        acquired: Some(now),
        renewed: Some(now),
        duration_secs: u32::try_from(EXPIRY.as_secs()).unwrap_or(u32::MAX),
        transitions: current.transitions + u32::from(!current.resource_version.is_empty()),
        resource_version: current.resource_version,
    }
}

fn hold(ports: &Ports, name: &ApplicationName, lease: Lease) -> Lock {
    let renewed_at = ports.clock.monotonic();
    let state = Arc::new(Mutex::new(State { lease, renewed_at, lost_to: None }));
    let renewal = tokio::spawn(renew(ports.clone(), name.clone(), state.clone()));
    let held = Held { ports: PortsHandle(ports.clone()), name: name.clone(), state, renewal };
    Lock { held: Some(held) }
}

/// Renews until the lock is lost or the task is stopped.
async fn renew(ports: Ports, name: ApplicationName, state: Arc<Mutex<State>>) {
    loop {
        ports.clock.sleep(RENEW_EVERY).await;
        let mut lease = lock_state(&state).lease.clone();
        lease.renewed = Some(ports.clock.now());
        match ports.store.put_lease(&name, &lease).await {
            Ok(renewed) => {
                let mut state = lock_state(&state);
                state.lease = renewed;
                state.renewed_at = ports.clock.monotonic();
            }
            Err(error) if error.kind == StoreErrorKind::Conflict => {
                if let Some(thief) = settle_conflict(&ports, &name, &state).await {
                    lock_state(&state).lost_to = Some(thief);
                    return;
                }
            }
            Err(error) => tracing::warn!(%error, application = %name, "lock not renewed"),
        }
    }
}

/// After a conflict: takes over the new version when the lease is still ours, else says whose.
async fn settle_conflict(
    ports: &Ports,
    name: &ApplicationName,
    state: &Mutex<State>,
) -> Option<String> {
    let Ok(current) = ports.store.lease(name).await else { return None };
    let Some(current) = current else { return Some("somebody".to_owned()) };
    let mut state = lock_state(state);
    if current.holder != state.lease.holder {
        return Some(current.holder);
    }
    state.lease = current;
    None
}

fn lock_state(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn locked(name: &ApplicationName, lease: &Lease) -> EngineError {
    let since = lease.acquired.map_or(String::new(), |time| format!(" since {time}"));
    EngineError::new(
        EngineErrorKind::Locked,
        format!("another operation is already in progress on {name}: {}{since}", lease.holder),
    )
    .with_hint("wait for it with --wait-lock DURATION")
}

fn lost(name: &ApplicationName, how: &str) -> EngineError {
    EngineError::new(EngineErrorKind::LockLost, format!("lost the lock on {name}: {how}"))
        .with_hint("run the same command again: the operation is resumed")
}

fn refusal(name: &ApplicationName, error: StoreError) -> EngineError {
    let is_forbidden = error.kind == StoreErrorKind::Forbidden;
    let error = EngineError::from(error).while_doing(&format!("cannot lock {name}"));
    if is_forbidden {
        error.with_hint(
            "allow get, create and update of leases.coordination.k8s.io, or use --no-lock when \
             nobody else works on this application",
        )
    } else {
        error
    }
}
