//! Says so when an Application asks for automatic syncs and nobody is there to run them.

use crate::cli::context::World;
use crate::cli::error::CommandError;
use crate::cli::output;
use crate::engine::controller_probe;
use crate::model::Application;
use crate::ports::StoreKind;

/// Warns when `application` is automated and no controller can be about.
///
/// # Errors
/// When the cluster cannot be asked.
pub async fn warn_without_controller(
    world: &World,
    application: &Application,
) -> Result<(), CommandError> {
    let is_automated = application.sync_policy().is_automated();
    if !is_automated || world.ports.store.kind() == StoreKind::Files {
        return Ok(());
    }
    if !controller_probe::may_exist(&world.ports, application).await? {
        let name = application.raw.name();
        output::warning(&format!(
            "application '{name}' asks for automated syncs, but no controller runs here; \
             sync it with: tiphys app sync {name}"
        ));
    }
    Ok(())
}
