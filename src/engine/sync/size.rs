//! Keeps a status small enough to be stored: an object on a Kubernetes server may weigh about
//! 1.5 MB, and a big application's results alone can be more.
//!
//! First the messages of unchanged rows go, then images, then the messages of all good rows,
//! then good rows altogether. What failed is always kept.

use crate::engine::error::{EngineError, EngineErrorKind};
use crate::model::{OperationState, ResourceResult, ResultCode};

/// How much JSON an operation state may be. Half of what a whole status may weigh: the rows of
/// `status.resources` need as much again.
pub const STATE_SIZE_MAX: usize = 450_000;

/// One way of making a row smaller; answers whether the row stays.
type Shrink = fn(&mut ResourceResult) -> bool;

/// From the least to the most that is lost.
const SHRINKS: [Shrink; 4] = [drop_unchanged_message, drop_images, drop_good_message, is_bad];

/// The state, made smaller as far as needed.
///
/// # Errors
/// When it cannot be expressed as JSON.
pub fn fitted_state(state: &OperationState) -> Result<OperationState, EngineError> {
    let mut state = state.clone();
    for shrink in SHRINKS {
        if json_size(&state)? <= STATE_SIZE_MAX {
            break;
        }
        if let Some(result) = &mut state.sync_result {
            result.resources.retain_mut(shrink);
        }
    }
    Ok(state)
}

fn json_size(state: &OperationState) -> Result<usize, EngineError> {
    /// Rows are never smaller than this; counting spares the encoding of small states.
    const ROW_SIZE_MAX: usize = 2_000;
    let result = state.sync_result.as_ref();
    let rows = result.map_or(0, |result| result.resources.len());
    let texts = result.map_or(0, |result| result.resources.iter().map(|r| r.message.len()).sum());
    if rows * ROW_SIZE_MAX + texts < STATE_SIZE_MAX {
        return Ok(0);
    }
    serde_json::to_vec(state)
        .map(|text| text.len())
        .map_err(|error| EngineError::new(EngineErrorKind::Internal, error.to_string()))
}

fn drop_unchanged_message(row: &mut ResourceResult) -> bool {
    if row.message.ends_with(" unchanged") {
        row.message.clear();
    }
    true
}

fn drop_images(row: &mut ResourceResult) -> bool {
    row.images.clear();
    true
}

fn drop_good_message(row: &mut ResourceResult) -> bool {
    if row.status != Some(ResultCode::SyncFailed) {
        row.message.clear();
    }
    true
}

fn is_bad(row: &mut ResourceResult) -> bool {
    row.status != Some(ResultCode::Synced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::operation::SyncResult;

    fn state(rows: usize) -> OperationState {
        let row = |number: usize| ResourceResult {
            kind: "ConfigMap".into(),
            name: format!("object-{number}").into(),
            namespace: "production".into(),
            status: Some(if number == 0 { ResultCode::SyncFailed } else { ResultCode::Synced }),
            message: format!("configmap/object-{number} unchanged"),
            ..ResourceResult::default()
        };
        let resources = (0..rows).map(row).collect();
        let sync_result = Some(SyncResult { resources, ..SyncResult::default() });
        OperationState { sync_result, ..OperationState::default() }
    }

    #[test]
    fn a_small_state_stays_as_it_is() {
        assert_eq!(fitted_state(&state(50)).unwrap(), state(50));
    }

    #[test]
    fn a_huge_state_fits_and_keeps_what_failed() {
        for rows in [5_000, 50_000] {
            let fitted = fitted_state(&state(rows)).unwrap();
            assert!(serde_json::to_vec(&fitted).unwrap().len() <= STATE_SIZE_MAX);
            let rows = &fitted.sync_result.unwrap().resources;
            assert_eq!(rows[0].status, Some(ResultCode::SyncFailed));
        }
    }
}
