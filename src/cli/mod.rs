//! Everything a person sees: arguments, output, prompts, exit codes.
