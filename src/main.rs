//! The binary: hands the arguments to `cli::main` and returns its exit code.

fn main() -> std::process::ExitCode {
    tiphys::cli::main(std::env::args_os())
}
