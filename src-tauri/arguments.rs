//! The two arguments of the window's program. Anything else is refused in words, before a window opens.

use std::ffi::OsString;
use std::path::PathBuf;

use app::supervise::Start;

/// What stands on standard error after a wrong argument.
pub(crate) const USAGE: &str = "\
Usage: user-sync [--data-dir DIR] [--demo READY.json]

  --data-dir DIR      folder of the real data (default: the user's own)
  --demo READY.json   let a running simulator play the demo's company (usersync simulator --ready-file READY.json)
";

/// Reads the arguments, without the program's name. Errors: the sentence that says which one is wrong.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Start, String> {
    let mut start = Start::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let place = match argument.to_str() {
            Some("--data-dir") => &mut start.folder,
            Some("--demo") => &mut start.demo,
            _ => return Err(format!("`{}` is no argument of this program.", argument.display())),
        };
        let value = arguments.next().filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("`{}` needs a path after it.", argument.display()))?;
        if place.replace(PathBuf::from(value)).is_some() {
            return Err(format!("`{}` is given twice.", argument.display()));
        }
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(words: &[&str]) -> Result<(Option<String>, Option<String>), String> {
        let text = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
        read(words.iter().map(OsString::from)).map(|start| (text(start.folder), text(start.demo)))
    }

    #[test]
    fn a_folder_and_a_ready_file_may_be_given_in_any_order() {
        assert_eq!(given(&[]), Ok((None, None)));
        let both = Ok((Some("here".to_owned()), Some("READY.json".to_owned())));
        assert_eq!(given(&["--data-dir", "here", "--demo", "READY.json"]), both);
        assert_eq!(given(&["--demo", "READY.json", "--data-dir", "here"]), both);
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (words, sentence) in [
            (&["--data-dri", "here"][..], "`--data-dri` is no argument of this program."),
            (&["here"], "`here` is no argument of this program."),
            (&["--demo"], "`--demo` needs a path after it."),
            (&["--data-dir", ""], "`--data-dir` needs a path after it."),
            (&["--data-dir", "a", "--data-dir", "b"], "`--data-dir` is given twice."),
        ] {
            assert_eq!(given(words), Err(sentence.to_owned()));
        }
    }
}
