//! Questions. Without a terminal they are not asked but refused, naming the flag that answers.

use dialoguer::Confirm;

use super::error::CommandError;
use super::output;

/// Asks a yes/no question; no is the default.
///
/// # Errors
/// When there is no terminal to ask on.
pub fn confirm(question: &str, flag: &str) -> Result<bool, CommandError> {
    if !output::can_prompt() {
        return Err(CommandError::usage(format!(
            "{question} Nobody can answer without a terminal"
        ))
        .hint(format!("give {flag} to say yes")));
    }
    Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact()
        .map_err(|error| CommandError::failed(format!("no answer: {error}")))
}
