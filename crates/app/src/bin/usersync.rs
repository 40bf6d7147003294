//! The terminal program `usersync`.

fn main() -> std::process::ExitCode {
    app::cli::main()
}
